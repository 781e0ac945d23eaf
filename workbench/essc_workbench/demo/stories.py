"""The stories that can be told, by name; each plays on one stage, after the others or alone."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from essc_workbench.demo import channels, family, hospital, replacement
from essc_workbench.demo.stage import Stage
from essc_workbench.failures import UsageError


class StoryName(StrEnum):
    """What `essc demo --story` takes."""

    CHANNELS = "channels"
    FAMILY = "family"
    HOSPITAL = "hospital"
    REPLACEMENT = "replacement"
    ALL = "all"


STORIES: dict[StoryName, Callable[[Stage], Awaitable[None]]] = {
    StoryName.CHANNELS: channels.play,
    StoryName.FAMILY: family.play,
    StoryName.HOSPITAL: hospital.play,
    StoryName.REPLACEMENT: replacement.play,
}

CAST = ("wechat", "alipay", "bank-east", "nantong", "jiangsu", "portal")
"""The channels in which they play."""


def named(text: str) -> StoryName:
    """A story by its name. Raises UsageError for one that nobody knows."""
    try:
        return StoryName(text)
    except ValueError:
        known = ", ".join(StoryName)
        raise UsageError(f"{text}: no such story; there are: {known}") from None


async def play(stage: Stage, name: StoryName) -> None:
    """Tells one story, or all of them. Raises Deviation at the first line that is not so."""
    for each, tell in STORIES.items():
        if name in (each, StoryName.ALL):
            await tell(stage)
