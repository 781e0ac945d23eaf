"""What a picture shows when there is more than a reader can take in."""

from essc_workbench.history.items import Outcome
from essc_workbench.history.reading import Call, History

ARROWS_MAX = 400
_READS = ("Get", "List", "Find", "Watch", "Check", "Judge")


def played(history: History) -> History:
    """A history from its first step on: what set the stage is no part of the story."""
    first = next(iter(history.happened("step-began")), None)
    if first is None:
        return history
    return History(item for item in history.items if item.at_us >= first.at_us)


def chosen_calls(history: History, guilty: frozenset[int]) -> tuple[Call, ...]:
    """The most telling calls, at most ARROWS_MAX, in their order.

    Those of a violation first; then what people and parties did, and what went wrong; then what a
    channel did because of it; reads last. Streams that only stay open are never drawn.
    """
    calls = [call for call in history.calls if call.method != "WatchEvents"]
    ranked = sorted(calls, key=lambda call: (_rank(call, guilty), call.number))
    return tuple(sorted(ranked[:ARROWS_MAX], key=lambda call: call.number))


def _rank(call: Call, guilty: frozenset[int]) -> int:
    if call.number in guilty:
        return 0
    if call.outcome is not Outcome.OK:
        return 1
    is_read = call.method.startswith(_READS)
    if not is_read:
        return 2 if not call.invoked.cause else 3
    return 4 if not call.invoked.cause else 5
