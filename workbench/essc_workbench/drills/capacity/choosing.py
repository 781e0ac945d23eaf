"""Which of the drills given are of use: whoever gives all there are has some that are not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from essc_workbench.drills.capacity.stretches import unfit
from essc_workbench.drills.results import Result, Words
from essc_workbench.failures import UsageError

Named = tuple[str, Result]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A drill that is not used, and why."""

    name: str
    why: Words


def chosen(given: Sequence[Named]) -> tuple[list[Named], list[LeftOut]]:
    """Those that tell about costs and were sent the way that most were, and the others.

    Where as many were sent one way as the other, all are kept: nobody can say which are meant.
    Raises UsageError if none is left.
    """
    kept: list[Named] = []
    left_out: list[LeftOut] = []
    for name, result in given:
        why = unfit(result)
        if why is None:
            kept.append((name, result))
        else:
            left_out.append(LeftOut(name, why))
    ways = Counter(_way(result) for _, result in kept).most_common()
    if len(ways) > 1 and ways[0][1] > ways[1][1]:
        most = ways[0][0]
        other = Words(
            en=f"it was sent another way than most ({most}): its journeys make other calls",
            zh=f"发送方式与多数演练（{most}）不同，其办事的调用也不同",
        )
        left_out += [LeftOut(name, other) for name, result in kept if _way(result) != most]
        kept = [(name, result) for name, result in kept if _way(result) == most]
    if not kept:
        reasons = "\n".join(f"{each.name}: {each.why.en}" for each in left_out)
        raise UsageError(f"none of these drills tells about costs\n{reasons}")
    return kept, left_out


def _way(result: Result) -> str:
    return str(result.plan.get("via", "platform"))
