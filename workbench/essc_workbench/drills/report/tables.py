"""The tables of a drill as rows of text: what became of every journey, how long it took, and what
is left to talk about.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table

from essc_workbench.drills.report import numbers
from essc_workbench.drills.report.sentences import broken, ended_early, unmet
from essc_workbench.drills.report.words import FROM_INTENDED, FROM_SENT, missing, parts
from essc_workbench.drills.results import Counts, Latency, Result, Words

REASONS_MAX = 20
ALL = Words(en="all", zh="合计")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """What became of the journeys of one kind in one channel, or of all."""

    journey: str
    channel: str
    intended: str
    parts: tuple[str, ...]
    """In the order of `words.OUTCOMES`."""
    late: str
    good: str
    """The share of ok ones."""
    is_total: bool
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyRow:
    """How long the journeys of one kind took in one channel, or all, on one of two clocks."""

    journey: str
    channel: str
    since: Words
    values: tuple[str, ...]
    """In the order of `words.PERCENTILES`."""
    is_total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    """How often a reason ended a journey that was not ok."""

    reason: str
    journey: str
    channel: str
    count: str
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRow:
    """A figure of the drill beside what this machine does at best."""

    about: Words
    seen: str
    best: str
    ratio: str


def accounting(result: Result) -> tuple[AccountRow, ...]:
    """A row for each journey and channel, and one for all."""
    rows = [_account(line.journey, line.channel, line.counts) for line in result.lines]
    return (*rows, _account(ALL.en, "", result.counts, is_total=True))


def latencies(result: Result) -> tuple[LatencyRow, ...]:
    """Two rows for each journey and channel, and one for all."""
    rows = []
    for line in result.lines:
        for since, seen in ((FROM_INTENDED, line.intended), (FROM_SENT, line.sent)):
            values = percentiles(seen)
            rows.append(
                LatencyRow(
                    journey=line.journey,
                    channel=line.channel,
                    since=since,
                    values=values,
                    is_total=False,
                )
            )
    whole = LatencyRow(
        journey=ALL.en,
        channel="",
        since=FROM_INTENDED,
        values=percentiles(result.total),
        is_total=True,
    )
    return (*rows, whole)


def percentiles(seen: Latency) -> tuple[str, ...]:
    """A distribution as text, in the order of `words.PERCENTILES`; dashes if it is empty."""
    us = (seen.p50_us, seen.p90_us, seen.p99_us, seen.p999_us, seen.max_us)
    return tuple(numbers.latency(each) if seen.count else "–" for each in us)


def reasons(result: Result) -> tuple[tuple[ReasonRow, ...], int]:
    """The most frequent reasons, and how many more there are."""
    found = Counter[tuple[str, str, str]]()
    for line in result.lines:
        for reason, count in line.reasons.items():
            found[reason, line.journey, line.channel] += count
    rows = tuple(
        ReasonRow(
            reason=reason,
            journey=journey,
            channel=channel,
            count=numbers.count(count),
            share=numbers.share(count / max(result.counts.intended, 1)),
        )
        for (reason, journey, channel), count in found.most_common(REASONS_MAX)
    )
    return rows, max(len(found) - REASONS_MAX, 0)


def ratios(result: Result) -> tuple[RatioRow, ...]:
    """What was measured in the same run, as ratios: figures that another machine can be told."""
    best = result.baselines
    achieved = result.counts.ok / result.load_s if result.load_s else 0.0
    rows = (
        (Words(en="good journeys, by an empty handler", zh="成功办事 / 空处理器"), best.empty_rate),
        (Words(en="good journeys, by durable commits", zh="成功办事 / 持久提交"), best.commit_rate),
    )
    return tuple(
        RatioRow(
            about=about,
            seen=numbers.rate(achieved),
            best=numbers.rate(limit),
            ratio=numbers.ratio(achieved, limit),
        )
        for about, limit in rows
        if limit
    )


def to_discuss(result: Result) -> tuple[Words, ...]:
    """What the meeting after the drill starts from: all that was not as it should be."""
    return tuple(_to_discuss(result))


def _to_discuss(result: Result) -> Iterator[Words]:
    if result.failure:
        yield Words(en=f"The workbench failed: {result.failure}", zh=f"工具故障：{result.failure}")
    yield from result.generator.void
    early = ended_early(result)
    if early:
        yield early
    for finding in broken(result):
        told = finding.violations[0] if finding.violations else finding.text
        yield Words(en=f"{finding.judge}: {told.en}", zh=told.zh)
    for each in unmet(result):
        yield Words(
            en=f"{each.text.en}: wanted {each.wanted}, seen {each.seen}",
            zh=f"{each.text.zh}：目标 {each.wanted}，实际 {each.seen}",
        )
    for fault in result.faults:
        if fault.recovered_s is None:
            at = numbers.seconds(fault.at_s)
            yield Words(
                en=f"never recovered: {fault.party} {fault.text.en} at {at}",
                zh=f"未恢复：{fault.party} {fault.text.zh}（{at}）",
            )


def _account(journey: str, channel: str, counts: Counts, *, is_total: bool = False) -> AccountRow:
    return AccountRow(
        journey=journey,
        channel=channel,
        intended=numbers.count(counts.intended),
        parts=tuple(map(numbers.count, parts(counts))),
        late=numbers.count(counts.late),
        good=numbers.share(counts.ok / counts.intended) if counts.intended else "–",
        is_total=is_total,
        missing=missing(counts),
    )


def table_without_lines(first: str, *others: str) -> Table:
    """A table for a terminal that can be read in a file, too: words left, figures right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
