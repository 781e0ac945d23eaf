"""Scenario files: what they may say, and how their mistakes are told."""

from datetime import date, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from essc_workbench.failures import UsageError
from essc_workbench.scenarios.files import load, parse
from essc_workbench.scenarios.mistakes import FileMistakes
from essc_workbench.scenarios.names import Known
from essc_workbench.scenarios.steps.clocks import Advance, Skew
from essc_workbench.scenarios.steps.control import InAnyOrder, Note, Repeat, Together
from essc_workbench.scenarios.steps.world import AddFault, EndFault, Kill
from essc_workbench.scenarios.texts import BYTES_MAX

KNOWN = Known(
    channels={"wechat": "", "alipay": "", "bank-app": "alipay"}, personas=("zhang-san", "li-si")
)
HEAD = """\
title: {en: A title, zh: 标题}
rules: [R11]
seed: 7
federation: {channels: [wechat, alipay]}
"""


def mistakes(text: str, known: Known | None = KNOWN) -> list[str]:
    with pytest.raises(FileMistakes) as raised:
        parse(dedent(text), "a.yaml", known)
    return str(raised.value).splitlines()


def mistakes_of_steps(steps: str, head: str = HEAD) -> list[str]:
    """The mistakes of a file with these steps; they begin in line 6."""
    return mistakes(f"{head}steps:\n{dedent(steps)}")


def test_a_drill_plan_is_named_as_such() -> None:
    plan = "title: {en: A drill, zh: 演练}\nload: []\njourneys: {}\n"

    assert mistakes(plan) == [
        "a.yaml:1:1: this is a drill plan, no scenario; run it by: essc drill run a.yaml"
    ]


def test_a_file_is_read_into_the_steps_that_python_writes() -> None:
    text = HEAD + dedent("""\
        citizens:
          zhang-san:
          oma: {birth_date: 1950-03-04, card: lost, linked: [wechat]}
        steps:
          - note: Everything begins.
          - together:
              - kill: alipay
              - repeat: {times: 3, steps: [{skew: {party: wechat, by: 2m}}]}
          - in_any_order: [{advance: 1d12h}, settle]
          - fault: {name: gone, lose_answer: true, sources: [wechat], method: Apply, count: 1}
          - end_fault: gone
        """)

    scenario = parse(text, "a.yaml", KNOWN)

    skew = Skew(party="wechat", by=timedelta(minutes=2))
    assert scenario.seed == 7
    assert scenario.citizens["oma"].birth_date == date(1950, 3, 4)
    assert not scenario.citizens["zhang-san"].is_described
    assert scenario.steps[0] == Note(text="Everything begins.")
    assert scenario.steps[1] == Together(
        steps=(Kill(party="alipay"), Repeat(times=3, steps=(skew,)))
    )
    assert isinstance(scenario.steps[2], InAnyOrder)
    assert scenario.steps[2].steps[0] == Advance(by=timedelta(hours=36))
    assert scenario.steps[3] == AddFault(
        name="gone", lose_answer=True, sources=("wechat",), method="Apply", count=1
    )
    assert scenario.steps[4] == EndFault(name="gone")


def test_a_step_knows_its_line() -> None:
    scenario = parse(HEAD + "steps:\n  - note: a\n  - together:\n    - note: b\n", "a.yaml")

    assert [step.line for step in scenario.steps] == [6, 7]
    assert [step.line for step in scenario.steps[1].inside()] == [8]


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_the_file() -> None:
    found = mistakes("""\
        title: {en: A title}
        rules: [R11, X3]
        seed: "7"
        federation: {channels: [wechat, alipy], los: block}
        citizens:
          ma: {persona: zhang-sann}
        steps:
          - kil: wechat
          - together:
            - kill: alipy
          - advance: 60x
        """)

    assert found == [
        "a.yaml:1:8: 'zh' is missing",
        "a.yaml:2:14: no rule 'X3'; docs/rules.md has R1 to R95, with gaps",
        "a.yaml:3:7: '7': should be a whole number",
        "a.yaml:4:33: no channel 'alipy'; did you mean 'alipay'?",
        "a.yaml:4:41: no field 'los' here; did you mean 'loss'?",
        "a.yaml:6:17: no persona 'zhang-sann'; did you mean 'zhang-san'?",
        "a.yaml:8:5: no verb 'kil'; did you mean 'kill'?",
        "a.yaml:11:14: '60x' is no span of time: write 90s, 10m, 36h, 2d, 1w or 1d12h",
    ]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("- kil: wechat", "6:3: no verb 'kil'; did you mean 'kill'?"),
        ("- kill: wechatt", "6:9: no party 'wechatt'; did you mean 'wechat'?"),
        ("- kill: {party: wechat, hard: true}", "6:25: no field 'hard' here; there are: party"),
        ("- kill: {}", "6:3: 'party' is missing"),
        ("- kill", "6:3: 'party' is missing"),
        ("- kill: [wechat]", "6:9: ['wechat']: should be text"),
        ("- note: {text: 5}", "6:16: 5: should be text"),
        ("- note: 2030-01-31", None),
        ("- note: 12:30", None),
        ("- note: no", None),
        ("- skew: wechat", "6:9: 'wechat': skew needs its fields by name: party, by"),
        ("- repeat: {times: 0, steps: [settle]}", "6:19: 0: should be at least 1"),
        ("- repeat: {times: 2, steps: []}", "6:29: must be 1 to 200 steps"),
        (
            "- {kill: wechat, settle: }",
            "6:3: a step is one verb with its fields, as `- kill: wechat`; found kill, settle",
        ),
        (
            "- 5",
            "6:3: a step is one verb with its fields, as `- kill: wechat`; found 5",
        ),
        ("- kill: {party: wechat, party: alipay}", "6:25: 'party' twice; it stands in line 6"),
        ("- note: !text a", "6:9: the tag !text; there are plain values only"),
        ("- note: &a b\n- note: *a", "6:9: an alias (*name); write the value out"),
        ("- note: [", "no YAML: "),
    ],
)
def test_a_mistake_says_where_and_what_was_meant(step: str, told: str | None) -> None:
    if told is None:
        assert parse(f"{HEAD}steps:\n{step}\n", "a.yaml", KNOWN).steps
        return

    [found] = mistakes_of_steps(f"{step}\n")

    assert told in found


