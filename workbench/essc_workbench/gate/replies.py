"""What comes back from a call, as a value: an answer's bytes or a status, with all metadata."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import grpc

from essc_wire.refusals import CHANNEL_DOMAIN, PLATFORM_DOMAIN, Refusal, refusal_of, status_of
from essc_wire.refusals import is_certain as is_certain_refusal
from essc_workbench.history.items import Outcome
from essc_workbench.routes import AUTHORITIES, PLATFORM

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]

_DETAILS: Final = "grpc-status-details-bin"
# What gRPC itself writes into each call; whoever passes a call on leaves it to his own gRPC.
_GRPC_OWN: Final = ("user-agent", "content-type", "te")


@dataclass(frozen=True, slots=True)
class Reply:
    """The end of a call."""

    code: grpc.StatusCode
    text: str = ""
    raw: bytes | None = None
    """The answer; None where there is none, as at the end of a stream."""
    initial: Metadata = ()
    trailing: Metadata = ()
    fault_id: str = ""
    """The fault that made it; empty if it is the called party's."""

    @property
    def is_good(self) -> bool:
        return self.code is grpc.StatusCode.OK

    def refusal(self) -> Refusal | None:
        """The refusal in it, if it carries one of ours."""
        if self.is_good:
            return None
        try:
            return refusal_of(_Status(self))
        except ValueError:  # a party whose two statuses contradict each other
            return None

    def outcome(self) -> tuple[Outcome, str]:
        """What became of the call, and the reason's or else the status's name."""
        if self.is_good:
            return Outcome.OK, ""
        refusal = self.refusal()
        if refusal is None:
            return Outcome.UNKNOWN, self.code.name
        outcome = Outcome.REFUSED if is_certain_refusal(refusal) else Outcome.UNKNOWN
        return outcome, refusal.reason


class _Status(grpc.RpcError):
    """A reply as `refusal_of` takes errors."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self._reply = reply

    def code(self) -> grpc.StatusCode:
        return self._reply.code

    def details(self) -> str:
        return self._reply.text

    def trailing_metadata(self) -> Any:
        return self._reply.trailing


def failed(error: grpc.aio.AioRpcError) -> Reply:
    """The reply of a call that raised."""
    return Reply(
        error.code(),
        error.details() or "",
        initial=kept(error.initial_metadata()),
        trailing=kept(error.trailing_metadata()),
    )


def refused(refusal: Refusal, target: str, fault_id: str) -> Reply:
    """A refusal as the target itself would send it."""
    domain = PLATFORM_DOMAIN if target in (PLATFORM, AUTHORITIES) else CHANNEL_DOMAIN
    status = status_of(refusal, domain)
    trailing = kept(status.trailing_metadata)
    return Reply(status.code, status.details, trailing=trailing, fault_id=fault_id)


def broken(text: str, fault_id: str) -> Reply:
    """What a caller gets from a broken line."""
    return Reply(grpc.StatusCode.UNAVAILABLE, text, fault_id=fault_id)


def kept(metadata: Any) -> Metadata:
    """The metadata that travels on, as it is."""
    return tuple(
        (key, value)
        for key, value in metadata or ()
        if key not in _GRPC_OWN and (not key.startswith("grpc-") or key == _DETAILS)
    )
