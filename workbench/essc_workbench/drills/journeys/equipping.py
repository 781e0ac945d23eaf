"""What residents of some circles need before they play: a known phone, a card password, a level."""

from typing import Any, Final

from essc.card.v1 import card_service_pb2 as cards
from essc.identity.v1 import identity_pb2 as identity
from essc.password.v1 import password_service_pb2 as passwords
from essc.settlement.v1 import payment_service_pb2 as payments
from essc_wire.times import to_instant
from essc_workbench.drills.journeys.calls import Ask, Ended, Line
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.turns import Turn
from essc_workbench.inboxes import Code, Inbox

_LINK: Final = ("link.link_id", "link.serial", "link.state", "link.level")


class Equipping:
    """One channel, as it gets people ready."""

    def __init__(self, desk: Desk, line: Line) -> None:
        self._desk = desk
        self._set = Ask(
            line,
            "essc.password.v1.PasswordService/SetPassword",
            passwords.SetPasswordResponse,
            asked=("link_id", "proof", "new_password"),
            told=("change_time",),
            tell=lambda answer: (to_instant(answer.change_time),),
        )
        self._raise = Ask(
            line,
            "essc.card.v1.CardService/RaiseLevel",
            cards.RaiseLevelResponse,
            asked=("link_id", "serial", "proof"),
            told=_LINK,
            tell=_raised,
        )
        self._free = Ask(
            line,
            "essc.settlement.v1.PaymentService/SetPasswordFree",
            payments.SetPasswordFreeResponse,
            asked=("link_id", "serial", "enabled", "proof"),
            told=("enabled",),
            tell=lambda answer: (answer.enabled,),
        )

    async def know_device(self, turn: Turn, place: int, inbox: Inbox) -> None:
        """The first code, for which the phone is asked by text message (R33)."""
        desk, purpose = self._desk, identity.PURPOSE_NEW_DEVICE
        method = identity.METHOD_TEXT_MESSAGE
        proof = await self._by_text(turn, place, inbox, method, purpose)
        await desk.code(turn, place, proof)

    async def set_password(self, turn: Turn, place: int, digits: str) -> None:
        """The first card password, by the live face."""
        desk, person = self._desk, self._desk.people.person(place)
        proof = await desk.checks.face(turn, person, identity.PURPOSE_SET_PASSWORD)
        link_id, request_id = desk.links.id_of(place), turn.request_id()
        request = passwords.SetPasswordRequest(
            request_id=request_id, link_id=link_id, proof=proof, new_password=digits
        )
        asked = (link_id, desk.digest("proof", proof), desk.digest("password", digits))
        await self._set(request.SerializeToString(), request_id, turn.deadline_s, (place,), asked)

    async def raise_level(self, turn: Turn, place: int, inbox: Inbox) -> None:
        """To the level of payment, by the phone that is reserved at the bank account (R26)."""
        desk, purpose = self._desk, identity.PURPOSE_RAISE_LEVEL
        method = identity.METHOD_RESERVED_PHONE
        proof = await self._by_text(turn, place, inbox, method, purpose)
        link_id, serial, request_id = *self._link(place), turn.request_id()
        request = cards.RaiseLevelRequest(
            request_id=request_id, link_id=link_id, serial=serial, proof=proof
        )
        asked = (link_id, serial, desk.digest("proof", proof))
        await self._raise(request.SerializeToString(), request_id, turn.deadline_s, (place,), asked)

    async def pay_freely(self, turn: Turn, place: int, digits: str) -> None:
        """Small payments without the card password, by the card password (R62)."""
        desk, person = self._desk, self._desk.people.person(place)
        proof = await desk.checks.password(turn, person, identity.PURPOSE_SET_PASSWORD_FREE, digits)
        link_id, serial, request_id = *self._link(place), turn.request_id()
        request = payments.SetPasswordFreeRequest(
            request_id=request_id, link_id=link_id, serial=serial, enabled=True, proof=proof
        )
        asked = (link_id, serial, True, desk.digest("proof", proof))
        await self._free(request.SerializeToString(), request_id, turn.deadline_s, (place,), asked)

    def _link(self, place: int) -> tuple[str, int]:
        links = self._desk.links
        return links.id_of(place), links.serials[place]

    async def _by_text(
        self,
        turn: Turn,
        place: int,
        inbox: Inbox,
        method: identity.Method.ValueType,
        purpose: identity.Purpose.ValueType,
    ) -> str:
        desk, person = self._desk, self._desk.people.person(place)
        link_id = desk.links.id_of(place)
        asked = await desk.checks.started(turn, person, method, purpose, link_id)
        request_id, tried = turn.request_id(), list[Code]()
        while True:
            code = await inbox.take(besides=tried)
            try:
                proof = await desk.checks.by_code(
                    turn, person, asked, purpose, code.digits, request_id
                )
            except Ended as ended:
                # Done before, by the code of another message: nothing new was sent this time.
                if ended.reason != "REQUEST_ID_REUSED":
                    raise
                tried.append(code)
                continue
            for each in tried:
                inbox.put_back(each)
            return proof


def _raised(answer: cards.RaiseLevelResponse) -> tuple[Any, ...]:
    link = answer.link
    return (link.link_id, link.serial, link.state, link.level)
