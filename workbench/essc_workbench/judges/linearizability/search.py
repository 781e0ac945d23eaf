"""The search for one order of operations that explains a history.

After Wing and Gong, with Lowe's improvements: operations are put in order as late as possible, when
one of them has to have happened because its answer was there; what was tried is remembered by what
is in order already and the state that this led to. A look that changes nothing is put in order as
soon as it fits, since it can spoil nothing; and of operations that are alike the one that was
answered first comes first.

The cost is counted in steps of the model and in configurations looked at. Past the budget nothing
is said.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from essc_workbench.judges.linearizability.operations import Operation
from essc_workbench.judges.linearizability.state import State

Step = Callable[[State, Operation], tuple[State, ...]]
BUDGET = 200_000
"""Steps for one citizen's history."""
FEW = 16
"""As many possibilities are kept in mind at first."""
_SHARE_OF_FEW = 4
"""Which part of the budget that may cost."""
_ALL = 1 << 62
_NEVER_US = 1 << 62
Configuration = tuple[int, int]
"""What is in its place of all that is on its way, as bits, and the number of the state."""


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
class _Out:
    """An operation that is on its way."""

    index: int
    bit: int
    """Its bit among those that are on their way."""
    is_look: bool
    is_certain: bool
    """Whether it was answered, so that it has to be in its place in the end."""
    likeness: Hashable
    """None where there is no other one on its way with it."""
    last_us: int


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

    def with_looks(self, placed: int, state: int, looks: Sequence[_Out]) -> int:
        """What is placed, with every look that fits this state as it is."""
        for each in looks:
            if not placed & each.bit and self.after(state, each.index) == (state,):
                placed |= each.bit
        return placed

    def until_placed(
        self, configurations: Iterable[Configuration], out: Sequence[_Out], last: _Out, most: int
    ) -> set[Configuration]:
        """What can be placed and known once this operation is in its place: so many at most, those
        with the fewest placed.
        """
        looks = [each for each in out if each.is_look]
        candidates = list(zip(out, _before(out), strict=True))
        seen: set[Configuration] = set()
        waiting = deque(configurations)
        reached: set[Configuration] = set()
        while waiting and len(reached) < most:
            placed, state = waiting.popleft()
            placed = self.with_looks(placed, state, looks)
            if (placed, state) in seen:
                continue
            seen.add((placed, state))
            self.spend()
            if placed & last.bit:
                reached.add((placed & ~last.bit, state))
                continue
            for each, before in candidates:
                if placed & each.bit or before & ~placed:
                    continue
                # What may never have happened and would have changed nothing, did not happen.
                following = [
                    (placed | each.bit, after)
                    for after in self.after(state, each.index)
                    if after != state or each.is_certain
                ]
                if each is last:
                    waiting.extendleft(following)
                else:
                    waiting.extend(following)
        return reached

    def through(self, start: State, most: int) -> int | None:
        """The operation before whose answer no order is left; None if there is an order."""
        likenesses = _likenesses(self.operations)
        configurations: set[Configuration] = {(0, self.number(start))}
        out: dict[int, _Out] = {}
        free: list[int] = []
        for _, is_end, index in _moments(self.operations):
            if not is_end:
                bit = free.pop() if free else 1 << len(out)
                out[index] = _out(self.operations[index], index, bit, likenesses.get(index))
                continue
            last = out[index]
            configurations = self.until_placed(configurations, list(out.values()), last, most)
            if not configurations:
                return index
            del out[index]
            free.append(last.bit)
        return None


def search(
    operations: Sequence[Operation], step: Step, start: State, budget: int = BUDGET
) -> Result:
    """Whether some order of the operations explains them, beginning in a state.

    Most histories have an order that is found by keeping a few possibilities in mind. Only where
    that finds none everything is looked at: many at once have very many orders.
    """
    run = _Search(operations, step, budget // _SHARE_OF_FEW)
    try:
        if run.through(start, FEW) is None:
            return Linearizable(run.steps)
    except _SpentError:
        pass
    run.budget = budget
    try:
        at = run.through(start, _ALL)
    except _SpentError:
        return Exhausted(run.steps)
    return Linearizable(run.steps) if at is None else Broken(run.steps, at)


def _out(operation: Operation, index: int, bit: int, likeness: Hashable) -> _Out:
    return _Out(
        index=index,
        bit=bit,
        is_look=operation.is_a_look,
        is_certain=operation.ended_us is not None,
        likeness=likeness,
        last_us=_NEVER_US if operation.ended_us is None else operation.ended_us,
    )


def _before(out: Sequence[_Out]) -> list[int]:
    """Of each, the bits of those that are like it and end earlier, which are to be placed first.

    Of two that differ in nothing but the time, both on their way, the one that must end first can
    always be put first.
    """
    groups: dict[Hashable, list[_Out]] = {}
    for each in out:
        if each.likeness is not None:
            groups.setdefault(each.likeness, []).append(each)
    found: dict[int, int] = {}
    for group in groups.values():
        earlier = 0
        for each in sorted(group, key=lambda each: (each.last_us, each.index)):
            found[each.index] = earlier
            earlier |= each.bit
    return [found.get(each.index, 0) for each in out]


def _likenesses(operations: Sequence[Operation]) -> dict[int, Hashable]:
    """How those operations are that were on their way at the same time as another one."""
    return {index: operations[index].likeness for index in _not_alone(operations)}


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
