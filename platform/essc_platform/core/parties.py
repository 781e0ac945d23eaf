"""Parties and their keys, and the life of a channel as a table (R15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Channel,
    ChannelState,
    Event,
    EventKind,
    Instant,
    Party,
    PartyKey,
    PartyKind,
    VerifierClass,
)


class ChannelVerb(Enum):
    """What can be done to a channel."""

    PASS_FUNCTION_TEST = "pass the function test"  # noqa: S105 - a verb, not a password
    PASS_SECURITY_TEST = "pass the security test"  # noqa: S105 - a verb, not a password
    GO_LIVE = "go live"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXIT = "exit"


_S, _V = ChannelState, ChannelVerb

# What is absent is refused.
LIFECYCLE: dict[tuple[ChannelState, ChannelVerb], ChannelState] = {
    (_S.APPLIED, _V.PASS_FUNCTION_TEST): _S.FUNCTION_TESTED,
    (_S.FUNCTION_TESTED, _V.PASS_SECURITY_TEST): _S.SECURITY_TESTED,
    (_S.SECURITY_TESTED, _V.GO_LIVE): _S.LIVE,
    (_S.LIVE, _V.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, _V.RESUME): _S.LIVE,
    (_S.APPLIED, _V.EXIT): _S.EXITED,
    (_S.FUNCTION_TESTED, _V.EXIT): _S.EXITED,
    (_S.SECURITY_TESTED, _V.EXIT): _S.EXITED,
    (_S.LIVE, _V.EXIT): _S.EXITED,
    (_S.SUSPENDED, _V.EXIT): _S.EXITED,
}

SECOND_TIER = 2

_EVENTS = {_V.SUSPEND: EventKind.CHANNEL_SUSPENDED, _V.RESUME: EventKind.CHANNEL_RESUMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterParty:
    """An operator registers a party that is no channel."""

    at: Instant
    party_id: str
    kind: PartyKind
    display_name: str
    regions: tuple[str, ...]
    verifier_class: VerifierClass | None = None
    service_ids: tuple[str, ...] = ()
    verifier_ids: tuple[str, ...] = ()
    key_id: str
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChannel:
    """An operator registers a channel."""

    at: Instant
    channel_id: str
    display_name: str
    channel_class: int
    vouch_kinds: tuple[int, ...]
    receives_new_cards: bool
    key_id: str
    public_key: bytes
    tier: int = 1
    parent: str = ""
    """For tier 2: the tier-1 channel above it."""
    bank_id: str = ""
    shows_all_channels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeChannel:
    """An operator leads a channel along its life."""

    at: Instant
    channel_id: str
    verb: ChannelVerb
    above: str
    """For tier 2: the tier-1 channel above it. Empty for tier 1."""
    below: tuple[str, ...]
    """The channels of tier 2 under it, whatever their state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPartyKey:
    """An operator adds a key to a party."""

    at: Instant
    party_id: str
    key_id: str
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePartyKey:
    """An operator removes a key from a party."""

    at: Instant
    party_id: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyAnswer:
    """A party as it is now; `channel` is set for a channel."""

    party: Party
    channel: Channel | None
    key_ids: tuple[str, ...]


def register_party(command: RegisterParty, party: Party | None) -> Decision:
    """R15: a party's id is its own for good."""
    if party is not None:
        return Rejected(Reason.PARTY_EXISTS)
    registered = Party(
        key=command.party_id,
        kind=command.kind,
        display_name=command.display_name,
        regions=command.regions,
        register_time=command.at,
        verifier_class=command.verifier_class,
        service_ids=command.service_ids,
        verifier_ids=command.verifier_ids,
    )
    key = PartyKey(party=command.party_id, key_id=command.key_id, public_key=command.public_key)
    answer = PartyAnswer(party=registered, channel=None, key_ids=(command.key_id,))
    return Accepted(answer=answer, changes=(registered, key))


def register_channel(
    command: RegisterChannel, party: Party | None, parent: Channel | None
) -> Decision:
    """R15: a channel begins as applied; one of tier 2 may do no more than its parent."""
    if party is not None:
        return Rejected(Reason.PARTY_EXISTS)
    forbidden = _forbidden_by(command, parent) if command.tier == SECOND_TIER else ""
    if forbidden:
        return Rejected(Reason.CHANNEL_PARENT_FORBIDS, (("forbidden", forbidden),))
    registered = Party(
        key=command.channel_id,
        kind=PartyKind.CHANNEL,
        display_name=command.display_name,
        regions=(),
        register_time=command.at,
    )
    channel = Channel(
        key=command.channel_id,
        channel_class=command.channel_class,
        state=ChannelState.APPLIED,
        vouch_kinds=command.vouch_kinds,
        receives_new_cards=command.receives_new_cards,
        state_time=command.at,
        tier=command.tier,
        parent=command.parent,
        bank_id=command.bank_id,
        shows_all_channels=command.shows_all_channels,
    )
    key = PartyKey(party=command.channel_id, key_id=command.key_id, public_key=command.public_key)
    answer = PartyAnswer(party=registered, channel=channel, key_ids=(command.key_id,))
    return Accepted(answer=answer, changes=(registered, channel, key))


