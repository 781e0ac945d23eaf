"""Family bindings as they were seen: by whom, within which time, in which of their three phases.

A binding is absent, then alive, then ended, and never goes back. It has two sides, the holder's and
the member's, which are written together; so what either side has shown holds for both from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from essc_workbench.history.items import Outcome
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.linearizability.attempts import Deed, deeds
from essc_workbench.judges.linearizability.operations import count
from essc_workbench.judges.linearizability.people import Register, number
from essc_workbench.judges.snapshots import PLATFORM, micros, snapshot_of

HOLDER: Final = "holder"
MEMBER: Final = "member"
BOTH: Final = "both"
ENDING: Final = ("RemoveMember", "LeaveBinder")
SHOWING: Final = frozenset({"ListMembers", "ListBinders", "AddMember", *ENDING})
"""Methods whose answers show bindings."""
_LEFT_OUT: Final = "left_out"


class Phase(IntEnum):
    """Where a binding stands."""

    ABSENT = 0
    ALIVE = 1
    ENDED = 2


class Binding(NamedTuple):
    """A binding, by whom it ties and when it was added, in microseconds since 1970."""

    holder: str
    member: str
    add_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where somebody saw a binding stand."""

    binding: Binding
    side: str
    phases: frozenset[Phase]
    """In which it may have been."""
    began_us: int
    ended_us: int
    call: int = 0
    """Whose answer showed it; 0 for the snapshot."""
    channel: str = ""


class Endings:
    """When requests began that may have ended a binding, by whose it is."""

    def __init__(self) -> None:
        self._first_us: dict[frozenset[str], int] = {}
        self._of_anybody_us: int | None = None

    def add(self, people: frozenset[str], began_us: int) -> None:
        """One more; of nobody if it is not known whose, and it may be anybody's."""
        if people:
            self._first_us[people] = min(began_us, self._first_us.get(people, began_us))
        elif self._of_anybody_us is None or began_us < self._of_anybody_us:
            self._of_anybody_us = began_us

    def may_be_of(self, binding: Binding, until_us: int) -> bool:
        """Whether one of them may have ended a binding until then."""
        people = frozenset((binding.holder, binding.member))
        firsts = (self._first_us.get(people), self._of_anybody_us)
        return any(first is not None and first <= until_us for first in firsts)


def sightings(evidence: Evidence, register: Register) -> list[Sighting]:
    """All sightings of all bindings, in the order in which they began."""
    bindings = tuple(_bindings(evidence, register))
    # Of whom somebody was cancelled, a binding is shown as good no more, though nobody ended it.
    living = _Known(
        each for each in bindings if not {each.holder, each.member} & register.cancelled
    )
    found = [
        sighting
        for deed in deeds(evidence)
        if deed.outcome is Outcome.OK and deed.ended_us is not None
        for sighting in _of_deed(deed, register, living)
    ]
    found += _of_snapshot(evidence, register, bindings)
    return sorted(found, key=lambda each: each.began_us)


def endings(evidence: Evidence, register: Register) -> Endings:
    """All requests that may have ended some binding."""
    found = Endings()
    for deed in deeds(evidence):
        if deed.method in ENDING and deed.outcome is not Outcome.REFUSED:
            people = register.people(deed.call)
            both = (people.first, people.second) if people.first and people.second else ()
            found.add(frozenset(both), deed.began_us)
    return found


def _bindings(evidence: Evidence, register: Register) -> Iterator[Binding]:
    """Every binding that the snapshot or an answer knows, once."""
    known: dict[Binding, None] = {}
    snapshot = snapshot_of(evidence, PLATFORM)
    for row in snapshot.bindings if snapshot is not None else ():
        names = register.names.get(row.holder, ""), register.names.get(row.member, "")
        known[Binding(*names, micros(row.add_time))] = None
    for deed in deeds(evidence):
        if deed.method == "AddMember" and deed.outcome is Outcome.OK:
            people = register.people(deed.call)
            add_us = number(deed.told, "binding.add_time")
            if people.second and add_us:
                known[Binding(people.first, people.second, add_us)] = None
    return iter(known)


