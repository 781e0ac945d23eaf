"""The time-space diagram: parties as columns, calls and events as arrows, time running down.

This module says what is drawn where, as plain values; the page's template draws it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from essc_workbench.history.items import Happened, Invoked, Outcome, Seen
from essc_workbench.history.reading import Call, History
from essc_workbench.report.choice import ARROWS_MAX, chosen_calls
from essc_workbench.report.timeline import Timeline, seconds, span
from essc_workbench.report.verdicts import Verdict

TOP = 6.0
LEFT = 74.0
COLUMN = 132.0
_EVENTS_MAX = 200
_SLANT = 7.0
"""How far an arrow falls on its way, so that its direction of time is seen."""
_SPANS = {"fault-began": "fault-ended", "killed": "started", "frozen": "thawed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A party, and how far its line is from the left."""

    party: str
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A message from one column to another."""

    kind: str
    """`call`, `answer`, `refused`, `unknown` or `event`."""
    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    title: str
    call: int = 0
    is_guilty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A stretch of time in which something was done to a party, or to the calls between parties."""

    kind: str
    x: float
    width: float
    y: float
    height: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line across: a step begins, a clock moves, a violation is seen."""

    kind: str
    y: float
    label: str
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """All of the picture, in pixels."""

    columns: tuple[Column, ...]
    arrows: tuple[Arrow, ...]
    shades: tuple[Shade, ...]
    marks: tuple[Mark, ...]
    folds: tuple[tuple[float, str], ...]
    width: float
    height: float
    calls_left_out: int
    events_left_out: int


def draw(history: History, verdict: Verdict) -> Diagram:
    """The diagram of a run."""
    violations = [each for finding in verdict.findings for each in finding.violations]
    guilty = frozenset(number for each in violations for number in each.calls)
    calls, events = chosen_calls(history, guilty), history.seen[:_EVENTS_MAX]
    columns = _columns(calls, events, history)
    timeline = Timeline(_instants(history, calls, events, verdict), top=TOP + 24)
    place = {column.party: column.x for column in columns}
    arrows = [arrow for call in calls for arrow in _arrows(call, place, timeline, guilty)]
    arrows += [_event(each, place, timeline) for each in events]
    all_calls = [call for call in history.calls if call.method != "WatchEvents"]
    return Diagram(
        columns=columns,
        arrows=tuple(arrows),
        shades=tuple(_shades(history, place, timeline)),
        marks=tuple(_marks(history, verdict, timeline)),
        folds=tuple((fold.y, span(fold.took_us)) for fold in timeline.folds),
        width=LEFT + COLUMN * len(columns),
        height=timeline.bottom + 40,
        calls_left_out=max(len(all_calls) - ARROWS_MAX, 0),
        events_left_out=max(len(history.seen) - _EVENTS_MAX, 0),
    )


def _source(invoked: Invoked) -> str:
    """A phone is its owner's column."""
    if invoked.source == "phone" and invoked.citizens:
        return invoked.citizens[0]
    return invoked.source


def _columns(calls: Iterable[Call], events: Iterable[Seen], history: History) -> tuple[Column, ...]:
    """Phones to the left, then channels, the platform, the rest; each in order of appearance."""
    phones, channels, others = dict[str, None](), dict[str, None](), dict[str, None]()
    for call in calls:
        source, target = _source(call.invoked), call.invoked.target
        if call.invoked.source == "phone":
            phones[source] = None
            channels[target] = None
        elif target == "platform" and call.invoked.cause:
            channels[source] = None
        else:
            others[source] = None
            others[target] = None
    channels |= dict.fromkeys(event.channel for event in events)
    hit = [item.party for item in history.happened("killed", "frozen") if item.party]
    others |= dict.fromkeys(hit)
    names = [*phones, *channels, "platform", *others]
    unique = list(dict.fromkeys(name for name in names if name))
    return tuple(
        Column(party=name, x=LEFT + COLUMN * (index + 0.5)) for index, name in enumerate(unique)
    )