def _forbidden_by(command: RegisterChannel, parent: Channel | None) -> str:
    """What of a registration the parent does not allow, by its field; empty if it allows all.

    None of it can change later: what a channel may do is fixed when it is registered.
    """
    if parent is None or parent.tier == SECOND_TIER or parent.state is ChannelState.EXITED:
        return "parent_channel_id"
    if not set(command.vouch_kinds) <= set(parent.vouch_kinds):
        return "vouch_kinds"
    if command.receives_new_cards and not parent.receives_new_cards:
        return "receives_new_cards"
    if command.shows_all_channels and not parent.shows_all_channels:
        return "shows_all_channels"
    return ""


def standing(channel: Channel, parent: Channel | None) -> ChannelState:
    """R15: the state by which calls are judged: no better than the parent's."""
    if parent is None or parent.state is ChannelState.LIVE:
        return channel.state
    if channel.state is ChannelState.LIVE:
        return parent.state
    if channel.state is ChannelState.SUSPENDED and parent.state is not ChannelState.SUSPENDED:
        return parent.state
    return channel.state


def change_channel(
    command: ChangeChannel,
    party: Party | None,
    channel: Channel | None,
    keys: Sequence[PartyKey],
    parent: Channel | None,
    below: Sequence[Channel],
) -> Decision:
    """R15: one step along the life of a channel.

    Suspension and resumption are told to whoever's calls are admitted no more, or again: to it, and
    to the channels below it. One whose calls are refused for another reason all the same is told
    nothing.
    """
    if party is None or channel is None:
        return Rejected(Reason.PARTY_NOT_FOUND)
    state = LIFECYCLE.get((channel.state, command.verb))
    if state is None:
        return Rejected(Reason.CHANNEL_STATE_FORBIDS, (("state", channel.state.name),))
    changed = replace(channel, state=state, state_time=command.at)
    kind = _EVENTS.get(command.verb)
    before = {channel.key: standing(channel, parent)}
    before |= {each.key: standing(each, channel) for each in below}
    after = {channel.key: standing(changed, parent)}
    after |= {each.key: standing(each, changed) for each in below}
    told = [each for each in before if _is_live(before[each]) != _is_live(after[each])]
    events = () if kind is None else tuple(_told(each, kind, command.at) for each in told)
    answer = PartyAnswer(party=party, channel=changed, key_ids=_ids(keys))
    return Accepted(answer=answer, changes=(changed,), events=events)


def _is_live(state: ChannelState) -> bool:
    return state is ChannelState.LIVE


def _told(channel: str, kind: EventKind, at: Instant) -> Event:
    return Event(channel=channel, kind=kind, at=at)


def add_party_key(
    command: AddPartyKey, party: Party | None, channel: Channel | None, keys: Sequence[PartyKey]
) -> Decision:
    """R15: a further key; the old ones stay good. A removed key never comes back."""
    if party is None:
        return Rejected(Reason.PARTY_NOT_FOUND)
    if any(k.key_id == command.key_id or k.public_key == command.public_key for k in keys):
        return Rejected(Reason.PARTY_KEY_EXISTS)
    key = PartyKey(party=command.party_id, key_id=command.key_id, public_key=command.public_key)
    answer = PartyAnswer(party=party, channel=channel, key_ids=_ids((*keys, key)))
    return Accepted(answer=answer, changes=(key,))


def remove_party_key(
    command: RemovePartyKey, party: Party | None, channel: Channel | None, keys: Sequence[PartyKey]
) -> Decision:
    """R15: a key that is no good from the next call on; never the last one."""
    if party is None:
        return Rejected(Reason.PARTY_NOT_FOUND)
    good = [k for k in keys if not k.is_removed]
    found = next((k for k in good if k.key_id == command.key_id), None)
    if found is None:
        return Rejected(Reason.PARTY_KEY_NOT_FOUND)
    if len(good) == 1:
        return Rejected(Reason.PARTY_KEY_LAST)
    removed = replace(found, is_removed=True)
    left = tuple(k for k in good if k is not found)
    answer = PartyAnswer(party=party, channel=channel, key_ids=_ids(left))
    return Accepted(answer=answer, changes=(removed,))


def _ids(keys: Sequence[PartyKey]) -> tuple[str, ...]:
    return tuple(sorted(k.key_id for k in keys if not k.is_removed))
