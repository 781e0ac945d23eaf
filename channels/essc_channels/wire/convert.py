"""The platform's messages as the channel's own values. Unknown numbers are kept where harmless."""

from essc.card.v1 import card_pb2, card_service_pb2
from essc.channel.v1 import channel_pb2
from essc.event.v1 import event_pb2
from essc.identity.v1 import identity_pb2
from essc_channels.core.flow_kinds import AnswerKind
from essc_channels.core.flow_records import Answer
from essc_channels.core.records import (
    Card,
    CardState,
    Event,
    Holding,
    Instant,
    Level,
    Link,
    LinkState,
    Person,
    SignedCard,
)
from essc_channels.ports import Question, Subject
from essc_wire.times import to_instant


def link(message: card_pb2.Link) -> Link:
    return Link(
        link_id=message.link_id,
        serial=message.serial,
        state=LinkState(message.state),
        level=Level(message.level) if message.level else Level.QUERY,
        deliver_time=optional(message, "deliver_time"),
        activate_time=optional(message, "activate_time"),
        unlink_time=optional(message, "unlink_time"),
        allow_until_time=optional(message, "allow_until_time"),
    )


def card(message: card_pb2.Card) -> Card:
    return Card(
        state=CardState(message.state),
        physical_card_status=message.physical_card_status,
        blocked_reason=message.blocked_reason,
        masked_name=message.masked_name,
        masked_id_number=message.masked_id_number,
        region=message.region,
        issue_time=optional(message, "issue_time"),
        expire_time=optional(message, "expire_time"),
        password_is_set=message.password_is_set,
        bank_account_is_open=message.bank_account_is_open,
    )


def holding(
    message: card_service_pb2.ApplyResponse
    | card_service_pb2.AcceptDeliveryResponse
    | card_service_pb2.GetCardResponse,
) -> Holding:
    """What is held, with the signed card where the link is active."""
    signed = message.signed_card
    return Holding(
        link=link(message.link),
        card=card(message.card),
        signed_card=SignedCard(
            payload=signed.payload, signature=signed.signature, key_id=signed.key_id
        )
        if message.HasField("signed_card")
        else None,
    )


def listed(message: card_service_pb2.ListLinksResponse.Item) -> Holding:
    """One line of a listing; an unlinked link has no card."""
    return Holding(link=link(message.link), card=card(message.card) if message.card.state else None)


def event(message: event_pb2.Event) -> Event:
    return Event(
        cursor=message.cursor,
        kind=message.kind,
        event_time=to_instant(message.event_time),
        link=link(message.link) if message.HasField("link") else None,
        card=card(message.card) if message.card.state else None,
    )


def question(message: identity_pb2.Challenge) -> Question:
    return Question(
        number=message.challenge_id,
        expire_time=optional(message, "expire_time"),
        tries_left=message.tries_left,
        masked_phone=message.text_message.masked_phone,
        actions=tuple(message.face.actions),
        digits=message.face.digits,
    )


def subject(value: Subject) -> identity_pb2.Subject:
    if value.binding_id:
        member = identity_pb2.Member(link_id=value.link_id, binding_id=value.binding_id)
        return identity_pb2.Subject(member=member)
    if value.person is None:
        return identity_pb2.Subject(link_id=value.link_id)
    return identity_pb2.Subject(
        person=identity_pb2.Person(name=value.person.name, id_number=value.person.id_number)
    )


def person(message: identity_pb2.Person) -> Person:
    return Person(name=message.name, id_number=message.id_number)


def answer(message: channel_pb2.Answer) -> Answer:
    """A phone's answer. Its form was checked by the guard."""
    kind = AnswerKind(message.WhichOneof("answer") or "")
    if kind is AnswerKind.CONSENTED:
        return Answer(kind=kind, is_yes=message.consented)
    if kind is AnswerKind.FACE_CAPTURE:
        return Answer(kind=kind, capture=message.face_capture)
    if kind is AnswerKind.PHOTO:
        return Answer(kind=kind, capture=message.photo)
    if kind is AnswerKind.FORM:
        return Answer(kind=kind, values=tuple(sorted(message.form.values.items())))
    return Answer(kind=kind, text=getattr(message, kind))


def optional(message: object, name: str) -> Instant | None:
    """A time that may be absent."""
    is_there: bool = message.HasField(name)  # type: ignore[attr-defined]  # every message has it
    return to_instant(getattr(message, name)) if is_there else None
