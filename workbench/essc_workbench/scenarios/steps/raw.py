"""Sending what a file says: any method of the contract, as any party, with any token.

A request is written as JSON has it. Names in it (`references.py`) are filled in when it is sent,
and each call gets a request id of its own where the file gives none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message
from pydantic import BaseModel, ConfigDict, Field

from essc_wire.client import TIMEOUT_S, CallOptions, Peer
from essc_wire.clock import new_request_id
from essc_wire.keys import new_key
from essc_wire.tokens import LIFETIME_S_MAX, sign_token
from essc_workbench.connections import party_key
from essc_workbench.failures import UsageError
from essc_workbench.history.methods import Method, methods
from essc_workbench.routes import NOBODY, PHONE, PLATFORM
from essc_workbench.scenarios.fields import CallerName, ChannelName, CitizenName, Request
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking
from essc_workbench.scenarios.steps.references import filled

_LONG_AGO_S = -300


class SignedByOther(BaseModel):
    """A token in the caller's name that another party has signed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    of: CallerName = Field(description="Whose key signs it.")


Token = Literal["own", "none", "expired", "forged", "other_platform"] | SignedByOther


@dataclass(frozen=True, slots=True)
class Sent:
    """A call as it went out: to be sent again, byte for byte."""

    peer: Peer
    method: Method
    content: bytes
    metadata: tuple[tuple[str, str], ...]

    async def again(self, options: CallOptions) -> Message:
        """Sends it. Raises RpcError."""
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, Message] = self.peer.channel.unary_unary(
            f"/{self.method.path}",
            request_serializer=None,
            response_deserializer=self.method.response.FromString,
        )
        return await call(self.content, **options)

    async def replayed(self, timeout_s: float = TIMEOUT_S) -> Message:
        """Sends the same bytes with the same metadata."""
        options = self.peer.options(timeout_s=timeout_s)
        return await self.again({**options, "metadata": self.metadata})


class Sending(Asking):
    """Somebody calls a method of the contract."""

    by: CallerName = Field(
        NOBODY,
        description=(
            "Who calls: bureau, operator, a channel, a verifier, a provider, phone, or nobody."
        ),
    )
    method: str = Field(
        max_length=120,
        description="Which method: `Unlink`, `CardService/Unlink`, or its whole path.",
    )
    request: Request = Field(
        default_factory=dict,
        description="The request as JSON; `$name` stands for what is kept, `$who.id_number` for"
        " what is known of a citizen.",
    )
    citizen: CitizenName = Field("", description="Whose phone, if a phone calls.")
    channel: ChannelName = Field(
        "", description="Which channel is called, if it is not the platform."
    )
    with_token: Token = Field(
        "own",
        description=(
            "With which token: the own one, none, an expired or forged one, one for another "
            "platform, or `of: NAME`, signed with another party's key."
        ),
    )

    def about(self) -> str:
        """The step in a few words."""
        return f"{self.by} calls {self.method}"

    def found(self) -> Method:
        """The method. Raises UsageError if there is none of that name, or it streams."""
        fitting = [each for each in methods().values() if self.method in each.names]
        if not fitting:
            names = {name for each in methods().values() for name in each.names[:2]}
            raise UsageError(f"no method {self.method!r}; {meant(self.method, names)}")
        if len(fitting) > 1:
            options = " or ".join(each.names[1] for each in fitting)
            raise UsageError(f"{self.method}: several methods are called so: {options}")
        if fitting[0].is_client_streaming or fitting[0].is_server_streaming:
            raise UsageError(f"{self.method}: a stream; only single calls are sent by hand")
        return fitting[0]

    def slips(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().slips()
        try:
            method = self.found()
        except UsageError as error:
            yield ("method",), str(error)
            return
        yield from _unknown(method.request.DESCRIPTOR, self.request, ("request",))

    async def prepared(self, stage: Stage, request_id: str = "") -> Sent:
        """The call, ready to go out."""
        method = self.found()
        peer, bearer = await self._route(stage, method)
        content = _message(method, filled(stage, self.request), request_id or new_request_id())
        options = peer.options(bearer=bearer)
        return Sent(peer, method, content.SerializeToString(), options["metadata"])

    async def _route(self, stage: Stage, method: Method) -> tuple[Peer, str]:
        """Whom the call goes to, and what the caller shows instead of the own token."""
        connections = stage.connections
        if method.path.startswith("essc.lab."):
            return connections.lab(self.channel or PLATFORM), ""
        if self.by == PHONE:
            if not (self.citizen and self.channel):
                raise UsageError("a phone calls with a `citizen`, in a `channel`")
            phone = await stage.phone(self.citizen, self.channel)
            return connections.channel(self.channel), phone.session
        if self.channel:
            return connections.channel(self.channel), ""
        bearer = self._token(stage)
        return stage.peer("" if self.by == NOBODY or bearer is None else self.by), bearer or ""

    def _token(self, stage: Stage) -> str | None:
        """What is shown instead of the own token: empty for the own one, None for none."""
        folder, platform_id = stage.federation.folder, stage.federation.state.platform_id
        match self.with_token:
            case "own":
                return ""
            case "none":
                return None
            case "expired":
                key = party_key(folder, self.by)
                return sign_token(self.by, key, platform_id, _LONG_AGO_S)
            case "forged":
                return sign_token(self.by, new_key(), platform_id, LIFETIME_S_MAX)
            case "other_platform":
                key = party_key(folder, self.by)
                return sign_token(self.by, key, f"not-{platform_id}", LIFETIME_S_MAX)
            case other:
                key = party_key(folder, other.of)
                return sign_token(self.by, key, platform_id, LIFETIME_S_MAX)


def _unknown(
    kind: Any, values: Mapping[str, Any], place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The fields of a request that its message (a descriptor) does not have, with their places."""
    known = {name: each for each in kind.fields for name in (each.name, each.json_name)}
    for name, value in values.items():
        field, here = known.get(name), (*place, name)
        if field is None:
            names = [each.name for each in kind.fields]
            yield here, f"no field {name!r} in {kind.name}; {meant(name, names)}"
        elif _is_plain(field.message_type):
            for at, inner in enumerate(value) if isinstance(value, list | tuple) else [(-1, value)]:
                if isinstance(inner, Mapping):
                    deeper = here if at < 0 else (*here, at)
                    yield from _unknown(field.message_type, inner, deeper)


def _is_plain(kind: Any) -> bool:
    """Whether JSON has a message's fields by name: neither a map nor one of Google's own."""
    if kind is None or kind.GetOptions().map_entry:
        return False
    return not str(kind.full_name).startswith("google.protobuf.")


def _message(method: Method, values: Mapping[str, Any], request_id: str) -> Message:
    message = method.request()
    try:
        json_format.ParseDict(dict(values), message)
    except json_format.ParseError as error:
        raise UsageError(f"{method.names[1]}: the request does not fit: {error}") from None
    if "request_id" in method.request.DESCRIPTOR.fields_by_name:
        given: str = getattr(message, "request_id")  # noqa: B009 - the type has no such attribute
        if not given:
            json_format.ParseDict({"request_id": request_id}, message)
    return message


Count = Annotated[int, Field(ge=1, le=200)]
