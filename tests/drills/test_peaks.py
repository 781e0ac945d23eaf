"""At the peak: a platform is killed in the middle of it, and events come while it works hard."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from essc_workbench.drills.command import Wishes, run_plan
from essc_workbench.drills.reading_notes import read_notes
from essc_workbench.drills.results import Result, read_result
from essc_workbench.drills.staging import NOTES

KILLED = """\
title: {en: The platform is killed at the peak, zh: 高峰时平台被强杀}
seed: 5
federation: {channels: [wechat, alipay]}
population: {citizens: 160}
journeys:
  wechat: {panel: 5, show_and_scan: 2, unlink_and_link: 2}
  alipay: {panel: 4, unlink_and_link: 2}
load:
  - spike: {rate: 30, peak: 90, lasts: 30s}
callers: {deadline: 10s, attempts: 10}
faults:
  - {at: 13s, kill: platform, lasts: 200ms}
objectives:
  - {good: 0.5}
  - {recovers: 3s}
"""
WRITING = """\
title: {en: Events while channels write, zh: 渠道写入时的事件}
seed: 6
federation: {channels: [wechat, alipay]}
population: {citizens: 200}
journeys:
  wechat: {unlink_and_link: 1}
  alipay: {unlink_and_link: 1}
load:
  - steady: {rate: 16, lasts: 30s}
callers: {deadline: 5s}
objectives:
  - {good: 0.9}
"""
WRITES = ("Unlink", "Apply")


async def played(folder: Path, plan: str) -> Result:
    file = folder / "plan.yaml"
    file.write_text(plan, "utf-8")
    await run_plan(Console(), file, Wishes(report=folder / "drill", is_plain=True))
    return read_result(folder / "drill")


async def undisturbed(folder: Path, plan: str) -> tuple[Result, Path]:
    """A drill that is not void: a machine that keeps the generator waiting says nothing of lags."""
    why: object = None
    for turn in ("first", "second", "third"):
        own = folder / turn
        own.mkdir()
        result = await played(own, plan)
        if not result.generator.void:
            return result, own / "drill"
        why = result.generator.void
    raise AssertionError(f"the machine was never quiet: {why}")


@pytest.mark.soak
@pytest.mark.rule("R91")
@pytest.mark.timeout(300)
async def test_a_kill_at_the_peak_loses_nothing_and_is_soon_over(tmp_path: Path) -> None:
    result = await played(tmp_path, KILLED)

    assert result.audit is not None
    rulings = {each.judge: each.ruling for each in result.audit.findings}
    assert [each for each in result.audit.findings if each.violations] == []
    assert rulings["totals"] == rulings["acknowledged"] == rulings["linearizability"] == "good"
    (killed,) = result.faults
    assert killed.recovered_s is not None
    print(f"up after {killed.until_s - killed.at_s:.2f} s, then {killed.recovered_s:.2f} s to 90 %")
    assert killed.recovered_s <= 3.0


@pytest.mark.soak
@pytest.mark.rule("R16")
@pytest.mark.timeout(300)
async def test_the_lag_of_events_is_a_few_writes_and_stays_so(tmp_path: Path) -> None:
    result, folder = await undisturbed(tmp_path, WRITING)

    write_us = statistics.median(write_times_us(folder / NOTES))
    lags_us = [each.event_lag_p99_us for each in result.seconds if each.event_lag_p99_us]
    early_us, late_us = thirds(lags_us)
    assert result.event_lag is not None
    print(
        f"p50 of a write {write_us / 1000:.1f} ms, p99 of the lag "
        f"{result.event_lag.p99_us / 1000:.1f} ms, {early_us / 1000:.1f} ms in the first third, "
        f"{late_us / 1000:.1f} ms in the last"
    )
    assert result.event_lag.p99_us <= 20 * write_us
    assert late_us <= 2 * early_us


def write_times_us(notes: Path) -> list[int]:
    """How long each write took that the load's callers noted."""
    book = read_notes(notes / "generator-0.jsonl")
    methods = [kind.method.rpartition("/")[2] for kind in book.kinds]
    return [
        row.ended_us - row.began_us
        for row in book.rows
        if methods[row.kind] in WRITES and row.ended_us is not None
    ]


def thirds(values: Sequence[int]) -> tuple[float, float]:
    """The middle of the first third, and of the last."""
    third = len(values) // 3
    return statistics.median(values[:third]), statistics.median(values[-third:])
