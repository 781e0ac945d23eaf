"""What a citizen holds in a channel, and the two turns that links and deliveries share.

A link becomes active, and then a card must be signed for it; or it ends, and its signed card too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_platform.core import cards, proofs
from essc_platform.core.cards import Person
from essc_platform.core.citizens import masked_id_number, masked_name
from essc_platform.core.decisions import Accepted, Licence, LicenceFacts, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import quick, replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CardView,
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
)

# R21: what counts as a channel's identity check.
IDENTITY_METHODS = frozenset({Method.TEXT_MESSAGE, Method.VOUCHED})


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """What a citizen now holds in a channel."""

    link: Link
    card: CardView
    masked_name: str
    masked_id_number: str


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """A link as it is now."""

    link: Link
    allow_until: Instant | None = None
    """Until when it is open although the card is lost, if that is so."""


def activated(
    link: Link,
    person: Person,
    password: Password | None,
    at: Instant,
    licence_number: int,
) -> Accepted:
    """What a citizen holds once a link is active: the answer, the event, and what to sign."""
    citizen = person.citizen
    assert citizen is not None, "who links is on record"
    view = cards.view(person, password, at)
    name = masked_name(citizen.name)
    return Accepted(
        answer=HeldCard(
            link=link,
            card=view,
            masked_name=name,
            masked_id_number=masked_id_number(citizen.id_number),
        ),
        events=(
            Event(
                channel=link.channel,
                kind=EventKind.LINK_ACTIVATED,
                at=at,
                citizen=link.citizen,
                link=link,
                card=view,
            ),
        ),
        to_sign=LicenceFacts(
            citizen=citizen.key,
            number=licence_number,
            masked_name=name,
            region=view.region,
            issue_time=view.issue_time,
            expire_time=view.expire_time,
        ),
    )


def ended(link: Link, proof: Proof, at: Instant, kind: EntryKind) -> Accepted:
    """R11: a link's end: the link, the proof, one event for the own channel, one line of record."""
    gone = unlinked(link, at)
    event = Event(
        channel=link.channel,
        kind=EventKind.LINK_UNLINKED,
        at=at,
        citizen=link.citizen,
        link=gone,
    )
    return Accepted(
        answer=LinkAnswer(link=gone),
        changes=(gone, proofs.used(proof)),
        events=(event,),
        entries=(Entry(citizen=link.citizen, kind=kind, at=at, channel=link.channel),),
    )


def unlinked(link: Link, at: Instant) -> Link:
    """A link after its end, however it came: the signed card goes with it."""
    return replace(link, state=LinkState.UNLINKED, unlink_time=at, licence=None)


def unsigned(links: Sequence[Link]) -> tuple[Link, ...]:
    """R8: links of a card that is issued or mapped anew: what was signed of it is out of date."""
    return tuple(replace(link, licence=None) for link in links)


def consent_outdated(policy: Policy) -> Rejected:
    """R5, R20: the consent must be to the current text."""
    return Rejected(Reason.CONSENT_OUTDATED, (("current_version", policy.consent_version),))


def with_licence(accepted: Accepted, licence: Licence) -> Accepted:
    """Puts what was signed into the link, wherever the decision shows it."""
    held = accepted.answer
    assert isinstance(held, HeldCard | LinkAnswer)
    sealed = replace(held.link, licence=licence)
    return replace(
        accepted,
        answer=replace(held, link=sealed),
        changes=tuple(sealed if c == held.link else c for c in accepted.changes),
        to_sign=None,
    )
