"""The smallest part of a history that cannot be: what somebody has to look at.

A part is judged from an empty state, which allows whatever could have been before it; what was on
its way when it begins may or may not have happened before. So a part that cannot be is a violation
by itself, whatever the rest says.
"""

from collections.abc import Sequence
from dataclasses import replace

from essc_workbench.history.items import Outcome
from essc_workbench.judges.linearizability.operations import Operation
from essc_workbench.judges.linearizability.search import Broken, Step, search
from essc_workbench.judges.linearizability.state import State

BUDGET = 20_000
"""Steps for one look at one part."""
TRIALS_MAX = 200
"""How many operations are tried to be left out of a part."""


def smallest_window(operations: Sequence[Operation], at: int, step: Step) -> tuple[Operation, ...]:
    """The operations of the smallest part, ending at this one, that no order explains."""
    end_us = operations[at].ended_us
    assert end_us is not None, "only an answer can be one too many"
    prefix = _until(operations, end_us)
    cuts = sorted({each.began_us for each in prefix})
    first, last = 0, len(cuts) - 1
    while first < last:  # the more there is, the more there is to explain
        middle = (first + last + 1) // 2
        if _is_broken(_from(prefix, cuts[middle]), step):
            first = middle
        else:
            last = middle - 1
    part = _thinned(_from(prefix, cuts[first]), step)
    return tuple(each for each in part if each.ended_us is not None)


def _until(operations: Sequence[Operation], end_us: int) -> list[Operation]:
    """What began up to a moment; what ended later may be explained by what began later."""
    begun = [each for each in operations if each.began_us <= end_us]
    return [
        each
        if each.ended_us is not None and each.ended_us <= end_us
        else replace(each, ended_us=None)
        for each in begun
    ]


def _from(operations: Sequence[Operation], cut_us: int) -> list[Operation]:
    """What began from a moment on, and what was on its way then or may happen any time."""
    part: list[Operation] = []
    for each in operations:
        if each.began_us >= cut_us:
            part.append(each)
        elif each.ended_us is None or each.ended_us >= cut_us:
            part += _loosened(each)
    return part


def _thinned(part: list[Operation], step: Step) -> list[Operation]:
    """The part without whatever can be left open while it stays broken."""
    for each in part[:TRIALS_MAX]:
        place = part.index(each)
        without = [*part[:place], *_loosened(each), *part[place + 1 :]]
        if each.ended_us is not None and _is_broken(without, step):
            part = without
    return part


def _loosened(operation: Operation) -> list[Operation]:
    """An operation of which nobody heard: a look says nothing then."""
    if operation.is_a_look:
        return []
    return [replace(operation, ended_us=None, outcome=Outcome.UNKNOWN, reason="", told={})]


def _is_broken(part: Sequence[Operation], step: Step) -> bool:
    return isinstance(search(part, step, State(), BUDGET), Broken)
