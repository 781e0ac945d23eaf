"""Mistakes of files in words of people, not of the libraries that read them."""

import pytest

from essc_workbench.scenarios.files import parse
from essc_workbench.scenarios.mistakes import FileMistakes

HEAD = "title: {en: A, zh: 甲}\nrules: [R11]\nfederation: {channels: [wechat]}\n"
SETTLE = "steps: [settle]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "steps: 7\n", "4:8: must be a list of steps"),
        (HEAD + "steps: settle\n", "4:8: must be a list of steps"),
        (HEAD + "steps: {a: 1}\n", "4:8: must be a list of steps"),
        (HEAD + "7: a\n" + SETTLE, "4:1: no field '7' here"),
        (HEAD + "[a, b]: a\n" + SETTLE, "4:1: a key is a word, neither a list nor fields"),
        (HEAD + "? {a: 1}\n: a\n" + SETTLE, "4:3: a key is a word, neither a list nor fields"),
        (HEAD + "steps:\n\t- settle\n", "5:1: no YAML: a tab; use spaces"),
        (HEAD + "steps:\n  - settle\n - settle\n", "6:2: no YAML: it stands neither under"),
        (HEAD + "steps: [settle\n", "no YAML: a list does not end"),
        (HEAD + "steps: [{note: a]\n", "no YAML: fields do not end"),
        (HEAD + "x: y: z\n", "4:5: no YAML: a second colon in one line"),
        (HEAD + SETTLE + "x: 'a\n", "no YAML: a text in quotes does not end"),
        (HEAD + SETTLE + "x: @a\n", "5:4: no YAML: no text begins so; put it in quotes"),
        (HEAD + SETTLE + "---\na: b\n", "no YAML: a second document"),
        (HEAD + "steps: [~]\n", "found nothing"),
        (HEAD + "steps: [{note: false}]\n", "4:16: false: should be text"),
        (HEAD + "steps: [{note: ''}]\n", "'': too short, its length should be at least 1"),
        (HEAD + "steps: [{advance: {by: 5}}]\n", "5: should be a span of time: 90s"),
        (HEAD.replace("[wechat]", "[]") + SETTLE, "[]: too few, there should be at least 1"),
        (HEAD.replace("[wechat]", "wechat") + SETTLE, "'wechat': should be a list, as [a, b]"),
        (HEAD.replace("{en: A, zh: 甲}", "A") + SETTLE, "'A': should be fields, as {name: value}"),
        (HEAD + "citizens: {a: 7}\n" + SETTLE, "4:15: 7: should be fields, as {name: value}"),
        (HEAD + "citizens: {a b: {}}\n" + SETTLE, "'a b' is no name: letters, digits, - and _"),
        (
            HEAD + "citizens: {a: {birth_date: 1950-13-01}}\n" + SETTLE,
            "4:28: '1950-13-01': should be a day, as 1950-03-04",
        ),
        (
            HEAD + "steps: [{fault: {name: x, lease: 2h, cut: both}}]\n",
            "2:00:00: should be at most 1 hour",
        ),
        ("# a\n%YAML 1.1\n---\n" + HEAD + SETTLE, "2:1: no directives, as %YAML"),
    ],
)
def test_a_mistake_is_told_in_words_of_people(text: str, told: str) -> None:
    with pytest.raises(FileMistakes) as raised:
        parse(text, "a.yaml")

    assert told in str(raised.value)
