"""The parties: registered, their keys, a channel's life."""

from typing import TypeAlias

from essc_platform.core import parties
from essc_platform.core.decisions import Decision
from essc_platform.core.parties import (
    AddPartyKey,
    ChangeChannel,
    RegisterChannel,
    RegisterParty,
    RemovePartyKey,
)
from essc_platform.core.policy import Policy
from essc_platform.core.records import Channel, Party, PartyKey
from essc_platform.core.snapshot import Read, View, many, one

Command: TypeAlias = RegisterParty | RegisterChannel | ChangeChannel | AddPartyKey | RemovePartyKey


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case RegisterParty():
            return frozenset({one(Party, command.party_id)})
        case RegisterChannel():
            return frozenset({one(Party, command.channel_id), one(Channel, command.parent)})
        case AddPartyKey() | RemovePartyKey():
            return _party_of(command.party_id)
        case ChangeChannel():
            around = {one(Channel, each) for each in (command.above, *command.below)}
            return _party_of(command.channel_id) | around


def decide(command: Command, view: View, _policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case RegisterParty():
            return parties.register_party(command, view.one(Party, command.party_id))
        case RegisterChannel():
            return parties.register_channel(
                command,
                view.one(Party, command.channel_id),
                view.one(Channel, command.parent),
            )
        case ChangeChannel():
            found = (view.one(Channel, each) for each in command.below)
            below = [each for each in found if each is not None]
            return parties.change_channel(
                command,
                *_party(view, command.channel_id),
                view.one(Channel, command.above),
                below,
            )
        case AddPartyKey():
            return parties.add_party_key(command, *_party(view, command.party_id))
        case RemovePartyKey():
            return parties.remove_party_key(command, *_party(view, command.party_id))


def _party_of(party_id: str) -> frozenset[Read]:
    return frozenset({one(Party, party_id), one(Channel, party_id), many(PartyKey, (party_id,))})


def _party(view: View, party_id: str) -> tuple[Party | None, Channel | None, tuple[PartyKey, ...]]:
    return (
        view.one(Party, party_id),
        view.one(Channel, party_id),
        view.many(PartyKey, (party_id,)),
    )
