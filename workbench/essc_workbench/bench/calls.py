"""The calls that are measured, prepared beforehand: reads, and writes with fresh proofs.

A round of writes is an unlink of every holder followed by an application of every holder: each has
its own request id and its own proofs. A proof lives ten minutes, so a round is prepared right
before it is run.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, cycle, islice

from essc.card.v1 import card_service_pb2 as card
from essc.identity.v1 import identity_pb2 as identity
from essc.identity.v1 import identity_service_pb2 as challenges
from essc.lab.v1.lab_service_pb2 import FaceCapture
from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND
from essc_wire.client import Peer
from essc_workbench.bench.load import Send, answers, method
from essc_workbench.bench.parties import Platform
from essc_workbench.bench.people import Person, import_items, import_people, people

_CARDS = "/essc.card.v1.CardService"
_IDENTITY = "/essc.identity.v1.IdentityService"
CONSENT_VERSION = "2026-01"


@dataclass(slots=True)
class Holder:
    """A citizen with a link in the measured channel."""

    person: Person
    link_id: str = ""
    serial: int = 0


class Caller:
    """A channel that reads and writes at a platform."""

    def __init__(self, platform: Platform, number: int = 0) -> None:
        """The channel of this number among the platform's."""
        self.platform = platform
        self._peer = platform.connections.platform(platform.channels[number])
        self._get, self._apply, self._unlink = (
            method(self._peer, f"{_CARDS}/{name}") for name in ("GetCard", "Apply", "Unlink")
        )
        self._start = method(self._peer, f"{_IDENTITY}/StartChallenge")
        self._answer = method(self._peer, f"{_IDENTITY}/AnswerChallenge")
        self._holders: list[Holder] = []

    def by(self, platform: Platform) -> "Caller":
        """The same holders, called through other connections to the same platform."""
        other = Caller(platform)
        other._holders = self._holders
        return other

    @property
    def peer(self) -> Peer:
        """The platform as this channel calls it."""
        return self._peer

    @property
    def holders(self) -> list[Holder]:
        """Whoever was settled."""
        return self._holders

    async def settle(self, count: int) -> None:
        """Gives so many citizens a card and a link in this channel."""
        await import_people(self.platform.bureau, import_items(count, GENERATION_SECOND))
        await self.link_all(count)

    async def link_all(self, count: int) -> None:
        """Gives so many citizens, who have a card or can have one, a link in this channel."""
        self._holders = [Holder(person) for person in people(count)]
        got = await answers(self._peer, self._apply, await self._applications())
        for holder, raw in zip(self._holders, got, strict=True):
            link = card.ApplyResponse.FromString(raw).link
            holder.link_id, holder.serial = link.link_id, link.serial

    def reads(self, count: int) -> list[tuple[Send, bytes]]:
        """So many reads, of one holder after the other."""
        requests = [
            card.GetCardRequest(link_id=holder.link_id).SerializeToString()
            for holder in self._holders
        ]
        return [(self._get, request) for request in islice(cycle(requests), count)]

    async def writes(self) -> list[tuple[Send, bytes]]:
        """A round of writes; it must be run before the next is prepared."""
        unlinks, applications = await self._unlinks(), await self._applications()
        for holder in self._holders:
            holder.serial += 1
        return list(
            chain(
                ((self._unlink, request) for request in unlinks),
                ((self._apply, request) for request in applications),
            )
        )

    async def unlinks(self) -> list[tuple[Send, bytes]]:
        """An unlink of every holder; `link_again` must be called before the next."""
        return [(self._unlink, request) for request in await self._unlinks()]

    async def link_again(self) -> None:
        """Gives every holder a link again."""
        await answers(self._peer, self._apply, await self._applications())
        for holder in self._holders:
            holder.serial += 1

    async def _unlinks(self) -> list[bytes]:
        proofs = await self._face_proofs(identity.PURPOSE_UNLINK)
        return [
            card.UnlinkRequest(
                request_id=_request_id(),
                link_id=holder.link_id,
                serial=holder.serial,
                proof=proof,
            ).SerializeToString()
            for holder, proof in zip(self._holders, proofs, strict=True)
        ]

    async def _applications(self) -> list[bytes]:
        faces = await self._face_proofs(identity.PURPOSE_APPLY)
        vouched = await self._vouched_proofs()
        return [
            card.ApplyRequest(
                request_id=_request_id(),
                identity_proof=vouched_proof,
                face_proof=face_proof,
                consent_version=CONSENT_VERSION,
            ).SerializeToString()
            for vouched_proof, face_proof in zip(vouched, faces, strict=True)
        ]

    async def _face_proofs(self, purpose: identity.Purpose.ValueType) -> list[str]:
        asked = await self._challenges(identity.METHOD_FACE, purpose)
        return await self._proofs(
            challenges.AnswerChallengeRequest(
                request_id=_request_id(),
                challenge_id=challenge.challenge_id,
                face_capture=FaceCapture(
                    id_number=holder.person.id_number,
                    actions=challenge.face.actions,
                    digits=challenge.face.digits,
                ).SerializeToString(),
            )
            for holder, challenge in zip(self._holders, asked, strict=True)
        )

    async def _vouched_proofs(self) -> list[str]:
        asked = await self._challenges(identity.METHOD_VOUCHED, identity.PURPOSE_APPLY)
        return await self._proofs(
            challenges.AnswerChallengeRequest(
                request_id=_request_id(), challenge_id=challenge.challenge_id, vouched=True
            )
            for challenge in asked
        )

    async def _challenges(
        self, how: identity.Method.ValueType, purpose: identity.Purpose.ValueType
    ) -> list[identity.Challenge]:
        kind = identity.VOUCH_KIND_UNSPECIFIED
        if how == identity.METHOD_VOUCHED:
            kind = identity.VOUCH_KIND_REAL_NAME_ACCOUNT
        requests = [
            challenges.StartChallengeRequest(
                request_id=_request_id(),
                subject=_subject(holder.person),
                method=how,
                purpose=purpose,
                vouch_kind=kind,
            ).SerializeToString()
            for holder in self._holders
        ]
        return [
            challenges.StartChallengeResponse.FromString(raw).challenge
            for raw in await answers(self._peer, self._start, requests)
        ]

    async def _proofs(self, requests: Iterable[challenges.AnswerChallengeRequest]) -> list[str]:
        raw = await answers(
            self._peer, self._answer, (request.SerializeToString() for request in requests)
        )
        return [challenges.AnswerChallengeResponse.FromString(each).proof.proof for each in raw]


def unlink_challenge(person: Person) -> challenges.StartChallengeRequest:
    """A change that every holder can make again and again: to be asked before unlinking."""
    return challenges.StartChallengeRequest(
        request_id=_request_id(),
        subject=_subject(person),
        method=identity.METHOD_FACE,
        purpose=identity.PURPOSE_UNLINK,
    )


def _subject(person: Person) -> identity.Subject:
    return identity.Subject(person=identity.Person(name=person.name, id_number=person.id_number))


def _request_id() -> str:
    return str(uuid.uuid4())
