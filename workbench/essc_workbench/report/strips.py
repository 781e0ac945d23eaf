"""Citizens and channels over time: what each channel held of each citizen's card, as it changed.

It is read off what went over the wire: home panels, the platform's answers, the events. So it shows
what could be known, and says nothing of what nobody asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from essc_workbench.history.items import Facts, Outcome
from essc_workbench.history.reading import History

STATES = ("not-opened", "delivered", "usable", "blocked", "ended", "unlinked", "unknown")
_PANEL = {
    "STATE_NOT_OPENED": "not-opened",
    "STATE_AWAITING_CONSENT": "delivered",
    "STATE_AWAITING_DISPLAY_CONSENT": "usable",
    "STATE_USABLE": "usable",
    "STATE_BLOCKED": "blocked",
    "STATE_ENDED": "ended",
    "STATE_UNKNOWN": "unknown",
}
_LINK = {
    "STATE_DELIVERED": "delivered",
    "STATE_ACTIVE": "usable",
    "STATE_UNLINKED": "unlinked",
}
_CARD = {"STATE_BLOCKED": "blocked", "STATE_ENDED": "ended"}
WIDTH = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which nothing changed, in thousandths of the run."""

    state: str
    x: float
    width: float
    begin_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One citizen in one channel."""

    citizen: str
    channel: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sighting:
    at_us: int
    citizen: str
    channel: str
    state: str


def strips(history: History) -> tuple[Strip, ...]:
    """All strips, by citizen and channel."""
    changes: dict[tuple[str, str], list[_Sighting]] = {}
    for sighting in sorted(_sightings(history), key=lambda each: each.at_us):
        known = changes.setdefault((sighting.citizen, sighting.channel), [])
        if not known or known[-1].state != sighting.state:
            known.append(sighting)
    times = [item.at_us for item in history.items] or [0]
    begin, took = min(times), max(max(times) - min(times), 1)
    return tuple(
        Strip(citizen=citizen, channel=channel, stretches=tuple(_stretches(known, begin, took)))
        for (citizen, channel), known in sorted(changes.items())
    )


def _stretches(known: list[_Sighting], begin: int, took: int) -> Iterator[Stretch]:
    for index, each in enumerate(known):
        until = known[index + 1].at_us if index + 1 < len(known) else begin + took
        x = (each.at_us - begin) / took * WIDTH
        yield Stretch(
            state=each.state,
            x=round(x, 2),
            width=round(max((until - begin) / took * WIDTH - x, 1.5), 2),
            begin_us=each.at_us,
        )


def _sightings(history: History) -> Iterable[_Sighting]:
    links: dict[str, tuple[str, str]] = {}
    for call in history.calls:
        invoked, answered = call.invoked, call.answered
        if answered is None or answered.outcome is not Outcome.OK or len(invoked.citizens) != 1:
            continue
        citizen, facts = invoked.citizens[0], answered.facts
        if invoked.source == "phone":
            state = _PANEL.get(str(facts.get("panel.state", "")), "")
            channel = invoked.target
        elif invoked.target == "platform":
            state, channel = _held(facts), invoked.source
            link_id = facts.get("link.link_id")
            if isinstance(link_id, str) and link_id:
                links[link_id] = (citizen, channel)
        else:
            continue
        if state:
            yield _Sighting(at_us=answered.at_us, citizen=citizen, channel=channel, state=state)
    for event in history.seen:
        state = _held(event.facts)
        if state and event.link_id in links:
            citizen, channel = links[event.link_id]
            yield _Sighting(at_us=event.at_us, citizen=citizen, channel=channel, state=state)


def _held(facts: Facts) -> str:
    """What a link and its card come to; empty if nothing is said of a link."""
    link = _LINK.get(str(facts.get("link.state", "")), "")
    if link != "usable":
        return link
    return _CARD.get(str(facts.get("card.state", "")), "usable")
