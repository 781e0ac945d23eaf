"""The card password: one for all channels, its count of wrong tries and its lock national."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from essc_platform.core import proofs
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CardView,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    Event,
    EventKind,
    Instant,
    Link,
    LinkState,
    Method,
    Password,
    Proof,
    Purpose,
)
from essc_platform.core.times import HOUR

LENGTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """The holder sets the first password."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    proof: tuple[int, int, int]
    digits: str = field(repr=False)
    hash: str | None = field(repr=False)
    """None as long as it is not worth the time: the rule then refuses in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """The holder changes the password, having entered the old one."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    proof: tuple[int, int, int]
    digits: str = field(repr=False)
    hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """The holder resets the password, by text message and face."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    text_proof: tuple[int, int, int]
    face_proof: tuple[int, int, int]
    digits: str = field(repr=False)
    hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAnswer:
    """When the password was set, changed or reset."""

    change_time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What the rules of this module see of the holder."""

    citizen: Citizen | None
    links: Sequence[Link]
    password: Password | None
    card: CardView | None


def set_password(command: SetPassword, holder: Holder, proof: Proof | None) -> Decision:
    """R24: the first password, by face or text message."""
    refusal = _link_refusal(command.channel, command.link_number, holder)
    refusal = refusal or proofs.refusal(
        command, proof, Purpose.SET_PASSWORD, {Method.FACE, Method.TEXT_MESSAGE}
    )
    if refusal is not None:
        return refusal
    assert proof is not None
    if holder.password is not None:
        return Rejected(Reason.PASSWORD_SET_ALREADY)
    return _renewed(command, holder, (proof,), EntryKind.PASSWORD_SET)


def change_password(command: ChangePassword, holder: Holder, proof: Proof | None) -> Decision:
    """R24: a new password for the old one. A lock that fell in between refuses it."""
    refusal = _link_refusal(command.channel, command.link_number, holder)
    refusal = refusal or proofs.refusal(
        command, proof, Purpose.CHANGE_PASSWORD, {Method.CARD_PASSWORD}
    )
    refusal = refusal or use_refusal(holder.password, command.at)
    if refusal is not None:
        return refusal
    assert proof is not None
    assert holder.password is not None
    if proof.password_version != holder.password.version:
        # The password was reset since: whoever knew the old one must not change it back.
        return Rejected(Reason.PROOF_EXPIRED)
    return _renewed(command, holder, (proof,), EntryKind.PASSWORD_CHANGED)


def reset_password(
    command: ResetPassword, holder: Holder, text_proof: Proof | None, face_proof: Proof | None
) -> Decision:
    """R24, R25: a new password for a forgotten one; frees the lock."""
    refusal = _link_refusal(command.channel, command.link_number, holder)
    refusal = refusal or proofs.refusal(
        command, text_proof, Purpose.RESET_PASSWORD, {Method.TEXT_MESSAGE}
    )
    refusal = refusal or proofs.refusal(command, face_proof, Purpose.RESET_PASSWORD, {Method.FACE})
    if refusal is not None:
        return refusal
    assert text_proof is not None
    assert face_proof is not None
    if holder.password is None:
        return Rejected(Reason.PASSWORD_NOT_SET)
    return _renewed(command, holder, (text_proof, face_proof), EntryKind.PASSWORD_RESET)


def use_refusal(password: Password | None, at: Instant) -> Rejected | None:
    """Why the password cannot be used now; None if it can."""
    if password is None:
        return Rejected(Reason.PASSWORD_NOT_SET)
    if password.unlock_time is not None and at < password.unlock_time:
        return Rejected(Reason.PASSWORD_LOCKED, (("unlock_time_us", str(password.unlock_time)),))
    return None


def after_right(password: Password) -> Password:
    """R25: a right password starts the count again."""
    return replace(password, wrong_tries=0, unlock_time=None)


def after_wrong(password: Password, channel: str, at: Instant, policy: Policy) -> Rejected:
    """R25: a wrong password is counted over all channels; the last one locks."""
    wrong_tries = password.wrong_tries + 1
    if wrong_tries < policy.password_tries:
        counted = replace(password, wrong_tries=wrong_tries, unlock_time=None)
        tries_left = policy.password_tries - wrong_tries
        return Rejected(
            Reason.PASSWORD_WRONG, (("tries_left", str(tries_left)),), changes=(counted,)
        )
    unlock_time = at + policy.password_lock_hours * HOUR
    locked = replace(password, wrong_tries=0, unlock_time=unlock_time)
    entry = Entry(citizen=password.key, kind=EntryKind.PASSWORD_LOCKED, at=at, channel=channel)
    return Rejected(
        Reason.PASSWORD_LOCKED,
        (("unlock_time_us", str(unlock_time)),),
        changes=(locked,),
        entries=(entry,),
    )


def is_too_simple(digits: str, id_number: str) -> bool:
    """R24: sequential, all the same, or part of the ID number."""
    steps = {int(b) - int(a) for a, b in pairwise(digits)}
    return steps in ({0}, {1}, {-1}) or digits in id_number


def _renewed(
    command: SetPassword | ChangePassword | ResetPassword,
    holder: Holder,
    used: tuple[Proof, ...],
    kind: EntryKind,
) -> Decision:
    assert holder.citizen is not None, "a link exists for a citizen on record"
    assert holder.card is not None, "a link exists for an issued card"
    if is_too_simple(command.digits, holder.citizen.id_number):
        return Rejected(Reason.PASSWORD_TOO_SIMPLE)
    if command.hash is None:
        return Rejected(Reason.CHANGES_CONFLICT)
    password = Password(
        key=command.citizen,
        hash=command.hash,
        version=holder.password.version + 1 if holder.password else 1,
        change_time=command.at,
    )
    events = tuple(
        Event(
            channel=link.channel,
            kind=EventKind.PASSWORD_CHANGED,
            at=command.at,
            citizen=link.citizen,
            link=link,
            card=replace(holder.card, password_is_set=True),
        )
        for link in holder.links
        if link.state is not LinkState.UNLINKED
    )
    return Accepted(
        answer=PasswordAnswer(change_time=command.at),
        changes=(password, *map(proofs.used, used)),
        events=events,
        entries=(
            Entry(citizen=command.citizen, kind=kind, at=command.at, channel=command.channel),
        ),
    )


def _link_refusal(channel: str, number: int, holder: Holder) -> Rejected | None:
    link = next((each for each in holder.links if each.channel == channel), None)
    if link is None or link.number != number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if not link.is_active:
        return Rejected(Reason.LINK_NOT_ACTIVE)
    return None
