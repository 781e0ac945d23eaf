"""What a step asks or shows, as the contract's messages."""

from collections.abc import Callable
from typing import Final

from essc.authority.v1 import authority_service_pb2
from essc.card.v1 import card_pb2
from essc.channel.v1 import channel_pb2
from essc.identity.v1 import identity_pb2
from essc_channels.core import flows as table
from essc_channels.core.card_errands import Code
from essc_channels.core.flow_kinds import AnswerKind, Stage
from essc_channels.core.flow_records import Step
from essc_channels.core.lines import Line
from essc_channels.core.paths import SHOWN
from essc_channels.core.records import Card, SignedCard, Words
from essc_channels.core.texts import BUTTONS, FIELD_FAULTS, MEMBER_FIELDS
from essc_channels.wire.pictures import svg
from essc_wire.times import optional_timestamp

_PHOTO_BYTES_MAX: Final = 96 * 1024
_FIELDS: Final = channel_pb2.Step.Form.Field
_MEMBER_FIELDS: Final = {
    "name": (_FIELDS.KIND_NAME, 50),
    "id_number": (_FIELDS.KIND_ID_NUMBER, 18),
}


def text(words: Words) -> channel_pb2.Text:
    return channel_pb2.Text(zh=words.zh, en=words.en)


def ask(message: channel_pb2.Step, value: Step) -> None:
    """Fills in what is asked: what the stage shows, else by the kind of answer it wants."""
    if value.stage is Stage.SHOW_CARD:
        _card(message, value)
    elif value.code is not None:
        message.code.CopyFrom(_code(value.code))
    elif value.stage in SHOWN:
        _lines(message, value)
    else:
        _ASK[table.wanted(value)](message, value)


def _consent(message: channel_pb2.Step, value: Step) -> None:
    message.consent.text.CopyFrom(text(value.text or Words("", "")))
    message.consent.button.CopyFrom(text(BUTTONS[value.stage]))
    message.consent.version = value.version


def _choice(message: channel_pb2.Step, value: Step) -> None:
    for option in value.options:
        message.choice.options.add(choice_id=option.choice_id, label=text(option.label))


def _text_code(message: channel_pb2.Step, value: Step) -> None:
    message.text_code.SetInParent()
    message.text_code.masked_phone = value.masked_phone


def _face(message: channel_pb2.Step, value: Step) -> None:
    message.face.SetInParent()
    message.face.actions.extend(map(identity_pb2.FaceAction.ValueType, value.actions))
    message.face.digits = value.digits
    message.face.is_of_member = value.is_of_member


def _card_password(message: channel_pb2.Step, value: Step) -> None:
    message.card_password.SetInParent()
    message.card_password.is_new = value.stage is Stage.NEW_PASSWORD


def _vouch(message: channel_pb2.Step, value: Step) -> None:
    assert value.check is not None, value.stage
    message.vouch.kind = identity_pb2.VouchKind.ValueType(int(value.check.vouch_kind or 0))
    message.vouch.masked_phone = value.masked_phone


def _form(message: channel_pb2.Step, value: Step) -> None:
    for field_id, label in MEMBER_FIELDS.items():
        kind, max_length = _MEMBER_FIELDS[field_id]
        message.form.fields.add(
            field_id=field_id,
            label=text(label),
            kind=kind,
            max_length=max_length,
            fault=text(FIELD_FAULTS[field_id]) if field_id in value.faults else None,
        )


def _photo(message: channel_pb2.Step, value: Step) -> None:
    kinds = authority_service_pb2
    is_card = value.stage is Stage.CARD_PHOTO
    message.photo.kind = kinds.PHOTO_KIND_PHYSICAL_CARD if is_card else kinds.PHOTO_KIND_FACE
    message.photo.max_bytes = _PHOTO_BYTES_MAX


_ASK: Final[dict[AnswerKind, Callable[[channel_pb2.Step, Step], None]]] = {
    AnswerKind.CONSENTED: _consent,
    AnswerKind.CHOICE_ID: _choice,
    AnswerKind.TEXT_CODE: _text_code,
    AnswerKind.FACE_CAPTURE: _face,
    AnswerKind.CARD_PASSWORD: _card_password,
    AnswerKind.VOUCH_ANSWER: _vouch,
    AnswerKind.FORM: _form,
    AnswerKind.PHOTO: _photo,
}


def _code(value: Code) -> channel_pb2.Step.Code:
    return channel_pb2.Step.Code(
        code=value.text,
        picture_svg=svg(value.text),
        for_whom=text(value.for_whom),
        what_for=text(value.what_for) if value.what_for else None,
    )


def _lines(message: channel_pb2.Step, value: Step) -> None:
    message.lines.SetInParent()
    message.lines.lines.extend(map(_line, value.lines))
    message.lines.has_more = bool(value.next_page_token)


def _line(value: Line) -> channel_pb2.Step.Lines.Line:
    return channel_pb2.Step.Lines.Line(
        text=text(value.text),
        note=text(value.note) if value.note else None,
        line_time=optional_timestamp(value.time),
        kind=value.kind,
    )


def _card(message: channel_pb2.Step, value: Step) -> None:
    message.show_card.SetInParent()
    if value.card:
        message.show_card.card.CopyFrom(card(value.card))
    if value.signed_card:
        message.show_card.signed_card.CopyFrom(_signed_card(value.signed_card))


def card(value: Card) -> card_pb2.Card:
    return card_pb2.Card(
        state=card_pb2.Card.State.ValueType(int(value.state)),
        physical_card_status=value.physical_card_status,  # type: ignore[arg-type]  # passed on
        blocked_reason=value.blocked_reason,
        masked_name=value.masked_name,
        masked_id_number=value.masked_id_number,
        region=value.region,
        issue_time=optional_timestamp(value.issue_time),
        expire_time=optional_timestamp(value.expire_time),
        password_is_set=value.password_is_set,
        bank_account_is_open=value.bank_account_is_open,
    )


def _signed_card(value: SignedCard) -> card_pb2.SignedCard:
    return card_pb2.SignedCard(
        payload=value.payload, signature=value.signature, key_id=value.key_id
    )
