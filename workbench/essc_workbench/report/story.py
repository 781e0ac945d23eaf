"""The story of a run: each step, when it was played, and how it went."""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_workbench.history.items import Happened
from essc_workbench.history.reading import History
from essc_workbench.report.timeline import seconds, span
from essc_workbench.report.verdicts import Expectation, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One step as the page tells it."""

    number: int
    text: str
    state: str
    """`good`, `broken` or `not-played`."""
    begin: str
    took: str
    expectations: tuple[Expectation, ...]


def story(history: History, verdict: Verdict) -> tuple[StoryStep, ...]:
    """The steps in their order."""
    begun = {item.step: item for item in reversed(history.happened("step-began"))}
    ended = {item.step: item for item in history.happened("step-ended")}
    return tuple(
        _step(number, text, begun.get(number), ended.get(number), verdict.expectations)
        for number, text in enumerate(verdict.steps, start=1)
    )


def _step(
    number: int,
    text: str,
    begun: Happened | None,
    ended: Happened | None,
    expectations: Sequence[Expectation],
) -> StoryStep:
    own = tuple(each for each in expectations if each.step == number)
    state = "good"
    if begun is None:
        state = "not-played"
    elif ended is None or any(not each.is_met for each in own):
        state = "broken"
    return StoryStep(
        number=number,
        text=text,
        state=state,
        begin=seconds(begun.at_us) if begun else "",
        took=span(ended.at_us - begun.at_us) if begun and ended else "",
        expectations=own,
    )
