"""Drill plans: what they may say, and how their mistakes are told."""

import json
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from rich.console import Console

from essc_workbench.drills.checking import check_all
from essc_workbench.drills.files import load, parse
from essc_workbench.drills.plan import FaultPlan, Plan, Ramp, Spike, Steady
from essc_workbench.drills.schema import schema
from essc_workbench.failures import UsageError
from essc_workbench.scenarios.mistakes import FileMistakes
from essc_workbench.scenarios.names import Known

KNOWN = Known(channels={"wechat": "", "alipay": "", "bank-app": "alipay"})
WHOLE = """\
title: {en: A drill, zh: 演练}
seed: 7
federation: {channels: [wechat, alipay]}
population: {citizens: 2000, linked: 0.9, hot: 1.1}
journeys:
  wechat: {panel: 5, show_and_scan: 3}
  alipay: {panel: 2}
load:
  - steady: {rate: 200, lasts: 20s}
  - ramp: {from: 100, to: 300, lasts: 500ms}
  - spike: {rate: 200, peak: 600, lasts: 3m}
faults:
  - {at: 5s, kill: platform}
objectives:
  - {latency: 99, within: 100ms, journey: panel}
  - {good: 0.999, channel: alipay}
  - {recovers: 3s}
"""


def changed(before: str, after: str) -> str:
    assert WHOLE.count(before) == 1
    return WHOLE.replace(before, after)


def mistakes(text: str) -> list[str]:
    with pytest.raises(FileMistakes) as raised:
        parse(dedent(text), "a.yaml", KNOWN)
    return str(raised.value).splitlines()


def test_a_plan_is_read_as_it_is_written() -> None:
    plan = parse(WHOLE, "a.yaml", KNOWN)

    assert plan.seed == 7
    assert plan.journeys["wechat"] == {"panel": 5, "show_and_scan": 3}
    assert [phase.shape for phase in plan.load] == [
        Steady(rate=200, lasts=timedelta(seconds=20)),
        Ramp.model_validate({"from": 100, "to": 300, "lasts": timedelta(milliseconds=500)}),
        Spike(rate=200, peak=600, lasts=timedelta(minutes=3)),
    ]
    assert plan.faults == (FaultPlan(at=timedelta(seconds=5), kill="platform"),)
    assert plan.callers.deadline == timedelta(seconds=2)


def test_a_plan_that_is_written_out_is_read_back_the_same() -> None:
    plan = parse(WHOLE, "a.yaml", KNOWN)

    assert Plan.model_validate_json(plan.model_dump_json(by_alias=True, exclude_unset=True)) == plan


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("lasts: 20s", "lastz: 1s, lasts: 20s", "a.yaml:9:25: no field 'lastz' here; did you"),
        ("lasts: 20s", "lasts: 20", "a.yaml:9:32: 20: no span of time"),
        ("lasts: 3m", "lasts: 25h", "a.yaml:11:42: '25h': no span of time"),
        ("peak: 600", "peak: 100", "a.yaml:11:12: a spike goes up"),
        ("alipay: {panel: 2}", "alipay: {pannel: 2}", "a.yaml:7:12: 'pannel' is not possible here"),
        ("alipay: {panel: 2}", "alipay: {panel: 0}", "a.yaml:7:19: 0: should be more than 0"),
        ("alipay: {panel: 2}", "alipai: {panel: 2}", "a.yaml:7:3: no channel 'alipai' in this"),
        ("[wechat, alipay]", "[wechat, alipay, bank]", "a.yaml:3:41: no channel 'bank'; did you"),
        ("kill: platform", "kill: bank-app", "a.yaml:13:20: no party 'bank-app' in this plan"),
        ("at: 5s", "at: 5h", "a.yaml:13:10: after the end of the load, which lasts 200.5 s"),
        ("kill: platform", "lose_answers: alipay", "a.yaml:13:14: nobody goes through the gate"),
        ("kill: platform", "lasts: 1s", "a.yaml:13:5: exactly one of: kill, freeze"),
        ("journey: panel", "journey: pay", "a.yaml:15:43: no journey 'pay' in this plan"),
        (", within: 100ms", "", "a.yaml:15:5: a percentile needs its bound: within"),
        ("channel: alipay", "channel: bank", "a.yaml:16:28: no channel 'bank' in this plan"),
        ("faults:\n  - {at: 5s, kill: platform}\n", "", "a.yaml:15:6: needs a fault; this plan"),
        ("seed: 7", "seed: 7\nseed: 8", "a.yaml:3:1: 'seed' twice"),
        ("good: 0.999", "good: 0", "a.yaml:16:12: 0: should be more than 0"),
        ("{recovers: 3s}", "{fairness: 0}", "a.yaml:17:16: 0: should be more than 0"),
        ("within: 100ms", "within: 2s", "a.yaml:15:27: callers give up after 2s"),
        ("recovers: 3s", "recovers: 201s", "a.yaml:17:16: longer than the load, which lasts"),
        ("seed: 7", "stop: {}", "a.yaml:2:1: ends nothing; give it bad, latency or lateness"),
        ("seed: 7", "stop: {bad: 1}", "a.yaml:2:13: 1: should be less than 1"),
        ("seed: 7", "stop: {lateness: 1}", "a.yaml:2:18: 1: should be less than 1"),
        ("seed: 7", "gate: 0.1", "a.yaml:2:1: no fault uses the gate"),
        ("linked: 0.9", "linked: 1, third: 0.5", "a.yaml:4:41: everybody is linked"),
        ("kill: platform", "lasts: 1s, restart: platform", "a.yaml:13:14: restart has no length"),
        ("kill: platform", "lasts: 1s, disconnect: wechat", "a.yaml:13:14: disconnect has no"),
        ("kill: platform", "lasts: 1s, advance: 1h", "a.yaml:13:14: advance has no length"),
        ("citizens: 2000", "citizens: many", "a.yaml:4:24: 'many': should be a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_place(before: str, after: str, told: str) -> None:
    found = mistakes(changed(before, after))

    assert found[0][: len(told)] == told


def test_all_mistakes_are_told_at_once() -> None:
    text = changed("rate: 200, lasts: 20s", "rate: -1, lasts: soon").replace("seed: 7", "seed: x")

    assert [each.split(": ")[0] for each in mistakes(text)] == [
        "a.yaml:2:7",
        "a.yaml:9:20",
        "a.yaml:9:31",
    ]


def test_what_is_no_plan_at_all_is_told_so() -> None:
    assert mistakes("") == ["a.yaml:1:1: empty; a file begins with `title:`"]
    assert mistakes("- a") == ["a.yaml:1:1: no drill plan; it begins with `title:`"]


def test_fairness_needs_two_channels() -> None:
    text = changed("  alipay: {panel: 2}\n", "").replace("{good: 0.999, channel: alipay}", "X")
    text = text.replace("X", "{fairness: 0.8}")

    assert mistakes(text) == ["a.yaml:15:6: needs journeys in two channels"]


def test_fairness_in_one_journey_needs_that_in_two_channels() -> None:
    text = changed("{good: 0.999, channel: alipay}", "{fairness: 0.8, journey: show_and_scan}")

    assert mistakes(text) == ["a.yaml:16:6: needs show_and_scan in two channels"]


@pytest.mark.parametrize(
    "objective",
    [
        "{fairness: 0.8, journey: panel}",
        "{event_lag: 99, within: 1s, channel: alipay}",
    ],
)
def test_an_objective_may_be_about_a_part(objective: str) -> None:
    text = changed("{good: 0.999, channel: alipay}", objective)

    assert len(parse(text, "a.yaml", KNOWN).objectives) == 3


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        ("{event_lag: 99, within: 1s, journey: panel}", "events do not say whose they are"),
        ("{recovers: 2s, journey: panel}", "a drill recovers as a whole"),
        ("{fairness: 0.8, channel: wechat}", "fairness compares all channels"),
    ],
)
def test_what_an_objective_cannot_be_about_is_refused_with_the_reason(
    objective: str, why: str
) -> None:
    (told,) = mistakes(changed("{good: 0.999, channel: alipay}", objective))

    assert why in told


