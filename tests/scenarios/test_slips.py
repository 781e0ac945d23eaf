"""Slips in a file: each is told with its place and what was meant, before anything starts."""

import re
from pathlib import Path

import pytest

from essc_workbench.scenarios.files import parse
from essc_workbench.scenarios.mistakes import FileMistakes
from essc_workbench.scenarios.names import Known
from essc_workbench.scenarios.vocabulary import RULES

KNOWN = Known(
    channels={"wechat": "", "alipay": ""}, personas=("zhang-san",), banks=("bank-east", "bank-west")
)
HEAD = """\
title: {en: A title, zh: 标题}
rules: [R11]
federation: {channels: [wechat]}
"""
FAULT = "- fault: {name: gone, lose_answer: true}\n"


def told_of(text: str) -> str:
    with pytest.raises(FileMistakes) as raised:
        parse(text, "a.yaml", KNOWN)
    return str(raised.value)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            "expect_panel: {citizen: zhang-san, channel: wechat, state: usable, hides: show_cod}",
            "5:77: no flow 'show_cod'; did you mean 'show_code'?",
        ),
        (
            "expect_panel: {citizen: zhang-san, channel: wechat, state: usable, offers: [aply]}",
            "no flow 'aply'; did you mean 'apply'?",
        ),
        (
            "expect_panel: {citizen: zhang-san, channel: wechat, state: usable, first: paj}",
            "no flow 'paj'; did you mean 'pay'?",
        ),
        (
            "expect_events: {channel: wechat, counts: {link_unlinked: 1}}",
            "5:45: no kind of event 'link_unlinked'; did you mean 'LINK_UNLINKED'?",
        ),
        (
            "expect_records: {citizen: zhang-san, channel: wechat, counts: {CERTIFYED: 1}}",
            "5:66: no kind of record 'CERTIFYED'; did you mean 'CERTIFIED'?",
        ),
        (
            "expect_records: {citizen: zhang-san, channel: wechat, counts: {}, newest: PAYD}",
            "no kind of record 'PAYD'",
        ),
        (
            "expect_links: {citizen: zhang-san, states: {wechatt: active}}",
            "5:47: no channel 'wechatt' in this federation; did you mean 'wechat'?",
        ),
        (
            "open_account: {citizen: zhang-san, bank: bank-eas}",
            "5:44: no bank 'bank-eas'; did you mean 'bank-east'?",
        ),
        (
            "fault: {name: f, lose_answer: true, method: Unlnk}",
            "5:47: no method 'Unlnk'; did you mean 'Unlink'?",
        ),
        (
            "fault: {name: f, refuse: LINK_EXIST}",
            "5:28: no reason 'LINK_EXIST'; did you mean 'LINK_EXISTS'?",
        ),
        (
            "fault: {name: f, cut: both, sources: [wechatt]}",
            "5:41: no caller 'wechatt'; did you mean 'wechat'?",
        ),
        (
            "fault: {name: f, cut: both, targets: [platfrm]}",
            "5:41: no target 'platfrm'; did you mean 'platform'?",
        ),
        ("end_fault: gone", "5:14: no fault 'gone'; there are none"),
        ("expect_fault: gone", "5:17: no fault 'gone'; there are none"),
        ("call: {method: Aply}", "5:18: no method 'Aply'; did you mean 'Apply'?"),
        ("call: {method: WatchEvents}", "5:18: WatchEvents: a stream"),
        (
            "call: {method: Apply, by: wechatt}",
            "5:29: no caller 'wechatt'; did you mean 'wechat'?",
        ),
        ("call: {method: Apply, by: platform}", "no caller 'platform'"),
        (
            "call: {method: GetCard, by: wechat, with_token: {of: alipai}}",
            "5:56: no caller 'alipai'; there are",
        ),
        (
            "call: {method: GetCard, by: wechat, request: {lnk_id: a}}",
            "5:49: no field 'lnk_id' in GetCardRequest; did you mean 'link_id'?",
        ),
        (
            "expect_links: {citizen: zhang-san, states: {}}",
            "5:3: expects nothing; it needs one of: states, serials, levels",
        ),
        ("expect_events: {channel: wechat, counts: {}}", "5:3: expects nothing"),
        (
            "expect_records: {citizen: zhang-san, channel: wechat, counts: {}}",
            "5:3: expects nothing",
        ),
        ("expect_messages: {citizen: zhang-san}", "5:3: expects nothing"),
        ("expect_family: {citizen: zhang-san}", "5:3: expects nothing"),
    ],
)
def test_a_slip_in_a_step_says_where_and_what_was_meant(step: str, told: str) -> None:
    assert told in told_of(f"{HEAD}steps:\n- {step}\n")


@pytest.mark.parametrize("rule", ["R0", "R98", "R999", "r11", "X3"])
def test_a_rule_that_there_is_not_is_a_mistake(rule: str) -> None:
    text = HEAD.replace("R11", rule) + "steps: [settle]\n"

    assert f"2:9: no rule '{rule}'" in told_of(text)


def test_the_rules_are_those_of_the_page() -> None:
    page = Path(__file__).parents[2] / "docs" / "rules.md"

    named = re.findall(r"^\*\*(R\d+)\*\*", page.read_text("utf-8"), re.MULTILINE)

    assert list(RULES) == named


@pytest.mark.parametrize(
    ("citizen", "told"),
    [
        ("oma: {birth_date: 2999-01-01}", "nobody is born on 2999-01-01 yet"),
        ("zhang-san: {birth_date: 1950-03-04}", "4:12: zhang-san is a persona"),
        (
            "oma: {birth_date: 1950-03-04, bank: bank-eas}",
            "no bank 'bank-eas'; did you mean 'bank-east'?",
        ),
    ],
)
def test_a_slip_in_a_citizen_is_told(citizen: str, told: str) -> None:
    assert told in told_of(f"{HEAD}citizens: {{{citizen}}}\nsteps: [settle]\n")


def test_a_fault_is_named_once_and_ended_after_it_began() -> None:
    again = f"{HEAD}steps:\n{FAULT}{FAULT}"
    early = f"{HEAD}steps:\n- end_fault: gone\n{FAULT}"
    near = f"{HEAD}steps:\n{FAULT}- end_fault: gon\n"

    assert "6:17: a second fault 'gone'; each has a name of its own" in told_of(again)
    assert "5:14: no fault 'gone'; it begins only later" in told_of(early)
    assert "6:14: no fault 'gon'; did you mean 'gone'?" in told_of(near)
