"""The national platform, as flows ask it."""

from typing import Final

from essc.card.v1 import card_service_pb2, card_service_pb2_grpc
from essc.identity.v1 import identity_pb2, identity_service_pb2, identity_service_pb2_grpc
from essc.password.v1 import password_service_pb2, password_service_pb2_grpc
from essc.policy.v1 import policy_service_pb2, policy_service_pb2_grpc
from essc.record.v1 import record_service_pb2, record_service_pb2_grpc
from essc_channels.core.flow_kinds import AnswerKind, Check, FlowKind, Purpose
from essc_channels.core.flow_records import Answer
from essc_channels.core.records import Holding, Link, Person, RecordLine, Words
from essc_channels.ports import (
    Application,
    Ask,
    Consent,
    NewPassword,
    Question,
    RecordPage,
    Subject,
)
from essc_channels.wire import convert
from essc_channels.wire.calls import Caller
from essc_wire.client import Peer
from essc_wire.clock import monotonic
from essc_wire.refusals import Refusal
from essc_wire.times import to_instant

AWAY: Final = "PLATFORM_UNREACHABLE"

_METHODS: Final = {
    Check.TEXT_MESSAGE: identity_pb2.METHOD_TEXT_MESSAGE,
    Check.FACE: identity_pb2.METHOD_FACE,
    Check.CARD_PASSWORD: identity_pb2.METHOD_CARD_PASSWORD,
    Check.BANK_PHONE: identity_pb2.METHOD_RESERVED_PHONE,
}
# The one policy value that a panel depends on is fixed while the platform runs; it may come back
# from a restart with another.
_POLICY_KEPT_S: Final = 300.0


