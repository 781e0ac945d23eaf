"""Links of channels that exited."""

from typing import TypeAlias

from essc_platform.core import exits
from essc_platform.core.decisions import Decision
from essc_platform.core.exits import EndExitedLink
from essc_platform.core.policy import Policy
from essc_platform.core.records import Channel, Link
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = EndExitedLink


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    own = (*command.citizen, command.channel)
    return frozenset({one(Channel, command.channel), one(Link, own)})


def decide(command: Command, view: View, _policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    own = (*command.citizen, command.channel)
    return exits.end_exited_link(command, view.one(Channel, command.channel), view.one(Link, own))