def _instants(
    history: History, calls: Iterable[Call], events: Iterable[Seen], verdict: Verdict
) -> Iterable[int]:
    for call in calls:
        yield call.invoked.at_us
        if call.answered:
            yield call.answered.at_us
    yield from (event.at_us for event in events)
    yield from (item.at_us for item in history.happened() if item.what != "fault-hit")
    for finding in verdict.findings:
        yield from (each.at_us for each in finding.violations if each.at_us is not None)


def _arrows(
    call: Call, place: dict[str, float], timeline: Timeline, guilty: frozenset[int]
) -> Iterable[Arrow]:
    invoked, answered = call.invoked, call.answered
    x1, x2 = place[_source(invoked)], place[invoked.target]
    about = f" about {', '.join(invoked.citizens)}" if invoked.citizens else ""
    title = f"#{call.number} {invoked.method}{about}, sent at {seconds(invoked.at_us)}"
    y = timeline.y(invoked.at_us)
    is_guilty = call.number in guilty
    yield Arrow(
        kind="call",
        x1=x1,
        y1=y,
        x2=x2,
        y2=y + _SLANT,
        label=call.method,
        title=title,
        call=call.number,
        is_guilty=is_guilty,
    )
    if answered is None:
        return
    kinds = {Outcome.OK: "answer", Outcome.REFUSED: "refused", Outcome.UNKNOWN: "unknown"}
    y = max(timeline.y(answered.at_us), y + _SLANT)
    told = answered.reason or answered.outcome.value
    yield Arrow(
        kind=kinds[answered.outcome],
        x1=x2,
        y1=y,
        x2=x1,
        y2=y + _SLANT,
        label="" if answered.outcome is Outcome.OK else answered.reason or "?",
        title=f"{title}; answered {told} at {seconds(answered.at_us)}",
        is_guilty=is_guilty,
    )


def _event(event: Seen, place: dict[str, float], timeline: Timeline) -> Arrow:
    y = timeline.y(event.at_us)
    return Arrow(
        kind="event",
        x1=place["platform"],
        y1=y,
        x2=place[event.channel],
        y2=y + _SLANT,
        label=event.event_kind,
        title=f"event {event.event_kind} reaches {event.channel} at {seconds(event.at_us)}",
    )


def _shades(history: History, place: dict[str, float], timeline: Timeline) -> Iterable[Shade]:
    """Faults and dead or frozen parties, from their beginning to their end or the run's."""
    items = history.happened()
    last = items[-1].at_us if items else 0
    for index, item in enumerate(items):
        if item.what not in _SPANS:
            continue
        end = next((e.at_us for e in items[index:] if _ends(item, e)), last)
        y, bottom = timeline.y(item.at_us), timeline.y(end)
        label = str(item.facts.get("fault") or item.facts.get("about") or item.what)
        if item.what == "fault-began" and item.party not in place:
            x, width = LEFT, COLUMN * len(place)
        else:
            x, width = place.get(item.party, LEFT) - COLUMN * 0.3, COLUMN * 0.6
        kind = "fault" if item.what == "fault-began" else item.what
        yield Shade(kind=kind, x=x, width=width, y=y, height=max(bottom - y, 6.0), label=label)


def _ends(begin: Happened, item: Happened) -> bool:
    if item.what != _SPANS[begin.what] or item.at_us < begin.at_us:
        return False
    if begin.what == "fault-began":
        return item.facts.get("fault") == begin.facts.get("fault")
    return item.party == begin.party


def _marks(history: History, verdict: Verdict, timeline: Timeline) -> Iterable[Mark]:
    for item in history.happened("step-began", "clock-moved"):
        if item.what == "step-began":
            yield Mark(kind="step", y=timeline.y(item.at_us), label=f"{item.step}")
        else:
            by = item.facts.get("by", "")
            yield Mark(kind="clock", y=timeline.y(item.at_us), label=f"{item.party} +{by}")
    number = 0
    for finding in verdict.findings:
        for each in finding.violations:
            number += 1
            if each.at_us is None:
                continue
            yield Mark(
                kind="violation",
                y=timeline.y(each.at_us),
                label=finding.judge,
                anchor=f"violation-{number}",
            )
