"""The registered parties, in memory: who may call, with which key.

Every call asks it, so it is not read from the store each time. It holds what the last commit made
true: the batch's changes are applied before their callers are answered, so a suspension or a
removed key takes effect on the next call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from essc_platform.core.parties import standing
from essc_platform.core.records import (
    Change,
    Channel,
    ChannelState,
    Party,
    PartyKey,
    PartyKind,
    VerifierClass,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A registered party behind a call."""

    party_id: str
    display_name: str
    kind: PartyKind
    regions: frozenset[str]
    channel: Channel | None
    verifier_class: VerifierClass | None = None
    service_ids: frozenset[str] = frozenset()
    """The services whose tickets a provider may redeem."""
    verifier_ids: frozenset[str] = frozenset()
    """The verifiers that scan for a provider."""
    standing: ChannelState | None = None
    """Of a channel: the state by which its calls are judged, its parent's counted in."""
    key_id: str = ""
    """The key that proved it; of no call yet where it is empty."""


class Directory:
    """Parties, channels and keys by id."""

    def __init__(
        self, parties: Iterable[Party], channels: Iterable[Channel], keys: Iterable[PartyKey]
    ) -> None:
        self._parties: dict[str, Party] = {}
        self._channels: dict[str, Channel] = {}
        self._keys: dict[str, dict[str, PartyKey]] = {}
        """By party and key id."""
        self._callers: dict[str, Caller] = {}
        self._proven: dict[tuple[str, str], Caller] = {}
        self.apply([*parties, *channels, *keys])

    def apply(self, changes: Iterable[Change]) -> frozenset[str]:
        """Takes over what was committed. Answers the channels that may stand otherwise now."""
        noted: set[str] = set()
        for change in changes:
            match change:
                case Party():
                    self._parties[change.key] = change
                    self._note_caller(change.key)
                case Channel():
                    self._channels[change.key] = change
                    noted |= self._note_channel(change.key)
                case PartyKey():
                    self._keys.setdefault(change.party, {})[change.key_id] = change
                    self._note_caller(change.party)
                case _:
                    pass
        return frozenset(noted)

    def has(self, change: Party | Channel | PartyKey) -> bool:
        """Whether it is known as it is."""
        match change:
            case Party():
                return self._parties.get(change.key) == change
            case Channel():
                return self._channels.get(change.key) == change
            case PartyKey():
                return self._keys.get(change.party, {}).get(change.key_id) == change

    def caller(self, party_id: str) -> Caller | None:
        """The party of this id."""
        return self._callers.get(party_id)

    def channel(self, channel_id: str) -> tuple[Party, Channel] | None:
        """A party that is a channel."""
        party, channel = self._parties.get(channel_id), self._channels.get(channel_id)
        return None if party is None or channel is None else (party, channel)

    def proven(self, party_id: str, key_id: str) -> Caller | None:
        """The party of this id, proved by its key of that id; None if it has no such key now."""
        return self._proven.get((party_id, key_id))

    def public_key(self, party_id: str, key_id: str) -> bytes | None:
        """A party's key that has not been removed."""
        key = self._keys.get(party_id, {}).get(key_id)
        return None if key is None or key.is_removed else key.public_key

    def key_ids(self, party_id: str) -> tuple[str, ...]:
        """The ids of a party's keys that have not been removed, sorted."""
        return tuple(
            sorted(
                key.key_id for key in self._keys.get(party_id, {}).values() if not key.is_removed
            )
        )

    def parties(self, *, channels: bool) -> Sequence[tuple[Party, Channel | None]]:
        """All channels, or all that are none, by id."""
        return [
            (party, self._channels.get(party_id))
            for party_id, party in sorted(self._parties.items())
            if (party.kind is PartyKind.CHANNEL) == channels
        ]

    def receivers(self) -> tuple[str, ...]:
        """R5: the live channels that receive new cards."""
        return tuple(
            sorted(
                channel.key
                for channel in self._channels.values()
                if channel.receives_new_cards and self._standing(channel) is ChannelState.LIVE
            )
        )

    def watching(self) -> tuple[str, ...]:
        """The channels that may watch their feed: live ones, and suspended ones."""
        open_states = (ChannelState.LIVE, ChannelState.SUSPENDED)
        return tuple(
            sorted(
                channel.key
                for channel in self._channels.values()
                if self._standing(channel) in open_states
            )
        )

    def above(self, channel_id: str) -> str:
        """The tier-1 channel above this one; empty where there is none."""
        channel = self._channels.get(channel_id)
        return "" if channel is None else channel.parent

    def below(self, channel_id: str) -> tuple[str, ...]:
        """The channels of tier 2 under this one, whatever their state."""
        return tuple(sorted(c.key for c in self._channels.values() if c.parent == channel_id))

    def _standing(self, channel: Channel) -> ChannelState:
        return standing(channel, self._channels.get(channel.parent))

    def _note_channel(self, channel_id: str) -> set[str]:
        """Notes a channel, and those that are below it."""
        noted = {channel_id, *self.below(channel_id)}
        for each in noted:
            self._note_caller(each)
        return noted

    def _note_caller(self, party_id: str) -> None:
        """Puts together what every call of this party asks for."""
        party, channel = self._parties.get(party_id), self._channels.get(party_id)
        if party is None:
            return
        caller = Caller(
            party_id,
            party.display_name,
            party.kind,
            frozenset(party.regions),
            channel,
            party.verifier_class,
            frozenset(party.service_ids),
            frozenset(party.verifier_ids),
            None if channel is None else self._standing(channel),
        )
        self._callers[party_id] = caller
        for key in self._keys.get(party_id, {}).values():
            self._proven.pop(key.key, None)
            if not key.is_removed:
                self._proven[key.key] = replace(caller, key_id=key.key_id)