class _Known:
    """Bindings by either side."""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        self.of_holder: dict[str, list[Binding]] = defaultdict(list)
        self.of_member: dict[str, list[Binding]] = defaultdict(list)
        self.added: dict[tuple[str, int], list[Binding]] = defaultdict(list)
        for each in bindings:
            self.of_holder[each.holder].append(each)
            self.of_member[each.member].append(each)
            for person in {each.holder, each.member}:
                self.added[person, each.add_us].append(each)


def _of_deed(deed: Deed, register: Register, bindings: _Known) -> Iterator[Sighting]:
    if deed.method not in SHOWING:
        return
    first = register.people(deed.call).first
    if deed.method == "ListMembers":
        yield from _listed(deed, bindings.of_holder[first], HOLDER, "bindings")
    elif deed.method == "ListBinders":
        yield from _listed(deed, bindings.of_member[first], MEMBER, "binders")
    elif deed.method in ("AddMember", *ENDING):
        side = "binder" if deed.method == "LeaveBinder" else "binding"
        add_us = number(deed.told, f"{side}.add_time")
        phase = Phase.ALIVE if deed.method == "AddMember" else Phase.ENDED
        for each in bindings.added[first, add_us]:
            yield _sighting(deed, each, BOTH, {phase})


def _listed(deed: Deed, own: Iterable[Binding], side: str, rows: str) -> Iterator[Sighting]:
    """Each of a person's bindings as a list shows it, or does not show it."""
    if _LEFT_OUT in deed.told:
        return
    shown = {
        number(deed.told, f"{rows}.{row}.add_time"): f"{rows}.{row}"
        for row in range(count(deed.told, rows, "binding_id"))
    }
    for each in own:
        row = shown.get(each.add_us)
        if row is not None:
            phase = Phase.ENDED if f"{row}.end_time" in deed.told else Phase.ALIVE
            yield _sighting(deed, each, side, {phase})
        elif side == MEMBER:
            yield _sighting(deed, each, side, {Phase.ABSENT, Phase.ENDED})
        else:
            yield _sighting(deed, each, side, {Phase.ABSENT})


def _sighting(deed: Deed, binding: Binding, side: str, phases: set[Phase]) -> Sighting:
    assert deed.ended_us is not None, "it was answered"
    return Sighting(
        binding=binding,
        side=side,
        phases=frozenset(phases),
        began_us=deed.began_us,
        ended_us=deed.ended_us,
        call=deed.call.number,
        channel=deed.call.invoked.source,
    )


def _of_snapshot(
    evidence: Evidence, register: Register, bindings: Iterable[Binding]
) -> Iterator[Sighting]:
    """Each binding on either side, as it stands in the end."""
    snapshot = snapshot_of(evidence, PLATFORM)
    if snapshot is None:
        return
    rows: dict[tuple[str, Binding], Phase] = {}
    for row in snapshot.bindings:
        names = register.names.get(row.holder, ""), register.names.get(row.member, "")
        side = MEMBER if row.is_on_members_side else HOLDER
        phase = Phase.ENDED if row.HasField("end_time") else Phase.ALIVE
        rows[side, Binding(*names, micros(row.add_time))] = phase
    # All of it is of one moment: looked at from side to side and back, no side may differ.
    last_us = 1 + max((item.at_us for item in evidence.history.items), default=0)
    for binding in bindings:
        for turn, side in enumerate((HOLDER, MEMBER, HOLDER)):
            yield Sighting(
                binding=binding,
                side=side,
                phases=frozenset({rows.get((side, binding), Phase.ABSENT)}),
                began_us=last_us + turn,
                ended_us=last_us + turn,
            )
