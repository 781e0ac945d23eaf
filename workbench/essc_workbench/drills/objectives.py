"""What a plan wanted to hold, and whether it did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from essc_workbench.drills.fields import span_words
from essc_workbench.drills.histograms import Classes, percentile, summed
from essc_workbench.drills.orders import kinds_of
from essc_workbench.drills.plan import ObjectivePlan, Plan
from essc_workbench.drills.report import numbers
from essc_workbench.drills.results import FaultSeen, Objective, Words
from essc_workbench.drills.tallies import Tally, Totals


@dataclass(frozen=True, slots=True)
class Seen:
    """All that objectives are about."""

    plan: Plan
    totals: Totals
    event_lags: Mapping[str, Classes]
    """By channel."""
    faults: Sequence[FaultSeen] = ()


def judged(seen: Seen) -> tuple[Objective, ...]:
    """Every objective of the plan, in its order."""
    return tuple(_judged(objective, seen) for objective in seen.plan.objectives)


def unseen(seen: Seen) -> Iterator[Words]:
    """Objectives of which too little was seen to say anything."""
    for number, objective in enumerate(seen.plan.objectives, start=1):
        if objective.event_lag is not None:
            count, needed = sum(_lags(objective, seen).values()), _needed(objective.event_lag)
        elif objective.recovers is not None:
            count, needed = len(seen.faults), 1
        elif objective.fairness is not None:
            compared = _by_channel(objective, seen).values()
            count, needed = min(tally.intended for tally in compared), 1
        else:
            count, needed = _about(objective, seen).intended, _needed(objective.latency or 0)
        if count < needed:
            yield Words(
                zh=f"目标 {number} 需要至少 {needed} 个样本，仅有 {count} 个",
                en=f"objective {number} needs {needed} samples at least, and has {count}",
            )


def _needed(percent: float) -> int:
    """One at least must lie beyond a percentile."""
    return round(100 / (100 - percent)) if percent < 100 else 1


def _judged(objective: ObjectivePlan, seen: Seen) -> Objective:
    if objective.latency is not None:
        return _latency(objective, objective.latency, seen)
    if objective.event_lag is not None:
        return _event_lag(objective, objective.event_lag, seen)
    if objective.good is not None:
        return _good(objective, objective.good, seen)
    if objective.fairness is not None:
        return _fairness(objective, objective.fairness, seen)
    return _recovers(objective, seen)


def _latency(objective: ObjectivePlan, percent: float, seen: Seen) -> Objective:
    us = percentile(_about(objective, seen).due, percent)
    zh, en = _whose(objective)
    text = Words(
        zh=f"{zh}延迟 p{percent:g}（自应发时刻起）",
        en=f"p{percent:g} of latency from intended time{en}",
    )
    return _within(text, objective, us)


def _event_lag(objective: ObjectivePlan, percent: float, seen: Seen) -> Objective:
    zh, en = _whose(objective)
    text = Words(zh=f"{zh}事件滞后 p{percent:g}", en=f"p{percent:g} of the lag of events{en}")
    return _within(text, objective, percentile(_lags(objective, seen), percent))


def _lags(objective: ObjectivePlan, seen: Seen) -> Classes:
    """Of the events of one channel, or of all."""
    if objective.channel is not None:
        return seen.event_lags.get(objective.channel, {})
    return summed(seen.event_lags)


def _within(text: Words, objective: ObjectivePlan, us: int) -> Objective:
    bound = objective.within
    assert bound is not None, "a percentile has its bound: the plan was checked"
    return Objective(
        text=text,
        wanted=_at_most(bound),
        seen=numbers.latency(us),
        is_met=us <= bound.total_seconds() * 1e6,
    )


def _at_most(bound: timedelta) -> str:
    """As a plan has it, but for a space."""
    words = span_words(bound)
    number = words.rstrip("hms")
    return f"≤ {number} {words.removeprefix(number)}"


def _good(objective: ObjectivePlan, least: float, seen: Seen) -> Objective:
    share = _good_share(_about(objective, seen))
    zh, en = _whose(objective)
    text = Words(zh=f"{zh}按时成功的占比", en=f"share that ends well and in time{en}")
    return _at_least(text, least, share)


def _fairness(objective: ObjectivePlan, least: float, seen: Seen) -> Objective:
    shares = {name: _good_share(tally) for name, tally in _by_channel(objective, seen).items()}
    lowest, highest = min(shares, key=lambda name: shares[name]), max(shares.values())
    zh, en = _whose(objective)
    text = Words(
        zh=f"公平：{zh}成功占比最低的渠道（{lowest}）与最高者之比",
        en=f"fairness{en}: the lowest channel's good share ({lowest}) divided by the highest's",
    )
    return _at_least(text, least, shares[lowest] / highest if highest else 0.0)


def _at_least(text: Words, least: float, share: float) -> Objective:
    return Objective(
        text=text,
        wanted=f"≥ {numbers.share(least)}",
        seen=numbers.share(share),
        is_met=share >= least,
    )


def _recovers(objective: ObjectivePlan, seen: Seen) -> Objective:
    bound = objective.recovers
    assert bound is not None, "exactly one kind: the plan was checked"
    times = [fault.recovered_s for fault in seen.faults]
    known = [each for each in times if each is not None]
    is_met = len(known) == len(times) and max(known, default=0.0) <= bound.total_seconds()
    worst = "never 未恢复" if len(known) < len(times) else numbers.seconds(max(known, default=0.0))
    text = Words(
        zh="每次故障后恢复到应有速率的 90%",
        en="after each fault, 90 % of the wanted rate is good again",
    )
    return Objective(text=text, wanted=_at_most(bound), seen=worst, is_met=is_met)


def _about(objective: ObjectivePlan, seen: Seen) -> Tally:
    whole = Tally()
    for channel, tally in _by_channel(objective, seen).items():
        if objective.channel in (None, channel):
            whole.add(tally)
    return whole


def _by_channel(objective: ObjectivePlan, seen: Seen) -> dict[str, Tally]:
    """Whoever an objective compares: channels with its journey, or all that have any."""
    found: dict[str, Tally] = {}
    for kind, tally in zip(kinds_of(seen.plan), seen.totals.kinds, strict=True):
        if objective.journey in (None, kind.journey):
            found.setdefault(kind.channel, Tally()).add(tally)
    return found


def _good_share(tally: Tally) -> float:
    return (tally.ok - tally.late) / tally.intended if tally.intended else 0.0


def _whose(objective: ObjectivePlan) -> tuple[str, str]:
    parts = [each for each in (objective.journey, objective.channel) if each]
    return (f"{' · '.join(parts)}：", f" of {' in '.join(parts)}") if parts else ("", "")
