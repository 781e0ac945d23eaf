"""Codes (二维码): a holder shows one, for the own card or a bound member's, and it is soon over.

A link has one code that can be scanned, its newest. Nothing is written into codes when a link, a
binding or a card ends: what a code is worth follows from what it stands for, at the moment it is
looked at.
"""

from dataclasses import dataclass
from typing import NamedTuple

from essc_platform.core import proofs
from essc_platform.core.acting import (
    Acting,
    BindingName,
    card_refusal,
    is_linked,
    is_named,
    link_refusal,
)
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import quick
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Code,
    CodeState,
    Entry,
    EntryKind,
    Instant,
    Link,
    LinkCodes,
    Method,
    Proof,
    Purpose,
)
from essc_platform.core.times import SECOND

# R33: a new device is made known by the phone that is on record.
DEVICE_METHODS = frozenset({Method.TEXT_MESSAGE})


class CodeName(NamedTuple):
    """A code, and what never changes of it, so that the edge may look it up."""

    citizen: CitizenKey
    number: int
    channel: str
    binding: BindingName | None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCode:
    """A holder wants to show a code, for the own card or a bound member's."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    binding: BindingName | None
    device: str
    """A keyed digest of the device's name."""
    proof: tuple[int, int, int] | None
    """None if none was sent."""
    new_number: int


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class GetCode:
    """A channel looks at one of its own codes. Changes nothing."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    code: CodeName | None
    """None if it is no code that the platform knows."""

    @property
    def own_code(self) -> CodeName | None:
        """The code, if it is one of this link."""
        code = self.code
        if code is None or (code.citizen, code.channel) != (self.citizen, self.channel):
            return None
        return code


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnswer:
    """A code, and what it is worth now."""

    code: Code
    state: CodeState


def issue_code(
    command: IssueCode,
    acting: Acting,
    link_codes: LinkCodes | None,
    proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R30, R33: a code that replaces the link's earlier one; on a new device only with a proof."""
    refusal = link_refusal(command, acting)
    if refusal is not None:
        return refusal
    link = acting.link
    assert link is not None
    known = _known_devices(link_codes, link)
    is_new = command.device not in known
    if is_new and command.proof is None:
        return Rejected(Reason.DEVICE_NEW)
    if is_new:
        refusal = proofs.refusal(command, proof, Purpose.NEW_DEVICE, DEVICE_METHODS)
    refusal = refusal or card_refusal(acting, command.at, policy)
    if refusal is not None:
        return refusal
    code = _issued(command, link, policy)
    devices = (*(each for each in known if each != command.device), command.device)
    remembered = LinkCodes(
        citizen=link.citizen,
        channel=link.channel,
        serial=link.serial,
        newest=code.number,
        devices=devices[-policy.known_devices :],
    )
    used = (proofs.used(proof),) if is_new and proof is not None else ()
    return Accepted(
        answer=CodeAnswer(code=code, state=CodeState.CURRENT),
        changes=(code, remembered, *used),
        entries=tuple(_entry(command, person) for person in persons(code)),
    )


def get_code(
    query: GetCode,
    acting: Acting,
    code: Code | None,
    link_codes: LinkCodes | None,
    policy: Policy,
) -> CodeAnswer | Rejected:
    """R14: a code of this link, whatever it is worth. Of another channel there is none here."""
    link = acting.link
    if link is None or link.number != query.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if not link.is_active:
        return Rejected(Reason.LINK_NOT_ACTIVE)
    if code is None:
        return Rejected(Reason.CODE_NOT_FOUND)
    return CodeAnswer(code=code, state=state_of(code, link_codes, acting, query.at, policy))


def state_of(
    code: Code, link_codes: LinkCodes | None, acting: Acting, at: Instant, policy: Policy
) -> CodeState:
    """R30, R31, R34: what a code is worth, the same for its channel and for a verifier."""
    assert link_codes is not None, "a code is issued together with it"
    if _is_revoked(code, acting, at, policy):
        return CodeState.REVOKED
    if link_codes.newest != code.number:
        return CodeState.REPLACED
    if at >= code.expire_time:
        return CodeState.EXPIRED
    if code.use_time is not None:
        return CodeState.USED
    return CodeState.CURRENT


def binding_name(binding: int | None, member: CitizenKey | None) -> BindingName | None:
    """The binding that a code or a check names; None for the holder's own."""
    if binding is None or member is None:
        return None
    return BindingName(binding, member)


def persons(code: Code) -> tuple[CitizenKey, ...]:
    """R93: in whose records it stands what became of a code."""
    return (code.citizen,) if code.member is None else (code.citizen, code.member)


def _is_revoked(code: Code, acting: Acting, at: Instant, policy: Policy) -> bool:
    """R31, R44: whether the link, the binding or the card that it stands for is not good now."""
    if not is_linked(acting.link, code.serial):
        return True
    named = binding_name(code.binding, code.member)
    if named is not None and not is_named(acting.binding, named):
        return True
    return card_refusal(acting, at, policy) is not None


def _known_devices(link_codes: LinkCodes | None, link: Link) -> tuple[str, ...]:
    """R33: the devices that this serial of the link knows; unlinking forgets them."""
    if link_codes is None or link_codes.serial != link.serial:
        return ()
    return link_codes.devices


def _issued(command: IssueCode, link: Link, policy: Policy) -> Code:
    named = command.binding
    return Code(
        citizen=command.citizen,
        number=command.new_number,
        channel=command.channel,
        serial=link.serial,
        binding=None if named is None else named.number,
        member=None if named is None else named.member,
        issue_time=command.at,
        expire_time=command.at + policy.code_seconds * SECOND,
    )


def _entry(command: IssueCode, person: CitizenKey) -> Entry:
    return Entry(citizen=person, kind=EntryKind.CODE_ISSUED, at=command.at, channel=command.channel)
