"""The authority behind the channel's vouching: simulated or real, it is an address."""

from typing import Final

from essc.authority.v1 import authority_service_pb2, authority_service_pb2_grpc
from essc.identity.v1 import identity_pb2
from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.records import Person
from essc_channels.ports import Ask, Question
from essc_channels.wire import convert
from essc_channels.wire.calls import Caller
from essc_wire.client import Peer
from essc_wire.refusals import Refusal
from essc_wire.times import to_instant

_AWAY: Final = "AUTHORITY_UNREACHABLE"


class VouchClient:
    """Implements `Vouching` over the contract."""

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        self._caller = Caller(peer, timeout_s, _AWAY)
        self._stub = authority_service_pb2_grpc.VouchServiceStub(peer.channel)

    async def get_person(self, account: str, ask: Ask) -> Person | Refusal:
        request = authority_service_pb2.GetAccountRequest(account=account)
        response = await self._caller.call(
            lambda options: self._stub.GetAccount(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.person(response.person)

    async def start_vouch(
        self, request_id: str, account: str, kind: VouchKind, ask: Ask
    ) -> Question | Refusal:
        request = authority_service_pb2.StartVouchRequest(
            request_id=request_id,
            account=account,
            kind=identity_pb2.VouchKind.ValueType(int(kind)),
        )
        response = await self._caller.call(
            lambda options: self._stub.StartVouch(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return Question(
            number=response.vouch_id,
            expire_time=to_instant(response.expire_time)
            if response.HasField("expire_time")
            else None,
            masked_phone=response.masked_phone,
            tries_left=response.tries_left,
        )

    async def answer_vouch(
        self, request_id: str, vouch_id: str, answer: str, ask: Ask
    ) -> Refusal | None:
        request = authority_service_pb2.AnswerVouchRequest(
            request_id=request_id, vouch_id=vouch_id, answer=answer
        )
        response = await self._caller.call(
            lambda options: self._stub.AnswerVouch(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        if response.passed:
            return None
        return Refusal("VOUCHING_FAILED", {"tries_left": str(response.tries_left)})
