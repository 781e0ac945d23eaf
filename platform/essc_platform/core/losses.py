"""A lost card that its holder keeps using in one link (R3, the policy `holder_consent`).

Everything else stays blocked, in every channel and nationally; commands through that one link ask
`acting.card_refusal`, which knows of the exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_platform.core import acting, cards, proofs
from essc_platform.core.acting import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.holdings import LinkAnswer
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Entry,
    EntryKind,
    Instant,
    Link,
    Method,
    Proof,
    Purpose,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowWhileLost:
    """The holder opens this channel's link although the card is reported lost."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    proof: tuple[int, int, int]


def allow_while_lost(
    command: AllowWhileLost,
    held: Sequence[Link],
    person: Person,
    proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R3: one link at a time, by the holder's face, until the loss ends or the hours are over."""
    link = next((each for each in held if each.channel == command.channel), None)
    refusal = acting.serial_refusal(command, link)
    refusal = refusal or proofs.refusal(command, proof, Purpose.ALLOW_WHILE_LOST, {Method.FACE})
    if refusal is not None:
        return refusal
    assert link is not None
    assert proof is not None
    refusal = _card_refusal(person, held, command.at, policy)
    if refusal is not None:
        return refusal
    opened = replace(link, allow_time=command.at)
    until = acting.allow_until(opened, person, command.at, policy)
    return Accepted(
        answer=LinkAnswer(link=opened, allow_until=until),
        changes=(opened, proofs.used(proof)),
        entries=(
            Entry(
                citizen=command.citizen,
                kind=EntryKind.ALLOWED_WHILE_LOST,
                at=command.at,
                channel=command.channel,
            ),
        ),
    )


def _card_refusal(
    person: Person, held: Sequence[Link], at: Instant, policy: Policy
) -> Rejected | None:
    """The card itself must be good but for a loss, and no link be open for it yet."""
    assert person.citizen is not None, "a link exists for a citizen on record"
    assert person.card is not None, "a link exists for an issued card"
    if person.citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    if at >= person.card.expire_time:
        return Rejected(Reason.CARD_EXPIRED)
    lost = cards.loss_of(person, at)
    if lost is None:
        return Rejected(Reason.CARD_NOT_LOST)
    if policy.loss != HOLDER_CONSENT:
        return Rejected(Reason.LOSS_POLICY_BLOCKS)
    if any(acting.opened_until(each.allow_time, lost, at, policy) for each in held):
        return Rejected(Reason.LOSS_ALLOWED_ALREADY)
    return None
