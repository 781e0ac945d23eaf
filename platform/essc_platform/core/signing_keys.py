"""The platform's signing keys (R8): announced, active, retired, compromised.

A key has no state of its own: it follows from the times of all keys. Of those that are not
compromised, the one whose time to sign came last signs; the others before it are retired.

    announced --its sign time comes--> active --the next one's comes--> retired
    each of them --CompromiseKey--> compromised
"""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_platform.core.cards import Person
from essc_platform.core.citizens import masked_name
from essc_platform.core.decisions import Accepted, Decision, LicenceFacts, Rejected
from essc_platform.core.holdings import LinkAnswer
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Entry,
    EntryKind,
    Event,
    EventKind,
    Instant,
    Link,
    SigningKey,
    SigningKeyState,
)
from essc_platform.core.times import SECOND

CARD_KEYS = ("card",)
"""Under what all keys lie that sign cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """An operator announces a new key, which has been made already."""

    at: Instant
    new_key_id: str
    new_public_key: bytes
    told: tuple[str, ...]
    """The channels that learn of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompromiseKey:
    """An operator declares a key compromised. The new key is there in case that none would sign."""

    at: Instant
    key_id: str
    new_key_id: str
    new_public_key: bytes
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAnew:
    """The platform itself signs a card anew: its signature is not valid any more, or is gone."""

    at: Instant
    channel: str
    citizen: CitizenKey
    licence_number: int
    """The card's number in this channel: what it was, or a new one where the card was renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A key with what follows from the times of all."""

    key: SigningKey
    state: SigningKeyState
    retire_time: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysAnswer:
    """The key that a command was about, and the one that signs."""

    key: KeyView
    signing_key: KeyView


def signing_key(keys: Sequence[SigningKey], at: Instant) -> SigningKey:
    """R8: the key that signs at a moment; there always is one.

    A command may have taken its time just before a compromise that was committed before it: then it
    is no earlier than that, or nothing but a retired key might be left for it.
    """
    known = max((key.compromise_time or 0 for key in keys), default=0)
    now = max(at, known)
    good = [key for key in keys if key.compromise_time is None and key.sign_time <= now]
    return max(good, key=lambda key: (key.sign_time, key.key_id))


def announced_key(keys: Sequence[SigningKey], at: Instant) -> SigningKey | None:
    """The key that waits for its time to sign."""
    return next((k for k in keys if k.compromise_time is None and at < k.sign_time), None)


def view(key: SigningKey, keys: Sequence[SigningKey], at: Instant) -> KeyView:
    """R8: a key's state at a moment, and when another one took its place."""
    retire_time = min(
        (
            other.sign_time
            for other in keys
            if key.sign_time < other.sign_time <= at and _has_signed(other, at)
        ),
        default=None,
    )
    if not _has_signed(key, at):
        retire_time = None
    if key.compromise_time is not None:
        state = SigningKeyState.COMPROMISED
    elif at < key.sign_time:
        state = SigningKeyState.ANNOUNCED
    elif retire_time is None:
        state = SigningKeyState.ACTIVE
    else:
        state = SigningKeyState.RETIRED
    return KeyView(key=key, state=state, retire_time=retire_time)


def rotate_key(command: RotateKey, keys: Sequence[SigningKey], policy: Policy) -> Decision:
    """R8: a new key is published at once and signs after the overlap."""
    if announced_key(keys, command.at) is not None:
        return Rejected(Reason.SIGNING_KEY_STATE_FORBIDS)
    new = SigningKey(
        key_id=command.new_key_id,
        public_key=command.new_public_key,
        create_time=command.at,
        sign_time=command.at + policy.key_overlap_seconds * SECOND,
    )
    return _accepted(command, new, (*keys, new), (new,))


def compromise_key(command: CompromiseKey, keys: Sequence[SigningKey]) -> Decision:
    """R8: what the key signed is not valid any more; another key signs at once if it has to."""
    found = next((key for key in keys if key.key_id == command.key_id), None)
    if found is None:
        return Rejected(Reason.SIGNING_KEY_NOT_FOUND)
    if found.compromise_time is not None:
        return Rejected(Reason.SIGNING_KEY_STATE_FORBIDS)
    compromised = replace(found, compromise_time=command.at)
    changes = (compromised, *_successor(command, found, keys))
    return _accepted(command, compromised, _after(keys, changes), changes)


def sign_anew(
    command: SignAnew,
    holder: Person,
    link: Link | None,
    keys: Sequence[SigningKey],
) -> Decision:
    """R8: the same card in the same channel, signed by a good key; once, whoever asks how often."""
    if link is None or not link.is_active:
        return Accepted(answer=None)
    if link.licence is not None and not _is_compromised(link.licence.key_id, keys):
        return Accepted(answer=None)
    citizen, card, physical_card = holder.citizen, holder.card, holder.physical_card
    assert citizen is not None, "a link exists for a citizen on record"
    assert card is not None, "a link exists for an issued card"
    assert physical_card is not None
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.CARD_SIGNED_ANEW,
        at=command.at,
        channel=command.channel,
    )
    return Accepted(
        answer=LinkAnswer(link=link),
        changes=(link,),
        # R93: that the card was issued anew stands in the record already.
        entries=() if link.licence is None else (entry,),
        to_sign=LicenceFacts(
            citizen=command.citizen,
            number=command.licence_number,
            masked_name=masked_name(citizen.name),
            region=physical_card.region,
            issue_time=card.issue_time,
            expire_time=card.expire_time,
        ),
    )


def signed_by(keys: Sequence[SigningKey], at: Instant, decision: Decision) -> Decision:
    """The decision with the key named that signs what it has to sign."""
    if isinstance(decision, Rejected) or decision.to_sign is None:
        return decision
    facts = replace(decision.to_sign, key_id=signing_key(keys, at).key_id)
    return replace(decision, to_sign=facts)


def _is_compromised(key_id: str, keys: Sequence[SigningKey]) -> bool:
    return any(key.key_id == key_id and key.compromise_time is not None for key in keys)


def _has_signed(key: SigningKey, at: Instant) -> bool:
    """Whether its time to sign ever came: not if it was compromised before."""
    return key.sign_time <= at and (
        key.compromise_time is None or key.sign_time < key.compromise_time
    )


def _successor(
    command: CompromiseKey, found: SigningKey, keys: Sequence[SigningKey]
) -> tuple[SigningKey, ...]:
    """Who signs from now on, if it was this key: the announced one, or a new one."""
    if found != signing_key(keys, command.at):
        return ()
    announced = announced_key([key for key in keys if key != found], command.at)
    if announced is not None:
        return (replace(announced, sign_time=command.at),)
    return (
        SigningKey(
            key_id=command.new_key_id,
            public_key=command.new_public_key,
            create_time=command.at,
            sign_time=command.at,
        ),
    )


def _after(keys: Sequence[SigningKey], changes: Sequence[SigningKey]) -> tuple[SigningKey, ...]:
    return tuple(({key.key_id: key for key in (*keys, *changes)}).values())


def _accepted(
    command: RotateKey | CompromiseKey,
    key: SigningKey,
    keys: Sequence[SigningKey],
    changes: tuple[SigningKey, ...],
) -> Accepted:
    at = command.at
    return Accepted(
        answer=KeysAnswer(
            key=view(key, keys, at), signing_key=view(signing_key(keys, at), keys, at)
        ),
        changes=changes,
        events=tuple(
            Event(channel=channel, kind=EventKind.KEYS_CHANGED, at=at) for channel in command.told
        ),
    )
