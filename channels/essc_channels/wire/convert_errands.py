"""The platform's messages about family, codes, certifications, services and orders as values."""

from essc.certification.v1 import certification_service_pb2
from essc.directory.v1 import directory_pb2
from essc.family.v1 import family_pb2
from essc.settlement.v1 import order_pb2
from essc_channels.core.card_errands import (
    Binder,
    Certification,
    Member,
    Order,
    Places,
    Service,
    Use,
)
from essc_channels.core.records import Level, Words
from essc_channels.wire import convert
from essc_wire.times import to_instant


def member(message: family_pb2.Binding) -> Member:
    return Member(
        binding_id=message.binding_id,
        relation=message.relation,
        masked_name=message.masked_name,
        masked_id_number=message.masked_id_number,
        add_time=convert.optional(message, "add_time"),
        end_time=convert.optional(message, "end_time"),
        card=convert.card(message.card) if message.card.state else None,
    )


def binder(message: family_pb2.Binder) -> Binder:
    return Binder(
        binding_id=message.binding_id,
        relation=message.relation,
        masked_name=message.masked_name,
        add_time=convert.optional(message, "add_time"),
    )


def places(message: family_pb2.Places) -> Places:
    return Places(relation=message.relation, total=message.total, used=message.used)


def certification(message: certification_service_pb2.Certification) -> Certification:
    return Certification(
        certify_time=to_instant(message.certify_time),
        expire_time=to_instant(message.expire_time),
        renewable_time=to_instant(message.renewable_time),
        is_by_binder=message.is_by_binder,
    )


def service(message: directory_pb2.Service) -> Service:
    return Service(
        service_id=message.service_id,
        name=Words(message.name_zh, message.name_en),
        needed_level=Level(message.needed_level) if message.needed_level else Level.QUERY,
        regions=tuple(message.regions),
        is_open_everywhere=message.is_open_everywhere,
    )


def use(message: directory_pb2.Use) -> Use:
    outcomes = directory_pb2.Use.Outcome
    is_known = message.outcome in outcomes.values()
    return Use(
        service_id=message.service_id,
        outcome=outcomes.Name(message.outcome) if is_known else str(message.outcome),
        redeem_time=convert.optional(message, "redeem_time"),
        is_for_member=message.is_for_member,
    )


def order(message: order_pb2.Order) -> Order:
    states = order_pb2.Order.State
    is_known = message.state in states.values()
    return Order(
        order_id=message.order_id,
        state=states.Name(message.state) if is_known else str(message.state),
        provider_name=message.provider_name,
        insurance_fen=message.insurance_fen,
        own_fen=message.own_fen,
        create_time=convert.optional(message, "create_time"),
    )
