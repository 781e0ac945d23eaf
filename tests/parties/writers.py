"""Channels that write to the platform while it is being killed, and remember what they were told.

Each writer speaks for one channel with that channel's own key, beside the real channel process,
which only follows the feed. A change is sent again, with the same request_id, until its outcome is
certain; or, now and then, given up while it is uncertain, and then it may have happened wholly or
not at all.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import grpc
from google.protobuf.message import Message

from essc.card.v1 import card_pb2, card_service_pb2
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.identity.v1 import identity_pb2, identity_service_pb2
from essc.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from essc.lab.v1 import lab_service_pb2
from essc.registry.v1 import physical_card_pb2, registry_service_pb2
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc_wire.client import Peer
from essc_wire.clock import monotonic, new_request_id
from essc_wire.id_numbers import synthetic
from essc_wire.refusals import is_definite, reason_of

CONSENT = "2026-01"
ATTEMPT_S = 1.0
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Person:
    """An invented citizen with a normal card."""

    name: str
    id_number: str


class GivenUpError(Exception):
    """The outcome of a change was uncertain, and its writer did not ask again."""


@dataclass
class Told:
    """What the platform acknowledged: a change as it was sent, and its answer, byte for byte."""

    send: Callable[[], Awaitable[Message]]
    answer: bytes


@dataclass
class Held:
    """What a writer knows of its link to one person."""

    link_id: str = ""
    serial: int = 0
    is_active: bool = False
    is_uncertain: bool = False


@dataclass
class Writer:
    """One channel's writer: applies and unlinks, again and again."""

    channel: str
    peer: Peer
    vouch_kind: identity_pb2.VouchKind.ValueType
    people: list[Person]
    chance: random.Random
    not_now: frozenset[str] = frozenset({"PLATFORM_DRAINING"})
    """Definite refusals after which it asks again."""
    told: list[Told] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    given_up: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        self._cards = CardServiceStub(self.peer.channel)
        self._identity = IdentityServiceStub(self.peer.channel)
        self.held = {person.id_number: Held() for person in self.people}

    async def run(self, stop: asyncio.Event) -> None:
        """Writes until it is told to stop."""
        while not stop.is_set():
            person = self.chance.choice(self.people)
            held = self.held[person.id_number]
            try:
                await (self._unlink(held) if held.is_active else self._apply(person, held))
            except GivenUpError:
                self.given_up += 1
                await self._settle(person, held)

    async def _apply(self, person: Person, held: Held) -> None:
        subject = identity_pb2.Subject(
            person=identity_pb2.Person(name=person.name, id_number=person.id_number)
        )
        identity = await self._proof(subject, identity_pb2.METHOD_VOUCHED, person)
        face = await self._proof(subject, identity_pb2.METHOD_FACE, person)
        request = card_service_pb2.ApplyRequest(
            request_id=new_request_id(),
            identity_proof=identity,
            face_proof=face,
            consent_version=CONSENT,
        )
        answer = await self._change(self._cards.Apply, request, may_give_up=True)
        assert isinstance(answer, card_service_pb2.ApplyResponse)
        assert answer.link.serial == held.serial + 1, "a serial was skipped or came twice"
        held.link_id, held.serial, held.is_active = answer.link.link_id, answer.link.serial, True

    async def _unlink(self, held: Held) -> None:
        subject = identity_pb2.Subject(link_id=held.link_id)
        person = next(p for p in self.people if self.held[p.id_number] is held)
        request = card_service_pb2.UnlinkRequest(
            request_id=new_request_id(),
            link_id=held.link_id,
            serial=held.serial,
            proof=await self._proof(subject, identity_pb2.METHOD_FACE, person),
        )
        answer = await self._change(self._cards.Unlink, request, may_give_up=True)
        assert isinstance(answer, card_service_pb2.UnlinkResponse)
        assert answer.link.serial == held.serial
        held.is_active = False

    async def _settle(self, person: Person, held: Held) -> None:
        """Finds out what became of a change that was given up: wholly done, or not at all."""
        subject = identity_pb2.Subject(
            person=identity_pb2.Person(name=person.name, id_number=person.id_number)
        )
        purpose = identity_pb2.PURPOSE_FIND_LINK
        proof = await self._proof(subject, identity_pb2.METHOD_VOUCHED, person, purpose)
        request = card_service_pb2.FindLinkRequest(
            name=person.name, id_number=person.id_number, identity_proof=proof
        )
        try:
            link = (await self._ask(self._cards.FindLink, request)).link
        except grpc.RpcError as error:
            if reason_of(error) != "LINK_NOT_FOUND" or held.serial:
                raise
            return
        is_active = link.state == card_pb2.Link.STATE_ACTIVE
        steps = (2 * link.serial - is_active) - (2 * held.serial - held.is_active)
        assert steps in (0, 1), "one given-up change did more or less than itself"
        held.link_id, held.serial, held.is_active = link.link_id, link.serial, is_active

    async def _proof(
        self,
        subject: identity_pb2.Subject,
        method: identity_pb2.Method.ValueType,
        person: Person,
        purpose: identity_pb2.Purpose.ValueType | None = None,
    ) -> str:
        by_link = subject.HasField("link_id")
        default = identity_pb2.PURPOSE_UNLINK if by_link else identity_pb2.PURPOSE_APPLY
        start = identity_service_pb2.StartChallengeRequest(
            request_id=new_request_id(),
            subject=subject,
            method=method,
            purpose=purpose or default,
        )
        if method == identity_pb2.METHOD_VOUCHED:
            start.vouch_kind = self.vouch_kind
        challenge = (await self._change(self._identity.StartChallenge, start)).challenge
        answer = identity_service_pb2.AnswerChallengeRequest(
            request_id=new_request_id(), challenge_id=challenge.challenge_id
        )
        if method == identity_pb2.METHOD_VOUCHED:
            answer.vouched = True
        else:
            answer.face_capture = lab_service_pb2.FaceCapture(
                id_number=person.id_number,
                actions=challenge.face.actions,
                digits=challenge.face.digits,
            ).SerializeToString()
        proof: str = (await self._change(self._identity.AnswerChallenge, answer)).proof.proof
        return proof

    async def _change(self, method: object, request: Message, *, may_give_up: bool = False) -> Any:
        """Sends a change until it is certain; remembers what was acknowledged."""

        def send() -> Awaitable[Message]:
            return method(request, **self.peer.options(timeout_s=ATTEMPT_S))  # type: ignore[operator,no-any-return]

        until = monotonic() + PATIENCE_S
        while monotonic() < until:
            try:
                answer = await send()
            except grpc.RpcError as error:
                if is_definite(error) and reason_of(error) not in self.not_now:
                    raise
                if may_give_up and self.chance.random() < 0.3:
                    raise GivenUpError from None
                self.repeated += 1
                await asyncio.sleep(0.1)
                continue
            self.told.append(Told(send, answer.SerializeToString()))
            return answer
        message = f"no certain answer in {PATIENCE_S:.0f} s"
        raise AssertionError(message)

    async def _ask(self, method: object, request: Message) -> Any:
        until = monotonic() + PATIENCE_S
        while monotonic() < until:
            try:
                return await method(request, **self.peer.options(timeout_s=ATTEMPT_S))  # type: ignore[operator]
            except grpc.RpcError as error:
                if is_definite(error):
                    raise
                await asyncio.sleep(0.1)
        message = "no answer"
        raise AssertionError(message)


