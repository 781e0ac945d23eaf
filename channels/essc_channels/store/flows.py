"""Flows as rows, and the answers that were given to request ids."""

import hmac
import json
from typing import Any

from sqlalchemy import Connection, insert, select, update

from essc_channels.core.flow_kinds import Check, FlowKind, FlowState, Stage
from essc_channels.core.flow_records import Flow, Memory, Option, Step
from essc_channels.core.records import Instant, Words
from essc_channels.store.tables import answers, flows
from essc_channels.store.upserts import upsert
from essc_wire.refusals import Refusal

_STEP_FIELDS = (
    "number",
    "stage",
    "check",
    "attempt",
    "expire_time",
    "tries_left",
    "last_reason",
    "challenge_id",
    "vouch_id",
    "masked_phone",
    "actions",
    "digits",
    "is_of_member",
    "version",
    "faults",
    "next_page_token",
)


_MEMORY_FIELDS = (
    "check",
    "link_id",
    "serial",
    "card_region",
    "password_is_set",
    "consent_version",
    "region",
    "is_child",
    "setbacks",
    "page_token",
)


def find_flow(connection: Connection, session: str, flow_id: str) -> Flow | None:
    """A flow of this very session."""
    row = connection.execute(select(flows).where(flows.c.flow_id == flow_id)).first()
    return _flow(row) if row is not None and row.session == session else None


def open_flow(connection: Connection, session: str) -> Flow | None:
    """The session's running flow."""
    statement = select(flows).where(
        flows.c.session == session, flows.c.state == int(FlowState.OPEN)
    )
    row = connection.execute(statement).first()
    return _flow(row) if row is not None else None


def save_flow(connection: Connection, flow: Flow) -> None:
    values = {
        "session": flow.session,
        "account": flow.account,
        "kind": int(flow.kind),
        "state": int(flow.state),
        "reason": flow.reason,
        "expire_time": flow.expire_time,
        "steps_taken": flow.steps_taken,
        "step": _step_text(flow.step) if flow.step else None,
        "memory": _memory_text(flow.memory) if flow.is_open else None,
        "sealed_draft": flow.sealed_draft or None,
    }
    upsert(connection, flows, {"flow_id": flow.flow_id}, values)


def cancel_flows(connection: Connection, session: str) -> None:
    """Ends the session's open flows, and forgets what they gathered."""
    connection.execute(
        update(flows)
        .where(flows.c.session == session, flows.c.state == int(FlowState.OPEN))
        .values(state=int(FlowState.CANCELLED), step=None, memory=None, sealed_draft=None)
    )


def find_answer(
    connection: Connection, session: str, request_id: str, content_digest: bytes
) -> bytes | Refusal | None:
    """What was answered to this request; a refusal if the id came with other content."""
    statement = select(answers.c.content_digest, answers.c.answer).where(
        answers.c.session == session, answers.c.request_id == request_id
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    if not hmac.compare_digest(row.content_digest, content_digest):
        return Refusal("REQUEST_ID_REUSED")
    answer: bytes = row.answer
    return answer


def add_answer(
    connection: Connection,
    session: str,
    request_id: str,
    content_digest: bytes,
    answer: bytes,
    now: Instant,
) -> None:
    connection.execute(
        insert(answers).values(
            session=session,
            request_id=request_id,
            content_digest=content_digest,
            answer=answer,
            answer_time=now,
        )
    )


def _flow(row: Any) -> Flow:
    return Flow(
        flow_id=row.flow_id,
        session=row.session,
        account=row.account,
        kind=FlowKind(row.kind),
        state=FlowState(row.state),
        reason=row.reason,
        expire_time=row.expire_time,
        steps_taken=row.steps_taken,
        step=_step(json.loads(row.step)) if row.step else None,
        memory=_memory(json.loads(row.memory)) if row.memory else Memory(),
        sealed_draft=row.sealed_draft or b"",
    )


def _step_text(step: Step) -> str:
    values = {name: getattr(step, name) for name in _STEP_FIELDS}
    values["options"] = list(map(_option_values, step.options))
    values["text"] = list(step.text) if step.text else None
    return json.dumps(values, ensure_ascii=False)


def _step(values: dict[str, Any]) -> Step:
    return Step(
        **values
        | {
            "stage": Stage(values["stage"]),
            "check": _check(values["check"]),
            "actions": tuple(values["actions"]),
            "options": tuple(map(_option, values["options"])),
            "faults": tuple(values["faults"]),
            "text": Words(*values["text"]) if values["text"] else None,
        }
    )


def _memory_text(memory: Memory) -> str:
    values = {name: getattr(memory, name) for name in _MEMORY_FIELDS}
    values["choices"] = [[stage, _option_values(option)] for stage, option in memory.choices]
    values["proofs"] = [list(pair) for pair in memory.proofs]
    return json.dumps(values, ensure_ascii=False)


def _memory(values: dict[str, Any]) -> Memory:
    return Memory(
        **values
        | {
            "check": _check(values["check"]),
            "choices": tuple((Stage(at), _option(option)) for at, option in values["choices"]),
            "proofs": tuple((Stage(at), proof) for at, proof in values["proofs"]),
        }
    )


def _option_values(option: Option) -> list[str]:
    return [option.choice_id, *option.label]


def _option(values: list[str]) -> Option:
    choice_id, zh, en = values
    return Option(choice_id=choice_id, label=Words(zh, en))


def _check(number: int | None) -> Check | None:
    return None if number is None else Check(number)
