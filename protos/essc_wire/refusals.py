"""Reasons as both sides of a call see them: the enum's own semantics, and how a refusal travels.

A refusal is a value. A servicer returns it, the guard turns it into a rich status, and a client
reads it back with `refusal_of`. A status without our ErrorInfo (transport, proxy, crash) carries no
reason and is always indefinite.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

import grpc
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from essc.errors.v1 import error_reason_pb2, reason_semantics_pb2
from essc.errors.v1.reason_semantics_pb2 import ReasonSemantics

PREFIX: Final = "ERROR_REASON_"
PLATFORM_DOMAIN: Final = "essc.platform"
CHANNEL_DOMAIN: Final = "essc.channel"

# A reason that somebody passes on and this process does not know travels as it is.
_OF_A_NEWER_CONTRACT = ReasonSemantics(
    code=code_pb2.UNKNOWN,
    certainty=reason_semantics_pb2.CERTAINTY_INDEFINITE,
    text_en="A reason of a newer contract.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One field that is not as the contract wants it."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused: a reason's name without prefix, and what varies.

    `details` become ErrorInfo.metadata and must never hold personal data.
    """

    reason: str
    details: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    retry_after_ms: int | None = None


@cache
def semantics() -> Mapping[str, ReasonSemantics]:
    """Every reason's semantics, by name without prefix, in the order of their numbers."""
    values = error_reason_pb2.ErrorReason.DESCRIPTOR.values
    return {
        value.name.removeprefix(PREFIX): value.GetOptions().Extensions[
            reason_semantics_pb2.semantics
        ]
        for value in values
        if value.number
    }


def status_of(refusal: Refusal, domain: str) -> grpc.Status:
    """The rich status of a refusal: ErrorInfo, and BadRequest or RetryInfo where they belong."""
    if refusal.details or refusal.violations:
        return rpc_status.to_status(proto_status(refusal, domain))
    return _plain_status(refusal.reason, refusal.retry_after_ms, domain)


@lru_cache(maxsize=512)
def _plain_status(reason: str, retry_after_ms: int | None, domain: str) -> grpc.Status:
    """A status that varies little: whoever refuses much makes it once."""
    return rpc_status.to_status(
        proto_status(Refusal(reason, retry_after_ms=retry_after_ms), domain)
    )


def proto_status(refusal: Refusal, domain: str) -> status_pb2.Status:
    """The same as a message, for an answer that carries refusals of its parts."""
    meaning = semantics().get(refusal.reason, _OF_A_NEWER_CONTRACT)
    status = status_pb2.Status(code=meaning.code, message=f"{refusal.reason}: {meaning.text_en}")
    _add(
        status,
        error_details_pb2.ErrorInfo(
            reason=refusal.reason, domain=domain, metadata=dict(refusal.details)
        ),
    )
    if refusal.violations:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.text)
            for v in refusal.violations
        ]
        _add(status, error_details_pb2.BadRequest(field_violations=violations))
    if refusal.retry_after_ms is not None:
        seconds, millis = divmod(refusal.retry_after_ms, 1000)
        delay = Duration(seconds=seconds, nanos=millis * 1_000_000)
        _add(status, error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def _add(status: status_pb2.Status, detail: object) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)  # type: ignore[arg-type]
    status.details.append(packed)


def refusal_of(error: grpc.RpcError) -> Refusal | None:
    """The refusal inside an error of a call; None if the status carries no ErrorInfo of ours."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # aio's errors are calls too
    if status is None:
        return None
    info = error_details_pb2.ErrorInfo()
    bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    found = False
    for detail in status.details:
        found = detail.Unpack(info) or found
        detail.Unpack(bad)
        detail.Unpack(retry)
    if not found or info.domain not in (PLATFORM_DOMAIN, CHANNEL_DOMAIN):
        return None
    return Refusal(
        info.reason,
        dict(info.metadata),
        tuple(Violation(field=v.field, text=v.description) for v in bad.field_violations),
        retry.retry_delay.ToMilliseconds() if retry.HasField("retry_delay") else None,
    )


def reason_of(error: grpc.RpcError) -> str | None:
    """The reason's name without prefix; None if there is none of ours."""
    refusal = refusal_of(error)
    return refusal.reason if refusal else None


def is_definite(error: grpc.RpcError) -> bool:
    """Whether the refused change surely did not happen and will not. An unknown reason is not."""
    refusal = refusal_of(error)
    return refusal is not None and is_certain(refusal)


def is_certain(refusal: Refusal) -> bool:
    """The same, of a refusal before it travels."""
    meaning = semantics().get(refusal.reason)
    return meaning is not None and meaning.certainty == reason_semantics_pb2.CERTAINTY_DEFINITE
