"""What a channel does with cards, links and codes at the platform: each call once, checked.

An answer that is about another link than the one that was asked for, or shows another person, ends
the journey as failed.
"""

from typing import Any, Final

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_pb2 import Link
from essc.code.v1 import code_service_pb2 as codes
from essc.identity.v1 import identity_pb2 as identity
from essc_wire.times import to_instant
from essc_workbench.drills.journeys.calls import Ask, Line, mixed_up
from essc_workbench.drills.journeys.checks import Checks
from essc_workbench.drills.journeys.people import Looks, People
from essc_workbench.drills.journeys.prepared import Links, Prepared
from essc_workbench.drills.journeys.turns import Turn

DEVICE: Final = "drill"
"""Everybody's phone."""
_CARDS: Final = "essc.card.v1.CardService"
_LINK: Final = ("link.link_id", "link.serial", "link.state")
_CARD: Final = ("card.state", "card.physical_card_status", "card.password_is_set")
_TIMES: Final = ("link.activate_time", "link.unlink_time")


class Desk:
    """One channel at the platform."""

    def __init__(self, line: Line, prepared: Prepared, people: People) -> None:
        channel = line.source
        self.people, self._notes = people, line.notes
        self.links: Links = prepared.links[channel]
        self.checks = Checks(line, prepared.vouch_kinds[channel])
        self._consent_version = prepared.consent_version
        self._get = Ask(
            line,
            f"{_CARDS}/GetCard",
            cards.GetCardResponse,
            asked=("link_id",),
            told=(*_LINK, *_CARD),
            tell=_shown,
        )
        self._apply = Ask(
            line,
            f"{_CARDS}/Apply",
            cards.ApplyResponse,
            asked=("identity_proof", "face_proof", "consent_version"),
            told=(*_LINK, *_TIMES, *_CARD),
            tell=_linked,
        )
        self._unlink = Ask(
            line,
            f"{_CARDS}/Unlink",
            cards.UnlinkResponse,
            asked=("link_id", "serial", "proof"),
            told=(*_LINK, *_TIMES),
            tell=_ended,
        )
        self._issue = Ask(
            line,
            "essc.code.v1.CodeService/IssueCode",
            codes.IssueCodeResponse,
            asked=("link_id", "device_id", "proof"),
            told=("code.code", "code.state", "code.issue_time", "code.expire_time"),
            tell=self._issued,
        )

    def digest(self, word: str, secret: str) -> str:
        """A secret as notes have it; empty where nothing is noted."""
        return self._notes.digest(word, secret) if self._notes is not None and secret else ""

    async def card(self, turn: Turn, place: int) -> cards.GetCardResponse:
        """The card behind a resident's link."""
        link_id = self.links.id_of(place)
        request = cards.GetCardRequest(link_id=link_id).SerializeToString()
        answer: cards.GetCardResponse = await self._get(
            request, "", turn.deadline_s, (place,), (link_id,)
        )
        card, looks = answer.card, self.people.looks(place)
        shown = card.masked_name, card.masked_id_number
        if answer.link.link_id != link_id or shown != looks:
            raise mixed_up()
        return answer

    async def apply(self, turn: Turn, place: int) -> Link:
        """The resident applies, by what the channel vouches for and the live face."""
        person = self.people.person(place)
        identity_proof = await self.checks.vouched(turn, person, identity.PURPOSE_APPLY)
        face_proof = await self.checks.face(turn, person, identity.PURPOSE_APPLY)
        request_id = turn.request_id()
        request = cards.ApplyRequest(
            request_id=request_id,
            identity_proof=identity_proof,
            face_proof=face_proof,
            consent_version=self._consent_version,
        )
        proofs = (self.digest("proof", identity_proof), self.digest("proof", face_proof))
        answer = await self._apply(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (*proofs, self._consent_version),
        )
        if _looks(answer.card) != self.people.looks(place):
            raise mixed_up()
        link: Link = answer.link
        return link

    async def unlink(self, turn: Turn, place: int) -> Link:
        """The resident unlinks, by the live face."""
        links, person = self.links, self.people.person(place)
        proof = await self.checks.face(turn, person, identity.PURPOSE_UNLINK)
        link_id, serial, request_id = links.id_of(place), links.serials[place], turn.request_id()
        request = cards.UnlinkRequest(
            request_id=request_id, link_id=link_id, serial=serial, proof=proof
        )
        answer = await self._unlink(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (link_id, serial, self.digest("proof", proof)),
        )
        if answer.link.link_id != link_id:
            raise mixed_up()
        link: Link = answer.link
        return link

    async def code(self, turn: Turn, place: int, proof: str = "") -> str:
        """A code of the resident; with a proof for a device that is new."""
        link_id, request_id = self.links.id_of(place), turn.request_id()
        request = codes.IssueCodeRequest(
            request_id=request_id, link_id=link_id, device_id=DEVICE, proof=proof
        )
        answer = await self._issue(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (link_id, self.digest("device", DEVICE), self.digest("proof", proof)),
        )
        code: str = answer.code.code
        return code

    def _issued(self, answer: codes.IssueCodeResponse) -> tuple[Any, ...]:
        code = answer.code
        times = to_instant(code.issue_time), to_instant(code.expire_time)
        return (self.digest("code", code.code), code.state, *times)


def _looks(card: Any) -> Looks:
    return Looks(card.masked_name, card.masked_id_number)


def _shown(answer: cards.GetCardResponse) -> tuple[Any, ...]:
    link, card = answer.link, answer.card
    return (
        link.link_id,
        link.serial,
        link.state,
        card.state,
        card.physical_card_status,
        card.password_is_set,
    )


def _linked(answer: cards.ApplyResponse) -> tuple[Any, ...]:
    card = answer.card
    return (
        *_ended(answer),
        card.state,
        card.physical_card_status,
        card.password_is_set,
    )


def _ended(answer: cards.ApplyResponse | cards.UnlinkResponse) -> tuple[Any, ...]:
    link = answer.link
    times = (
        to_instant(link.activate_time) if link.HasField("activate_time") else None,
        to_instant(link.unlink_time) if link.HasField("unlink_time") else None,
    )
    return (link.link_id, link.serial, link.state, *times)