def test_a_fault_has_exactly_one_effect() -> None:
    [none] = mistakes_of_steps("- fault: {name: f}\n")
    [two] = mistakes_of_steps("- fault: {name: f, lose_answer: true, cut: both}\n")

    assert "found none" in none
    assert "found lose_answer, cut" in two


SHOW = "- show_code: {citizen: zhang-san, channel: wechat, as: c1}\n"
CHECK = "- check_code: {code: c1, verdict: valid}\n"


def test_what_a_step_names_is_used_by_a_later_one() -> None:
    assert parse(f"{HEAD}steps:\n{SHOW}{CHECK}", "a.yaml", KNOWN).steps
    assert mistakes_of_steps(SHOW) == ["a.yaml:6:56: 'c1' is used nowhere; leave it out, or use it"]
    assert mistakes_of_steps(CHECK + SHOW) == [
        "a.yaml:6:22: nothing is named 'c1'; it is named only later"
    ]
    assert mistakes_of_steps(SHOW + CHECK + CHECK.replace("c1", "c2")) == [
        "a.yaml:8:22: nothing is named 'c2'; there are: c1"
    ]


def test_a_citizen_is_one_of_the_file_or_a_persona() -> None:
    assert mistakes_of_steps("- apply: {citizen: zhang-sa, channel: wechat}\n") == [
        "a.yaml:6:20: no citizen 'zhang-sa'; did you mean 'zhang-san'?"
    ]


def test_a_step_in_a_channel_that_takes_no_part_is_a_mistake() -> None:
    assert mistakes_of_steps("- apply: {citizen: li-si, channel: [wechat, bank-app]}\n") == [
        "a.yaml:6:45: no channel 'bank-app' in this federation; there are: alipay, wechat"
    ]


def test_a_channel_of_tier_2_needs_its_parent() -> None:
    head = HEAD.replace("[wechat, alipay]", "[wechat, bank-app]")

    [found] = mistakes_of_steps("- settle\n", head)

    assert found == "a.yaml:4:33: bank-app needs alipay, the channel above it, too"


def test_a_citizen_is_a_persona_or_a_description() -> None:
    head = HEAD + "citizens: {ma: {persona: li-si, region: '320500'}, pa: {card: lost}}\n"

    found = mistakes_of_steps("- settle\n", head)

    assert found == [
        "a.yaml:5:16: is a persona or a description (birth_date, ...), not both",
        "a.yaml:5:52: no persona 'pa'; there are: li-si, zhang-san",
        "a.yaml:5:56: a described person needs a birth_date",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "a.yaml:1:1: empty"),
        (b"- kill: wechat\n", "a.yaml:1:1: no scenario; it begins with `title:`"),
        (b"title: \xff\n", "a.yaml:1:1: not UTF-8"),
        (b"a: \x07\n", "a.yaml:1:1: no YAML"),
        (b"#" * (BYTES_MAX + 1), "a.yaml: longer than 256 KiB"),
    ],
)
def test_what_is_no_scenario_file_is_said(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)

    with pytest.raises(UsageError) as raised:
        load(file)

    assert told in str(raised.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load(tmp_path / "a.yaml")


def test_depth_is_bounded() -> None:
    steps = "- note: a"
    for _ in range(12):
        steps = "- together:\n" + "".join(f"    {line}\n" for line in steps.splitlines())

    assert "too deep or too long" in " ".join(mistakes_of_steps(steps))