class PlatformClient:
    """Implements `NationalPlatform` over the contract."""

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        self._caller = Caller(peer, timeout_s, AWAY)
        self._identity = identity_service_pb2_grpc.IdentityServiceStub(peer.channel)
        self._cards = card_service_pb2_grpc.CardServiceStub(peer.channel)
        self._passwords = password_service_pb2_grpc.PasswordServiceStub(peer.channel)
        self._policy = policy_service_pb2_grpc.PolicyServiceStub(peer.channel)
        self._records = record_service_pb2_grpc.RecordServiceStub(peer.channel)
        self._loss = (False, 0.0)

    async def start_challenge(
        self, request_id: str, subject: Subject, purpose: Purpose, check: Check, ask: Ask
    ) -> Question | Refusal:
        request = identity_service_pb2.StartChallengeRequest(
            request_id=request_id,
            subject=convert.subject(subject),
            method=_METHODS.get(check, identity_pb2.METHOD_VOUCHED),
            purpose=identity_pb2.Purpose.ValueType(int(purpose)),
            vouch_kind=identity_pb2.VouchKind.ValueType(int(check.vouch_kind or 0)),
        )
        response = await self._caller.call(
            lambda options: self._identity.StartChallenge(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.question(response.challenge)

    async def answer_challenge(
        self, request_id: str, challenge_id: str, answer: Answer | None, ask: Ask
    ) -> str | Refusal:
        request = identity_service_pb2.AnswerChallengeRequest(
            request_id=request_id, challenge_id=challenge_id
        )
        if answer is None:
            request.vouched = True
        elif answer.kind is AnswerKind.FACE_CAPTURE:
            request.face_capture = answer.capture
        elif answer.kind is AnswerKind.CARD_PASSWORD:
            request.card_password = answer.text
        else:
            request.text_code = answer.text
        response = await self._caller.call(
            lambda options: self._identity.AnswerChallenge(request, **options), ask
        )
        return response if isinstance(response, Refusal) else response.proof.proof

    async def get_consent(self, ask: Ask) -> Consent | Refusal:
        request = policy_service_pb2.GetConsentRequest()
        response = await self._caller.call(
            lambda options: self._policy.GetConsent(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return Consent(version=response.version, text=Words(response.text_zh, response.text_en))

    async def apply(self, request_id: str, application: Application, ask: Ask) -> Holding | Refusal:
        request = card_service_pb2.ApplyRequest(
            request_id=request_id,
            identity_proof=application.identity_proof,
            face_proof=application.face_proof,
            consent_version=application.consent_version,
            region=application.region or None,
        )
        response = await self._caller.call(
            lambda options: self._cards.Apply(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.holding(response)

    async def find_link(self, person: Person, proof: str, ask: Ask) -> Link | Refusal:
        request = card_service_pb2.FindLinkRequest(
            name=person.name, id_number=person.id_number, identity_proof=proof
        )
        response = await self._caller.call(
            lambda options: self._cards.FindLink(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.link(response.link)

    async def accept_delivery(
        self, request_id: str, link: tuple[str, int], proof: str, consent_version: str, ask: Ask
    ) -> Holding | Refusal:
        request = card_service_pb2.AcceptDeliveryRequest(
            request_id=request_id,
            link_id=link[0],
            serial=link[1],
            identity_proof=proof,
            consent_version=consent_version,
        )
        response = await self._caller.call(
            lambda options: self._cards.AcceptDelivery(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.holding(response)

    async def decline_delivery(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal:
        request = card_service_pb2.DeclineDeliveryRequest(
            request_id=request_id, link_id=link[0], serial=link[1], identity_proof=proof
        )
        response = await self._caller.call(
            lambda options: self._cards.DeclineDelivery(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.link(response.link)

    async def unlink(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal:
        request = card_service_pb2.UnlinkRequest(
            request_id=request_id, link_id=link[0], serial=link[1], proof=proof
        )
        response = await self._caller.call(
            lambda options: self._cards.Unlink(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.link(response.link)

    async def raise_level(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal:
        request = card_service_pb2.RaiseLevelRequest(
            request_id=request_id, link_id=link[0], serial=link[1], proof=proof
        )
        response = await self._caller.call(
            lambda options: self._cards.RaiseLevel(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.link(response.link)

    async def lower_level(self, request_id: str, link: tuple[str, int], ask: Ask) -> Link | Refusal:
        request = card_service_pb2.LowerLevelRequest(
            request_id=request_id, link_id=link[0], serial=link[1]
        )
        response = await self._caller.call(
            lambda options: self._cards.LowerLevel(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.link(response.link)

    async def allow_while_lost(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal:
        request = card_service_pb2.AllowWhileLostRequest(
            request_id=request_id, link_id=link[0], serial=link[1], face_proof=proof
        )
        response = await self._caller.call(
            lambda options: self._cards.AllowWhileLost(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.link(response.link)

    async def is_consent_to_loss(self, ask: Ask) -> bool:
        is_known, until = self._loss
        if monotonic() < until:
            return is_known
        request = policy_service_pb2.GetPolicyRequest()
        response = await self._caller.call(
            lambda options: self._policy.GetPolicy(request, **options), ask
        )
        if isinstance(response, Refusal):
            return False
        values = {each.name: each.value for each in response.values}
        self._loss = (values.get("loss") == "holder_consent", monotonic() + _POLICY_KEPT_S)
        return self._loss[0]

    async def change_password(
        self, request_id: str, kind: FlowKind, new: NewPassword, ask: Ask
    ) -> Refusal | None:
        outcome = await self._change_password(request_id, kind, new, ask)
        return outcome if isinstance(outcome, Refusal) else None

    async def _change_password(
        self, request_id: str, kind: FlowKind, new: NewPassword, ask: Ask
    ) -> object:
        link_id, password = new.link_id, new.password
        if kind is FlowKind.RESET_PASSWORD:
            reset = password_service_pb2.ResetPasswordRequest(
                request_id=request_id,
                link_id=link_id,
                text_proof=new.proofs[0],
                face_proof=new.proofs[1],
                new_password=password,
            )
            return await self._caller.call(
                lambda options: self._passwords.ResetPassword(reset, **options), ask
            )
        if kind is FlowKind.CHANGE_PASSWORD:
            change = password_service_pb2.ChangePasswordRequest(
                request_id=request_id, link_id=link_id, proof=new.proofs[0], new_password=password
            )
            return await self._caller.call(
                lambda options: self._passwords.ChangePassword(change, **options), ask
            )
        first = password_service_pb2.SetPasswordRequest(
            request_id=request_id, link_id=link_id, proof=new.proofs[0], new_password=password
        )
        return await self._caller.call(
            lambda options: self._passwords.SetPassword(first, **options), ask
        )

    async def get_card(
        self, link_id: str, ask: Ask, *, timeout_s: float | None = None
    ) -> Holding | Refusal:
        request = card_service_pb2.GetCardRequest(link_id=link_id)
        response = await self._caller.call(
            lambda options: self._cards.GetCard(request, **options), ask, timeout_s=timeout_s
        )
        return response if isinstance(response, Refusal) else convert.holding(response)

    async def list_records(
        self, link_id: str, page_size: int, page_token: str, ask: Ask, *, face_proof: str = ""
    ) -> RecordPage | Refusal:
        request = record_service_pb2.ListRecordsRequest(
            link_id=link_id, page_size=page_size, page_token=page_token, face_proof=face_proof
        )
        response = await self._caller.call(
            lambda options: self._records.ListRecords(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return RecordPage(
            lines=tuple(map(_line, response.records)), next_page_token=response.next_page_token
        )


def _line(message: record_service_pb2.Record) -> RecordLine:
    kinds, places = record_service_pb2.Record.Kind, record_service_pb2.Record.Place
    return RecordLine(
        kind=kinds.Name(message.kind) if message.kind in kinds.values() else str(message.kind),
        place=places.Name(message.place) if message.place in places.values() else "",
        record_time=to_instant(message.record_time),
        channel_name=message.channel_name,
    )
