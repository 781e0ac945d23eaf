"""What a journey is to the generator."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from essc_workbench.drills.outcomes import Played


class Journey(Protocol):
    """One kind of journey, ready to be played by many at once."""

    async def play(self, place: int, channel: str, number: int, deadline_s: float) -> Played:
        """Plays it as the resident at `place` of the population in a channel.

        `number` is the intent's own number in the drill, from 0: request ids follow from it.
        `deadline_s` is on `time.monotonic()`: no call goes on beyond it. Raises nothing.
        """
        ...


class Company(Protocol):
    """All that a generator process needs to play."""

    def opened(self) -> AbstractAsyncContextManager[Mapping[str, Journey]]:
        """The journeys of the plan by name, with their connections; closed at the end."""
        ...

    async def disconnect(self, channel: str) -> None:
        """Drops a channel's connections with the calls on them, and opens them anew."""
        ...
