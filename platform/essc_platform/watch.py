"""Who watches the feed, and how they learn that something was committed.

A stream sleeps until its channel has new events or a heartbeat is due, then reads the store behind
its own position. Nothing is pushed through memory, so nothing can be lost there.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

STREAMS_MAX = 2


class End(Enum):
    """Why a stream ends before its watcher does."""

    REPLACED = "a newer stream took its place"
    DRAINING = "the process stops"


class Stream:
    """One running watch."""

    def __init__(self) -> None:
        self._signal = asyncio.Event()
        self.end: End | None = None

    def wake(self, end: End | None = None) -> None:
        """Lets the stream look again, or end."""
        self.end = self.end or end
        self._signal.set()

    @property
    def is_ending(self) -> bool:
        """Whether there is nothing more to read for it."""
        return self.end is not None

    async def wait(self, seconds: float) -> bool:
        """Waits for news; False if none came in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        except TimeoutError:
            return False
        self._signal.clear()
        return True


class Watchers:
    """All running streams by channel, and the head of the feed."""

    def __init__(self, head: int) -> None:
        self.head = head
        """The place of the last committed event: there is nothing behind it yet.

        Only a place that the store holds may be shown: one that a restart forgets would be given
        again, and whoever had seen it would miss what is there then.
        """
        self.told = 0
        """How many events were sent on all streams."""
        self._streams: dict[str, list[Stream]] = {}
        self._is_draining = False

    def committed(self, channels: frozenset[str], head: int) -> None:
        """Notes a commit and wakes whoever watches these channels."""
        self.head = max(self.head, head)
        for channel in channels:
            for stream in self._streams.get(channel, ()):
                stream.wake()

    def channels(self) -> Sequence[str]:
        """The channels that somebody watches."""
        return [channel for channel, streams in self._streams.items() if streams]

    @property
    def streams(self) -> int:
        """How many streams run."""
        return sum(map(len, self._streams.values()))

    def drain(self) -> None:
        """Ends all streams, and those that still come."""
        self._is_draining = True
        for streams in self._streams.values():
            for stream in streams:
                stream.wake(End.DRAINING)

    @contextmanager
    def watching(self, channel: str) -> Iterator[Stream]:
        """A stream of a channel; the oldest of too many ends."""
        streams = self._streams.setdefault(channel, [])
        if len(streams) >= STREAMS_MAX:
            streams.pop(0).wake(End.REPLACED)
        stream = Stream()
        if self._is_draining:
            stream.wake(End.DRAINING)
        streams.append(stream)
        try:
            yield stream
        finally:
            if stream in streams:
                streams.remove(stream)