def invented(count: int, first: int = 0) -> list[Person]:
    """People with normal cards, once they are imported."""
    people = []
    for place in range(first, first + count):
        birth = date(1960 + place // 1000 % 40, 1 + place // 28 % 12, 1 + place % 28)
        people.append(Person(name=f"试{place % 10}人", id_number=synthetic(birth, place % 1000)))
    return people


async def bring_in(bureau: Peer, people: list[Person], region: str = "320600") -> None:
    """Registers people with second-generation cards that are normal."""

    async def items() -> Any:
        for place, person in enumerate(people):
            yield registry_service_pb2.ImportCitizensRequest(
                citizen=registry_service_pb2.RegisterCitizenRequest(
                    request_id=new_request_id(),
                    name=person.name,
                    id_number=person.id_number,
                    phone=f"111{place:08d}",
                ),
                physical_card=registry_service_pb2.IssuePhysicalCardRequest(
                    request_id=new_request_id(),
                    id_number=person.id_number,
                    region=region,
                    generation=physical_card_pb2.GENERATION_SECOND,
                    enabled=True,
                ),
            )

    stub = RegistryServiceStub(bureau.channel)
    answer = await stub.ImportCitizens(items(), **bureau.options(timeout_s=60))
    assert answer.imported_count == len(people), answer.refusals
