"""What became of every journey, to the unit: counted by second and kind while a drill runs.

A second is that in which a journey was due, a kind its journey and channel. The generator counts
cells of both and says every second what has come to them; whoever gathers adds them up. So what a
process had said before it died stays counted, and all sums are sums of the same cells.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from essc_workbench.drills.histograms import Classes, add, class_of
from essc_workbench.drills.outcomes import Outcome, Played
from essc_workbench.drills.results import Counts

OUTCOMES: Final = tuple(Outcome)
_PLACES: Final = {outcome: place for place, outcome in enumerate(OUTCOMES)}
_NOT_SENT: Final = _PLACES[Outcome.NOT_SENT]
REASONS_MAX: Final = 200
"""Reasons that are told apart in one tally; any more are counted as OTHER."""

Row: TypeAlias = list[Any]
"""A tally as it travels: second, kind, and what `Tally.packed` says."""


class Tally:
    """How many journeys were intended, what became of them, and how long that took."""

    __slots__ = ("due", "ended_in", "intended", "late", "outcomes", "reasons", "sent")

    def __init__(self) -> None:
        self.intended = 0
        self.outcomes = [0] * len(OUTCOMES)
        self.late = 0
        self.due: Classes = {}
        """Times from when it was due, of all journeys."""
        self.sent: Classes = {}
        """Times from when it was sent, of those that were."""
        self.reasons: dict[str, int] = {}
        self.ended_in: dict[int, int] = {}
        """By the second in which they ended, those that ended well and in time."""

    @property
    def ok(self) -> int:
        """How many ended as they should."""
        return self.outcomes[0]

    @property
    def ended(self) -> int:
        """How many have an outcome."""
        return sum(self.outcomes)

    @property
    def counts(self) -> Counts:
        """The same for a result."""
        by_name = {outcome.value: self.outcomes[place] for outcome, place in _PLACES.items()}
        return Counts(intended=self.intended, late=self.late, **by_name)

    def because(self, reason: str, count: int = 1) -> None:
        """Counts a reason; beyond the bound under one name."""
        known = self.reasons
        name = reason if reason in known or len(known) < REASONS_MAX else "OTHER"
        known[name] = known.get(name, 0) + count

    def give_up(self, outcome: Outcome, reason: str, after_us: int, count: int = 1) -> None:
        """Journeys that nobody will end: they count with the time that their callers waited."""
        self.outcomes[_PLACES[outcome]] += count
        self.because(reason, count)
        add(self.due, {class_of(after_us): count})
        if outcome is not Outcome.NOT_SENT:
            add(self.sent, {class_of(after_us): count})

    def add(self, other: "Tally") -> None:
        """Counts what another counted."""
        self.intended += other.intended
        self.late += other.late
        for place, count in enumerate(other.outcomes):
            self.outcomes[place] += count
        add(self.due, other.due)
        add(self.sent, other.sent)
        add(self.ended_in, other.ended_in)
        for reason, count in other.reasons.items():
            self.because(reason, count)

    def packed(self) -> Row:
        """As it travels between processes."""
        return [
            self.intended,
            self.outcomes,
            self.late,
            _flat(self.due),
            _flat(self.sent),
            self.reasons,
            _flat(self.ended_in),
        ]

    @classmethod
    def unpacked(cls, row: Sequence[Any]) -> "Tally":
        """What travelled. Raises ValueError for what is none."""
        tally = cls()
        try:
            tally.intended, tally.outcomes, tally.late, due, sent, tally.reasons, ended = row
            tally.due = dict(zip(due[::2], due[1::2], strict=True))
            tally.sent = dict(zip(sent[::2], sent[1::2], strict=True))
            tally.ended_in = dict(zip(ended[::2], ended[1::2], strict=True))
        except TypeError:
            raise ValueError("no tally") from None
        return tally


class Tallies:
    """The cells of one process since it last told them. Its two methods are on the hot path."""

    def __init__(self, kinds: int) -> None:
        self._kinds = kinds
        self._cells: dict[int, Tally] = {}

    def intend(self, second: int, kind: int) -> None:
        """A journey is due."""
        self._cell(second, kind).intended += 1

    def end(
        self,
        second: int,
        kind: int,
        played: Played,
        due_us: int,
        sent_us: int,
        ended: int | None = None,
    ) -> None:
        """A journey has ended, so long after it was due and after it was sent.

        `ended` is the second in which it did; without it that in which it was due.
        """
        cell = self._cell(second, kind)
        place = _PLACES[played.outcome]
        cell.outcomes[place] += 1
        if place:
            cell.because(played.reason)
        elif played.is_late:
            cell.late += 1
        else:
            at = second if ended is None else ended
            cell.ended_in[at] = cell.ended_in.get(at, 0) + 1
        of_due = class_of(due_us)
        cell.due[of_due] = cell.due.get(of_due, 0) + 1
        if place != _NOT_SENT:
            of_sent = class_of(sent_us)
            cell.sent[of_sent] = cell.sent.get(of_sent, 0) + 1

    def told(self) -> list[Row]:
        """All cells as they travel; they begin anew."""
        rows = [[*divmod(key, self._kinds), *cell.packed()] for key, cell in self._cells.items()]
        self._cells = {}
        return rows

    def _cell(self, second: int, kind: int) -> Tally:
        key = second * self._kinds + kind
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Tally()
        return cell


class Totals:
    """All cells of all processes, added up by kind and by second."""

    def __init__(self, kinds: int) -> None:
        self.whole = Tally()
        self.kinds = [Tally() for _ in range(kinds)]
        self.seconds: dict[int, Tally] = {}
        self.good: dict[int, list[int]] = {}
        """By second, how many of each kind ended as they should."""
        self.ended: dict[int, int] = {}
        """By the second in which they ended, those that ended well and in time."""

    def add(self, rows: Sequence[Row]) -> None:
        """Adds what a process told. Raises ValueError for what is no row."""
        for second, kind, *packed in rows:
            self.add_tally(second, kind, Tally.unpacked(packed))

    def add_tally(self, second: int, kind: int, tally: Tally) -> None:
        """Adds one cell."""
        self.whole.add(tally)
        self.kinds[kind].add(tally)
        self.at(second).add(tally)
        add(self.ended, tally.ended_in)
        self.good.setdefault(second, [0] * len(self.kinds))[kind] += tally.ok

    def at(self, second: int) -> Tally:
        """A second's tally."""
        return self.seconds.setdefault(second, Tally())

    def tallies(self) -> Iterator[Tally]:
        """Every sum there is."""
        yield self.whole
        yield from self.kinds
        yield from self.seconds.values()


def _flat(classes: Classes) -> list[int]:
    return [each for pair in classes.items() for each in pair]