def test_a_list_with_a_mistake_in_it_is_not_called_too_short_besides() -> None:
    one = changed("  - {latency: 99, within: 100ms, journey: panel}\n", "")
    one = one.replace("  - {recovers: 3s}\n", "").replace("good: 0.999", "god: 0.999")

    assert mistakes(one) == ["a.yaml:15:6: no field 'god' here; did you mean 'good'?"]


def test_a_scenario_is_named_as_such() -> None:
    scenario = "title: {en: A story, zh: 故事}\nsteps: [settle]\n"

    assert mistakes(scenario) == [
        "a.yaml:1:1: this is a scenario, no drill plan; run it by: essc run a.yaml"
    ]


def test_an_empty_list_is_too_short() -> None:
    text = WHOLE[: WHOLE.index("objectives:")] + "objectives: []\n"

    assert mistakes(text) == ["a.yaml:14:13: []: too few, there should be at least 1"]


def test_checked_plans_are_told_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rush.yaml"
    file.write_text(WHOLE.replace("wechat, alipay", "wechat, alipay"), "utf-8")

    status = check_all(Console(width=200), [file])

    told = capsys.readouterr().out
    assert status == 0
    assert "A drill · 演练" in told
    assert "64,100 journeys in 200.5 s, 2 channels, 2,000 citizens" in told


def test_the_mistakes_of_several_plans_are_told_together(tmp_path: Path) -> None:
    for name, text in (("a.yaml", "- a"), ("b.yaml", "- b")):
        (tmp_path / name).write_text(text)

    with pytest.raises(UsageError, match=r"(?s)a\.yaml:1:1: .*b\.yaml:1:1: "):
        check_all(Console(), [tmp_path / "a.yaml", tmp_path / "b.yaml"])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.yaml: "):
        load(tmp_path / "gone.yaml")


def test_every_field_of_a_plan_says_what_it_is() -> None:
    whole = schema()

    models = {"Plan": whole, **whole["$defs"]}
    silent = [
        f"{model}: {name}"
        for model, each in models.items()
        for name, field in each.get("properties", {}).items()
        if model not in ("Phase", "Title") and not field.get("description")
    ]

    assert silent == []


def test_editors_find_the_schema_that_the_models_write() -> None:
    written = Path(__file__).resolve().parents[2] / "drills" / "drill.schema.json"

    assert json.loads(written.read_text("utf-8")) == schema()
