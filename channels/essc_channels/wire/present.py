"""What the channel shows, as the contract's messages: panels, flows and record entries."""

from essc.card.v1 import card_pb2
from essc.channel.v1 import channel_pb2, channel_service_pb2
from essc.identity.v1 import identity_pb2
from essc_channels.core import flows as table
from essc_channels.core.flow_records import AnswerKind, Flow, Stage, Step
from essc_channels.core.panels import Panel
from essc_channels.core.records import Card, SignedCard, Words
from essc_channels.core.texts import (
    BUTTONS,
    OTHER_PLACE,
    OTHER_RECORD,
    PANEL_TITLES,
    PLACES,
    RECORDS,
    step_title,
)
from essc_channels.flows.desk import Lack, Shown
from essc_channels.flows.homes import Look
from essc_channels.ports import RecordLine
from essc_wire.refusals import semantics
from essc_wire.times import optional_timestamp, to_timestamp


def text(words: Words) -> channel_pb2.Text:
    return channel_pb2.Text(zh=words.zh, en=words.en)


def reason_text(reason: str) -> channel_pb2.Text | None:
    """A reason in words, as the contract has them; nothing for no reason or a newer one."""
    meaning = semantics().get(reason)
    return channel_pb2.Text(zh=meaning.text_zh, en=meaning.text_en) if meaning else None


def serialise(shown: Shown) -> bytes:
    """A flow as StartFlow, AnswerStep and CancelFlow answer it: their responses are one form."""
    response = channel_service_pb2.AnswerStepResponse(flow=flow(shown.flow, shown.panel))
    return response.SerializeToString()


def without_card(answer: bytes) -> bytes:
    """The answer as it may be kept: neither the panel nor the card that was shown (R92)."""
    response = channel_service_pb2.AnswerStepResponse.FromString(answer)
    response.flow.ClearField("panel")
    if response.flow.step.WhichOneof("kind") == "show_card":
        response.flow.step.show_card.Clear()
        response.flow.step.show_card.SetInParent()
    return response.SerializeToString()


def lacks(kept: bytes) -> Lack:
    """What `without_card` has taken from it."""
    shown = channel_service_pb2.AnswerStepResponse.FromString(kept).flow
    if shown.state != channel_pb2.Flow.STATE_OPEN:
        return Lack.PANEL
    return Lack.CARD if shown.step.WhichOneof("kind") == "show_card" else Lack.NOTHING


def with_card(kept: bytes, look: Look) -> bytes:
    """The answer again, with the panel or the card as they are now."""
    response = channel_service_pb2.AnswerStepResponse.FromString(kept)
    if lacks(kept) is Lack.PANEL:
        response.flow.panel.CopyFrom(panel(look.panel))
    elif look.holding is not None:
        _show(response.flow.step, look.holding.card, look.holding.signed_card)
    return response.SerializeToString()


def flow(value: Flow, shown_panel: Panel | None) -> channel_pb2.Flow:
    return channel_pb2.Flow(
        flow_id=value.flow_id,
        kind=channel_pb2.FlowKind.ValueType(int(value.kind)),
        state=channel_pb2.Flow.State.ValueType(int(value.state)),
        step=step(value, value.step) if value.step else None,
        reason=value.reason,
        reason_text=reason_text(value.reason),
        panel=panel(shown_panel) if shown_panel else None,
        expire_time=to_timestamp(value.expire_time),
    )


def step(of: Flow, value: Step) -> channel_pb2.Step:
    message = channel_pb2.Step(
        step_id=str(value.number),
        title=text(step_title(of.kind, value.stage, value.check)),
        expire_time=optional_timestamp(value.expire_time),
        tries_left=value.tries_left,
        last_reason=value.last_reason,
        last_reason_text=reason_text(value.last_reason),
    )
    _ask(message, value)
    return message


def _ask(message: channel_pb2.Step, value: Step) -> None:
    """Fills in what is asked, by the kind of the answer that the step wants."""
    wanted = table.wanted(value)
    if value.stage is Stage.SHOW_CARD:
        _show(message, value.card, value.signed_card)
    elif wanted is AnswerKind.CONSENTED:
        words = value.text or Words("", "")
        message.consent.text.CopyFrom(text(words))
        message.consent.button.CopyFrom(text(BUTTONS[value.stage]))
        message.consent.version = value.version
    elif wanted is AnswerKind.CHOICE_ID:
        for option in value.options:
            message.choice.options.add(choice_id=option.choice_id, label=text(option.label))
    elif wanted is AnswerKind.TEXT_CODE:
        message.text_code.SetInParent()
        message.text_code.masked_phone = value.masked_phone
    elif wanted is AnswerKind.FACE_CAPTURE:
        actions = map(identity_pb2.FaceAction.ValueType, value.actions)
        message.face.SetInParent()
        message.face.actions.extend(actions)
        message.face.digits = value.digits
    elif wanted is AnswerKind.CARD_PASSWORD:
        message.card_password.SetInParent()
        message.card_password.is_new = value.stage is Stage.NEW_PASSWORD
    else:
        assert value.check is not None, value.stage
        kind = int(value.check.vouch_kind or 0)
        message.vouch.kind = identity_pb2.VouchKind.ValueType(kind)
        message.vouch.masked_phone = value.masked_phone


def _show(message: channel_pb2.Step, shown: Card | None, signed: SignedCard | None) -> None:
    message.show_card.SetInParent()
    if shown:
        message.show_card.card.CopyFrom(card(shown))
    if signed:
        message.show_card.signed_card.CopyFrom(signed_card(signed))


def panel(value: Panel) -> channel_pb2.Panel:
    return channel_pb2.Panel(
        state=channel_pb2.Panel.State.ValueType(int(value.state)),
        title=text(PANEL_TITLES[value.state]),
        reason=value.reason,
        reason_text=reason_text(value.reason),
        card=card(value.card) if value.card else None,
        offered_flows=[channel_pb2.FlowKind.ValueType(int(kind)) for kind in value.offered_flows],
        as_of_time=optional_timestamp(value.as_of_time),
    )


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
    )


def signed_card(value: SignedCard) -> card_pb2.SignedCard:
    return card_pb2.SignedCard(
        payload=value.payload, signature=value.signature, key_id=value.key_id
    )


def record_entry(line: RecordLine) -> channel_pb2.RecordEntry:
    return channel_pb2.RecordEntry(
        text=text(RECORDS.get(line.kind, OTHER_RECORD)),
        record_time=to_timestamp(line.record_time),
        place=text(PLACES.get(line.place, OTHER_PLACE)),
        kind=line.kind,
    )
