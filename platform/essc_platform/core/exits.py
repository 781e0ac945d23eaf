"""The end of a channel's links once it has left the federation (R15).

The channel's exit is one command; its links end after it, one command each, in the background. What
is left to do is always what the store says, so a restart goes on where it was.
"""

from dataclasses import dataclass

from essc_platform.core.decisions import Accepted, Decision
from essc_platform.core.holdings import unlinked
from essc_platform.core.records import (
    Channel,
    ChannelState,
    CitizenKey,
    Entry,
    EntryKind,
    Instant,
    Link,
    LinkState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndExitedLink:
    """The platform itself ends a link of a channel that exited."""

    at: Instant
    channel: str
    citizen: CitizenKey


def end_exited_link(command: EndExitedLink, channel: Channel | None, link: Link | None) -> Decision:
    """R15: ends one link, whatever its state, and touches no other channel's."""
    if channel is None or channel.state is not ChannelState.EXITED:
        return Accepted(answer=None)
    if link is None or link.state is LinkState.UNLINKED:
        return Accepted(answer=None)
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.LINK_EXITED,
        at=command.at,
        channel=command.channel,
    )
    # Nobody is told: the channel's calls are refused, its feed too.
    return Accepted(answer=None, changes=(unlinked(link, command.at),), entries=(entry,))
