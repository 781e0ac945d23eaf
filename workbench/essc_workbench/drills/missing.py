"""What a process that died can no longer tell: it follows from the plan, and is counted."""

from collections import Counter
from collections.abc import Sequence

from essc_workbench.drills.orders import Order
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.drills.schedule import intents
from essc_workbench.drills.tallies import Row, Tally, Totals

DIED = "GENERATOR_DIED"


class Told:
    """How much of each second and kind a process has told so far."""

    def __init__(self) -> None:
        self._intended: Counter[tuple[int, int]] = Counter()
        self._ended: Counter[tuple[int, int]] = Counter()

    def add(self, rows: Sequence[Row]) -> None:
        """Notes what it told."""
        for second, kind, intended, outcomes, *_ in rows:
            self._intended[second, kind] += intended
            self._ended[second, kind] += sum(outcomes)

    def add_missing(self, totals: Totals, order: Order, died_us: int, end_us: int) -> None:
        """Counts what it did not tell, of all that was due until `end_us`.

        What was due before it died may have been sent: nobody knows. The rest was not.
        """
        due: Counter[tuple[int, int]] = Counter()
        before: Counter[tuple[int, int]] = Counter()
        for intent in intents(order.plan, order.seed, order.shard, order.shards):
            if intent.due_us > end_us:
                break
            cell = intent.due_us // 1_000_000, intent.kind
            due[cell] += 1
            before[cell] += intent.due_us <= died_us
        waited_us = int(order.plan.callers.deadline.total_seconds() * 1e6)
        for cell in due | self._intended:
            totals.add_tally(*cell, self._gap(cell, due[cell], before[cell], waited_us))

    def _gap(self, cell: tuple[int, int], due: int, before: int, waited_us: int) -> Tally:
        """It told of no journey that is not in the plan; what it told last may be beyond `due`."""
        intended, ended = self._intended[cell], self._ended[cell]
        whole = max(due, intended)
        unknown = min(max(max(before, intended) - ended, 0), whole - ended)
        tally = Tally()
        tally.intended = whole - intended
        if unknown:
            tally.give_up(Outcome.UNKNOWN, DIED, waited_us, unknown)
        if whole - ended - unknown:
            tally.give_up(Outcome.NOT_SENT, DIED, waited_us, whole - ended - unknown)
        return tally
