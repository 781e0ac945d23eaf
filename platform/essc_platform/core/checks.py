"""Checks of codes by verifiers (用卡机构), in two hops: first the verdict, then the holder.

A verdict is an answer, whatever it says, and is recorded with its request. Only a valid one changes
something: the code is used up, and its check number is given to the verifier whose command comes
first of two.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from essc_platform.core.acting import Acting, level
from essc_platform.core.citizens import masked_id_number, masked_name
from essc_platform.core.codes import CodeName, persons, state_of
from essc_platform.core.decisions import Accepted, Decision
from essc_platform.core.policy import Policy
from essc_platform.core.quick import quick
from essc_platform.core.records import (
    Code,
    CodeState,
    Entry,
    EntryKind,
    EntryPlace,
    Instant,
    Level,
    LinkCodes,
    Service,
    Usage,
    Verdict,
    VerifierClass,
)
from essc_platform.core.times import MINUTE

MEDICAL_SETTLEMENT = "medical-settlement"
"""R63: the catalogue's entry that says where cross-region medical settlement (异地就医) is open."""

_WORTHLESS = {
    CodeState.REVOKED: Verdict.REVOKED,
    CodeState.REPLACED: Verdict.REPLACED,
    CodeState.EXPIRED: Verdict.EXPIRED,
    CodeState.USED: Verdict.USED,
}


class Entitlement(NamedTuple):
    """What a verifier sees unmasked."""

    name: bool
    id_number: bool


_BOTH = Entitlement(name=True, id_number=True)
_NAME = Entitlement(name=True, id_number=False)
_NEITHER = Entitlement(name=False, id_number=False)

# R32 [A]: who has to know with whom they deal sees it; who only lets somebody pass does not.
ENTITLEMENTS: dict[VerifierClass, Entitlement] = {
    VerifierClass.HOSPITAL: _BOTH,
    VerifierClass.PHARMACY: _BOTH,
    VerifierClass.HOTEL: _BOTH,
    VerifierClass.LIBRARY: _NAME,
    VerifierClass.SCENIC_SPOT: _NAME,
    VerifierClass.BUS: _NEITHER,
    VerifierClass.SHOP: _NEITHER,
}


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCode:
    """A verifier has scanned something."""

    at: Instant
    verifier: str
    region: str
    """Where the verifier is."""
    code: CodeName | None
    """None if it is no code that the platform knows."""
    usage: Usage


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """The verdict, and the code, now used up, if it is a valid one."""

    verdict: Verdict
    check_time: Instant
    used: Code | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class HolderSeen:
    """A person as a verifier sees one."""

    name: str = field(repr=False)
    is_name_masked: bool
    id_number: str = field(repr=False)
    is_id_number_masked: bool


def check_code(
    command: CheckCode,
    code: Code | None,
    link_codes: LinkCodes | None,
    acting: Acting | None,
    medical_settlement: Service | None,
    policy: Policy,
) -> Decision:
    """R31: the verdict; a valid code is used up with it."""
    if code is None or acting is None:
        return Accepted(answer=CheckAnswer(verdict=Verdict.FORGED, check_time=command.at))
    state = state_of(code, link_codes, acting, command.at, policy)
    verdict = _WORTHLESS.get(state) or _fitness(command, code, acting, medical_settlement)
    if verdict is not Verdict.VALID:
        return Accepted(answer=CheckAnswer(verdict=verdict, check_time=command.at))
    used = _used(code, command)
    return Accepted(
        answer=CheckAnswer(verdict=verdict, check_time=command.at, used=used),
        changes=(used,),
        entries=tuple(
            Entry(
                citizen=person,
                kind=EntryKind.CODE_USED,
                at=command.at,
                channel=code.channel,
                place=EntryPlace.VERIFIER,
            )
            for person in persons(code)
        ),
    )


def is_good(use_time: Instant | None, at: Instant, policy: Policy) -> bool:
    """R32: whether a check number still stands for its check; of a code that is not used, none."""
    return use_time is not None and at < use_time + policy.check_minutes * MINUTE


def holder_seen(name: str, id_number: str, verifier_class: VerifierClass) -> HolderSeen:
    """R32: a person, masked but for what the verifier's class is entitled to."""
    sees = ENTITLEMENTS[verifier_class]
    return HolderSeen(
        name=name if sees.name else masked_name(name),
        is_name_masked=not sees.name,
        id_number=id_number if sees.id_number else masked_id_number(id_number),
        is_id_number_masked=not sees.id_number,
    )


def _used(code: Code, command: CheckCode) -> Code:
    # Written out: `replace` costs twice as much, fifty times a call.
    return Code(
        citizen=code.citizen,
        number=code.number,
        channel=code.channel,
        serial=code.serial,
        binding=code.binding,
        member=code.member,
        issue_time=code.issue_time,
        expire_time=code.expire_time,
        use_time=command.at,
        verifier=command.verifier,
        usage=command.usage,
    )


def _fitness(
    command: CheckCode, code: Code, acting: Acting, medical_settlement: Service | None
) -> Verdict:
    """R26, R44, R63: whether a current code may be used for this, by this verifier."""
    if command.usage is Usage.PAYMENT:
        link = acting.link
        assert link is not None, "a code without a link is revoked"
        if code.member is not None or level(link, acting.holder) < Level.PAYMENT:
            return Verdict.LEVEL_TOO_LOW
    if command.usage is Usage.CROSS_REGION_MEDICAL:
        physical_card = acting.subject.physical_card
        assert physical_card is not None, "a code without a card is revoked"
        regions = (physical_card.region, command.region)
        if medical_settlement is None or not all(map(medical_settlement.is_open_in, regions)):
            return Verdict.REGION_NOT_OPEN
    return Verdict.VALID
