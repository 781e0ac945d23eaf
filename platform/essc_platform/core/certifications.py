"""Benefit eligibility certification (R50 to R52): a recipient's face, once a year.

A holder certifies the own person, or a bound member whose face it then is. What stands is answered
as it is until it can be renewed: that adds no record and uses up no proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_platform.core import ages, cards, proofs
from essc_platform.core.acting import Acting, BindingName, card_refusal, link_refusal
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Certification,
    CitizenKey,
    Entry,
    EntryKind,
    EventKind,
    Instant,
    Link,
    Method,
    Password,
    Proof,
    Purpose,
    Recipient,
)
from essc_platform.core.times import DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Certify:
    """The holder certifies the own eligibility for benefits, or a bound member's."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    binding: BindingName | None
    proof: tuple[int, int, int]

    @property
    def subject(self) -> CitizenKey:
        """Who is certified."""
        return self.citizen if self.binding is None else self.binding.member


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationAnswer:
    """The certification that counts now."""

    certification: Certification
    is_new: bool


def certify(
    command: Certify,
    acting: Acting,
    recipient: Recipient | None,
    earlier: Sequence[Certification],
    proof: Proof | None,
    password: Password | None,
    links: Sequence[Link],
    policy: Policy,
) -> Decision:
    """R50 to R52: `password` and `links` are those of the person who is certified."""
    refusal = link_refusal(command, acting)
    refusal = refusal or proofs.refusal(
        command, proof, Purpose.CERTIFY, {Method.FACE}, command.subject
    )
    refusal = refusal or card_refusal(acting, command.at, policy)
    if refusal is not None:
        return refusal
    if recipient is None:
        return Rejected(Reason.NOT_A_RECIPIENT)
    newest = max(earlier, key=lambda each: each.number, default=None)
    if newest is not None and command.at < renewable_time(newest.expire_time, policy):
        return Accepted(answer=CertificationAnswer(certification=newest, is_new=False))
    assert proof is not None, "refused before, where there is none"
    certification = Certification(
        citizen=command.subject,
        number=1 if newest is None else newest.number + 1,
        certify_time=command.at,
        expire_time=ages.after_months(command.at, policy.certification_months),
        is_by_binder=command.binding is not None,
    )
    kind = EntryKind.CERTIFIED
    return Accepted(
        answer=CertificationAnswer(certification=certification, is_new=True),
        changes=(certification, proofs.used(proof)),
        events=cards.events_of(EventKind.CERTIFIED, acting.subject, password, links, command.at),
        entries=(
            Entry(citizen=command.subject, kind=kind, at=command.at, channel=command.channel),
        ),
    )


def renewable_time(expire_time: Instant, policy: Policy) -> Instant:
    """R52: from when a certification can be renewed."""
    return expire_time - policy.renewal_days * DAY
