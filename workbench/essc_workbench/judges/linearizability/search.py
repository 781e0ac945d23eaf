"""The search for one order of operations that explains a history.

After Wing and Gong, with Lowe's improvements: operations are put in order as late as possible, when
one of them has to have happened because its answer was there; what was tried is remembered by what
is in order already and the state that this led to. A look that changes nothing is put in order as
soon as it fits, since it can spoil nothing; and of operations that are alike the one that was
answered first comes first.

The cost is counted in steps of the model and in configurations looked at. Past the budget nothing
is said.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from essc_workbench.judges.linearizability.operations import Operation
from essc_workbench.judges.linearizability.state import State

Step = Callable[[State, Operation], tuple[State, ...]]
BUDGET = 200_000
"""Steps for one citizen's history."""
_NEVER_US = 1 << 62


@dataclass(frozen=True, slots=True)
class Linearizable:
    """There is such an order."""

    steps: int


@dataclass(frozen=True, slots=True)
class Broken:
    """There is none."""

    steps: int
    at: int
    """The operation, by its place in what was searched, before whose answer no order is left."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The budget is spent."""

    steps: int


Result = Linearizable | Broken | Exhausted


class _SpentError(Exception):
    """The budget is spent."""


@dataclass(slots=True)
class _Search:
    operations: Sequence[Operation]
    step: Step
    budget: int
    steps: int = 0
    states: list[State] = field(default_factory=list)
    """States by number, so that the memo holds numbers."""
    numbers: dict[State, int] = field(default_factory=dict)
    memo: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    looks: list[bool] = field(default_factory=list)
    """Of each operation, whether it is a look."""
    alike: list[int] = field(default_factory=list)
    """Of each operation, the bits of those like it that have to be answered before it."""

    def spend(self) -> None:
        """Counts one step: of the model, or from one configuration."""
        if self.steps >= self.budget:
            raise _SpentError
        self.steps += 1

    def number(self, state: State) -> int:
        """The number of a state."""
        found = self.numbers.get(state)
        if found is None:
            found = self.numbers[state] = len(self.states)
            self.states.append(state)
        return found

    def after(self, state: int, index: int) -> tuple[int, ...]:
        """The numbers of the states that may follow by an operation."""
        key = (state, index)
        found = self.memo.get(key)
        if found is None:
            self.spend()
            following = self.step(self.states[state], self.operations[index])
            found = self.memo[key] = tuple(self.number(each) for each in following)
        return found

    def with_looks(self, placed: int, state: int, looks: Sequence[int]) -> int:
        """What is placed, with every look that fits this state as it is."""
        for index in looks:
            if not placed >> index & 1 and self.after(state, index) == (state,):
                placed |= 1 << index
        return placed

    def until_placed(
        self, configurations: set[tuple[int, int]], pending: Sequence[int], last: int
    ) -> set[tuple[int, int]]:
        """All that what is placed and known can be once this operation is in its place."""
        bit = 1 << last
        looks = [index for index in pending if self.looks[index]]
        out = sum(1 << index for index in pending)
        seen: set[tuple[int, int]] = set()
        waiting = list(configurations)
        reached: set[tuple[int, int]] = set()
        while waiting:
            placed, state = waiting.pop()
            placed = self.with_looks(placed, state, looks)
            if (placed, state) in seen:
                continue
            seen.add((placed, state))
            self.spend()
            if placed & bit:
                reached.add((placed & ~bit, state))
                continue
            for index in pending:
                if placed >> index & 1 or self.alike[index] & out & ~placed:
                    continue
                # What may never have happened and would have changed nothing, did not happen.
                is_certain = self.operations[index].ended_us is not None
                waiting += (
                    (placed | 1 << index, following)
                    for following in self.after(state, index)
                    if following != state or is_certain
                )
        return reached


def search(
    operations: Sequence[Operation], step: Step, start: State, budget: int = BUDGET
) -> Result:
    """Whether some order of the operations explains them, beginning in a state."""
    run = _Search(operations, step, budget)
    run.looks = [each.is_a_look for each in operations]
    run.alike = _alike(operations)
    configurations = {(0, run.number(start))}
    pending: list[int] = []
    try:
        for _, is_end, index in _moments(operations):
            if not is_end:
                pending.append(index)
                continue
            configurations = run.until_placed(configurations, pending, index)
            if not configurations:
                return Broken(run.steps, index)
            pending.remove(index)
    except _SpentError:
        return Exhausted(run.steps)
    return Linearizable(run.steps)


def _alike(operations: Sequence[Operation]) -> list[int]:
    """For each operation, those that are like it in all but the time, and end earlier.

    Of two such, both on their way, the one that must end first can always be put first.
    """
    found = [0] * len(operations)
    groups: dict[Hashable, list[int]] = {}
    for index in _not_alone(operations):
        groups.setdefault(operations[index].likeness, []).append(index)
    for group in groups.values():
        earlier = 0
        for index in sorted(group, key=lambda n: (operations[n].ended_us or _NEVER_US, n)):
            found[index] = earlier
            earlier |= 1 << index
    return found


def _not_alone(operations: Sequence[Operation]) -> list[int]:
    """Those that were on their way at the same time as another one."""
    found: set[int] = set()
    last, end_us = -1, -1
    for index in sorted(range(len(operations)), key=lambda n: operations[n].began_us):
        each = operations[index]
        if each.began_us <= end_us:
            found |= {last, index}
        each_end_us = _NEVER_US if each.ended_us is None else each.ended_us
        if each_end_us > end_us:
            last, end_us = index, each_end_us
    return sorted(found)


def _moments(operations: Sequence[Operation]) -> list[tuple[int, bool, int]]:
    """Beginnings and ends in their order; of one moment the beginnings come first."""
    moments = [(each.began_us, False, index) for index, each in enumerate(operations)]
    moments += [
        (each.ended_us, True, index)
        for index, each in enumerate(operations)
        if each.ended_us is not None
    ]
    return sorted(moments)
