"""What the channel shows, as the contract's messages: panels, flows and record entries."""

from essc.card.v1 import card_pb2
from essc.channel.v1 import channel_pb2, channel_service_pb2
from essc.family.v1 import family_pb2
from essc_channels.core.card_errands import Member
from essc_channels.core.flow_kinds import Stage
from essc_channels.core.flow_records import Flow, Step
from essc_channels.core.lines import relation_words
from essc_channels.core.panels import Panel
from essc_channels.core.paths import PRIVATE
from essc_channels.core.record_texts import OTHER_PLACE, OTHER_RECORD, PLACES, RECORDS
from essc_channels.core.records import RecordLine
from essc_channels.core.texts import PANEL_TITLES, step_title
from essc_channels.flows.shown import Lack, Shown
from essc_channels.wire import present_steps
from essc_channels.wire.present_steps import card, text
from essc_wire.refusals import semantics
from essc_wire.times import optional_timestamp, to_timestamp


def reason_text(reason: str) -> channel_pb2.Text | None:
    """A reason in words, as the contract has them; nothing for no reason or a newer one."""
    meaning = semantics().get(reason)
    return channel_pb2.Text(zh=meaning.text_zh, en=meaning.text_en) if meaning else None


def serialise(shown: Shown) -> bytes:
    """A flow as StartFlow, AnswerStep and CancelFlow answer it: their responses are one form."""
    response = channel_service_pb2.AnswerStepResponse(flow=flow(shown.flow, shown.panel))
    return response.SerializeToString()


def without_secrets(answer: bytes, stage: Stage | None) -> bytes:
    """The same as it may be kept (R92): no panel, and no step that names people or is a secret."""
    response = channel_service_pb2.AnswerStepResponse.FromString(answer)
    response.flow.ClearField("panel")
    kind = response.flow.step.WhichOneof("kind")
    if stage in PRIVATE and kind:
        response.flow.step.ClearField(kind)
    return response.SerializeToString()


def lacks(kept: bytes) -> Lack:
    """What a kept answer leaves out."""
    shown = channel_service_pb2.AnswerStepResponse.FromString(kept).flow
    if shown.state != channel_pb2.Flow.STATE_OPEN:
        return Lack.PANEL
    return Lack.NOTHING if shown.step.WhichOneof("kind") else Lack.STEP


def place(kept: bytes) -> tuple[str, str]:
    """The flow and the step of a kept answer."""
    shown = channel_service_pb2.AnswerStepResponse.FromString(kept).flow
    return shown.flow_id, shown.step.step_id


def with_panel(kept: bytes, shown: Panel) -> bytes:
    """The kept answer again, with the panel as it is now."""
    response = channel_service_pb2.AnswerStepResponse.FromString(kept)
    response.flow.panel.CopyFrom(panel(shown))
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
    present_steps.ask(message, value)
    return message


def panel(value: Panel) -> channel_pb2.Panel:
    return channel_pb2.Panel(
        state=channel_pb2.Panel.State.ValueType(int(value.state)),
        title=text(PANEL_TITLES[value.state]),
        reason=value.reason,
        reason_text=reason_text(value.reason),
        card=card(value.card) if value.card else None,
        offered_flows=[channel_pb2.FlowKind.ValueType(int(kind)) for kind in value.offered_flows],
        as_of_time=optional_timestamp(value.as_of_time),
        members=map(_member, value.members),
        level=card_pb2.Level.ValueType(int(value.level or 0)),
        allow_until_time=optional_timestamp(value.allow_until_time),
        edition=channel_pb2.Edition.ValueType(int(value.edition)),
    )


def _member(value: Member) -> channel_pb2.MemberCard:
    return channel_pb2.MemberCard(
        relation=family_pb2.Relation.ValueType(value.relation),
        relation_text=text(relation_words(value.relation)),
        masked_name=value.masked_name,
        masked_id_number=value.masked_id_number,
        card=card(value.card) if value.card else None,
    )


def record_entry(line: RecordLine) -> channel_pb2.RecordEntry:
    return channel_pb2.RecordEntry(
        text=text(RECORDS.get(line.kind, OTHER_RECORD)),
        record_time=to_timestamp(line.record_time),
        place=text(PLACES.get(line.place, OTHER_PLACE)),
        kind=line.kind,
    )
