"""Flows as rows, and the answers that were given to request ids."""

import hmac
import json
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from essc_channels.core.flow_records import (
    Check,
    Flow,
    FlowKind,
    FlowState,
    Memory,
    Option,
    Stage,
    Step,
)
from essc_channels.core.records import Instant, Words
from essc_channels.store.tables import answers, flows
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
    "version",
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
    }
    statement = insert(flows).values(flow_id=flow.flow_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["flow_id"], set_=values))


def cancel_flows(connection: Connection, session: str) -> None:
    """Ends the session's open flows, and forgets what they gathered."""
    connection.execute(
        update(flows)
        .where(flows.c.session == session, flows.c.state == int(FlowState.OPEN))
        .values(state=int(FlowState.CANCELLED), step=None, memory=None)
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
    )


def _step_text(step: Step) -> str:
    values = {name: getattr(step, name) for name in _STEP_FIELDS}
    values["options"] = [[option.choice_id, *option.label] for option in step.options]
    values["text"] = list(step.text) if step.text else None
    return json.dumps(values, ensure_ascii=False)


def _step(values: dict[str, Any]) -> Step:
    options = tuple(
        Option(choice_id=choice_id, label=Words(zh, en)) for choice_id, zh, en in values["options"]
    )
    return Step(
        **values
        | {
            "stage": Stage(values["stage"]),
            "check": _check(values["check"]),
            "actions": tuple(values["actions"]),
            "options": options,
            "text": Words(*values["text"]) if values["text"] else None,
        }
    )


def _memory_text(memory: Memory) -> str:
    return json.dumps(
        {
            "check": memory.check,
            "link_id": memory.link_id,
            "serial": memory.serial,
            "password_is_set": memory.password_is_set,
            "consent_version": memory.consent_version,
            "region": memory.region,
            "proofs": [list(pair) for pair in memory.proofs],
        }
    )


def _memory(values: dict[str, Any]) -> Memory:
    proofs = tuple((Stage(stage), proof) for stage, proof in values["proofs"])
    return Memory(**values | {"check": _check(values["check"]), "proofs": proofs})


def _check(number: int | None) -> Check | None:
    return None if number is None else Check(number)
