"""Bindings and certifications as the contract shows them."""

from essc.card.v1 import card_pb2
from essc.certification.v1 import certification_service_pb2 as certification_pb
from essc.family.v1 import family_pb2
from essc_platform.core import cards, certifications
from essc_platform.core.citizens import masked_id_number, masked_name
from essc_platform.core.family import BoundMember, SeenBinder
from essc_platform.core.policy import Policy
from essc_platform.core.records import CardView, Certification, Citizen, Instant
from essc_platform.store.rows import STATUSES
from essc_platform.store.views_family import SeenMember, SeenMembership
from essc_platform.wire import convert_cards
from essc_wire.times import optional_timestamp, to_timestamp


def binding(bound: BoundMember, binding_id: str) -> family_pb2.Binding:
    """A binding as a command left it."""
    record = bound.binding
    return family_pb2.Binding(
        binding_id=binding_id,
        relation=int(record.relation),  # type: ignore[arg-type]
        masked_name=masked_name(bound.citizen.name),
        masked_id_number=masked_id_number(bound.citizen.id_number),
        add_time=to_timestamp(record.add_time),
        end_time=optional_timestamp(record.end_time),
        card=None if bound.card is None else _card(bound.card, bound.citizen),
    )


def seen_binding(found: SeenMember, binding_id: str, at: Instant) -> family_pb2.Binding:
    """A binding as it was read. What the member's card is worth is told while it is good.

    It is good no more once the member is dead (R9), whoever noted that.
    """
    end_time = found.cancel_time if found.end_time is None else found.end_time
    return family_pb2.Binding(
        binding_id=binding_id,
        relation=found.relation,  # type: ignore[arg-type]
        masked_name=masked_name(found.name),
        masked_id_number=masked_id_number(found.id_number),
        add_time=to_timestamp(found.add_time),
        end_time=optional_timestamp(end_time),
        card=_card(_worth(found, at), found) if end_time is None else None,
    )


def binder(seen: SeenBinder, binder_id: str) -> family_pb2.Binder:
    """A binding as its member sees it, as a command left it."""
    record = seen.membership
    return family_pb2.Binder(
        binding_id=binder_id,
        relation=int(record.relation),  # type: ignore[arg-type]
        masked_name=masked_name(seen.citizen.name),
        add_time=to_timestamp(record.add_time),
    )


def seen_binder(found: SeenMembership, binder_id: str) -> family_pb2.Binder:
    """The same, as it was read."""
    return family_pb2.Binder(
        binding_id=binder_id,
        relation=found.relation,  # type: ignore[arg-type]
        masked_name=masked_name(found.holder_name),
        add_time=to_timestamp(found.add_time),
    )


def certification(record: Certification, policy: Policy) -> certification_pb.Certification:
    """A certification, and from when it can be renewed."""
    return certification_pb.Certification(
        certify_time=to_timestamp(record.certify_time),
        expire_time=to_timestamp(record.expire_time),
        renewable_time=to_timestamp(certifications.renewable_time(record.expire_time, policy)),
        is_by_binder=record.is_by_binder,
    )


def _card(view: CardView, of: Citizen | SeenMember) -> card_pb2.Card:
    return convert_cards.card(view, masked_name(of.name), masked_id_number(of.id_number))


def _worth(found: SeenMember, at: Instant) -> CardView:
    now = cards.worth(
        STATUSES[found.status], found.lift_time, found.cancel_time, found.expire_time, at
    )
    return CardView(
        status=now.status,
        blocked_reason=now.blocked_reason,
        is_ended=now.is_ended,
        region=found.region,
        issue_time=found.issue_time,
        expire_time=found.expire_time,
        password_is_set=found.password_version is not None,
        bank_account_is_open=found.bank_open_time is not None,
    )
