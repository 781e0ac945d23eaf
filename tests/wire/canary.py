"""A story full of mistakes, told with unmistakable names and secrets; and who listens for them.

What may not be said anywhere is gathered while the story is told: every name, ID number, phone,
password, code and proof that any request or answer holds.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import grpc
from google.protobuf.message import Message
from tests.wire import people
from tests.wire.people import (
    APPLY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    FACE,
    RESET_PASSWORD,
    TEXT_MESSAGE,
    UNLINK,
    VOUCHED,
    Channel,
    Person,
    World,
    face,
)
from tests.wire.people_codes import a_verifier, look, scan, show
from tests.wire.people_family import Home
from tests.wire.people_services import a_provider, a_till

from essc.card.v1 import card_service_pb2 as cards
from essc.password.v1 import password_service_pb2 as passwords
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.id_numbers import synthetic

# The fields that hold what is nobody else's business.
SECRET = re.compile(
    r"(^|_)(name|id_number|phone|password|proof|text_code|code|ticket|vouch_answer|session)$"
)
OPEN = re.compile(r"^(masked|display|provider|channel)_name$")
# How a photo would show, whoever's it is.
PHOTO = ("\\x89PNG", "iVBORw0KGgo")

WRONG = "864202"
ZHANG = Person("张金丝雀", synthetic(date(1971, 7, 17), 707), "11177007700")
LI = Person("李夜莺", synthetic(date(1972, 8, 18), 808), "11188008800")


class Canary:
    """Tells a story full of mistakes, keeps what comes back, and knows what must not."""

    def __init__(self, world: World, bank: Channel, wechat: Channel) -> None:
        self.world, self.bank, self.wechat = world, bank, wechat
        self.heard: list[str] = []
        self.shown: set[str] = set()
        """Kinds of steps that phones were shown."""
        self.secrets: set[str] = set(PHOTO)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Gathers what all calls of the block ask and answer."""

        def heard(request: Message, answer: Message | None) -> None:
            self.gather(request)
            if answer is not None:
                self.gather(answer)

        people.LISTENERS.append(heard)
        try:
            yield
        finally:
            people.LISTENERS.remove(heard)

    def gather(self, message: Message) -> None:
        """Keeps the secrets of a message."""
        for field, value in message.ListFields():
            for each in value if field.is_repeated else (value,):
                if isinstance(each, Message):
                    self.gather(each)
                elif isinstance(each, str) and SECRET.search(field.name):
                    self.keep(field.name, each)

    def keep(self, name: str, value: str) -> None:
        """Keeps a secret, unless it is open, or so short that it may stand anywhere."""
        if not OPEN.search(name) and "*" not in value and (len(value) >= 6 or not value.isascii()):
            self.secrets.add(value)

    def given_away(self, said: str) -> list[str]:
        """The secrets that were said: plainly, or as JSON writes them."""
        return [
            secret
            for secret in sorted(self.secrets)
            for written in {secret, json.dumps(secret)[1:-1]}
            if _is_in(written, said)
        ]

    async def hear(self, call: Any) -> Any:
        """An answer; or the refusal's words, details and metadata."""
        try:
            return await call
        except grpc.RpcError as error:
            people.checked(error)
            found: Any = error
            self.heard += [str(found), found.details(), repr(found.initial_metadata())]
            self.heard.append(repr(found.trailing_metadata()))
            return None

    async def proof(self, someone: Person, method: people.Method, purpose: people.Purpose) -> str:
        proof = await self.bank.proof(someone, method, purpose)
        if method == TEXT_MESSAGE:
            self.secrets.add(await self.world.code(someone))
        return proof

    async def mistakes_at_the_bureau(self) -> None:
        bureau = self.world.bureau
        for changes in (
            {},
            {"id_number": ZHANG.id_number[:-1]},
            {"phone": "1"},
            {"name": "x" * 99},
        ):
            values = {"name": ZHANG.name, "id_number": ZHANG.id_number, "phone": ZHANG.phone}
            request = registry.RegisterCitizenRequest(**(values | changes))
            await self.hear(bureau.do(bureau.registry.RegisterCitizen, request))
        wrong_digit = ZHANG.id_number[:-1] + ("0" if ZHANG.id_number[-1] != "0" else "1")
        for id_number in (ZHANG.id_number, wrong_digit):
            issue = registry.IssuePhysicalCardRequest(
                id_number=id_number,
                region=people.NANTONG,
                generation=2,  # type: ignore[arg-type]
            )
            await self.hear(bureau.do(bureau.registry.IssuePhysicalCard, issue))

    async def mistakes_of_identity(self) -> None:
        bank = self.bank
        nobody = Person("王画眉", ZHANG.id_number, ZHANG.phone)
        await self.hear(bank.start(nobody.named, FACE, APPLY))
        await self.hear(bank.start(ZHANG.named, TEXT_MESSAGE, APPLY, phone=LI.phone))
        await self.hear(bank.start(ZHANG.named, TEXT_MESSAGE, APPLY, phone="no phone"))
        challenge = await bank.start(ZHANG.named, FACE, APPLY)
        await self.hear(bank.answer(challenge, face_capture=face(LI, challenge)))
        await self.hear(bank.answer(challenge, card_password=WRONG))
        await self.hear(bank.answer(challenge, text_code=WRONG + "0"))
        texted = await bank.start(ZHANG.named, TEXT_MESSAGE, APPLY)
        self.secrets.add(await self.world.code(ZHANG))
        await self.hear(bank.answer(texted, text_code=WRONG))
        await self.hear(bank.answer(await bank.start(ZHANG.named, VOUCHED, APPLY), vouched=False))

    async def mistakes_with_the_card(self) -> None:
        bank, wechat = self.bank, self.wechat
        link = await bank.apply(ZHANG)
        await bank.set_password(ZHANG, link)
        of_li = await self.proof(LI, FACE, UNLINK)
        for channel in (bank, wechat):
            unlink = cards.UnlinkRequest(link_id=link.link_id, serial=1, proof=of_li)
            await self.hear(channel.do(channel.cards.Unlink, unlink))
        find = cards.FindLinkRequest(
            name=LI.name,
            id_number=LI.id_number,
            identity_proof=await self.proof(LI, VOUCHED, APPLY),
        )
        await self.hear(bank.do(bank.cards.FindLink, find))
        for new_password in ("111111", ZHANG.id_number[6:12], "12345a"):
            change = passwords.ChangePasswordRequest(
                link_id=link.link_id,
                proof=await self.proof(ZHANG, CARD_PASSWORD, CHANGE_PASSWORD),
                new_password=new_password,
            )
            await self.hear(bank.do(bank.passwords.ChangePassword, change))
        await self.proof(ZHANG, TEXT_MESSAGE, RESET_PASSWORD)
        for _ in range(7):
            started = await self.hear(bank.start(ZHANG.named, CARD_PASSWORD, CHANGE_PASSWORD))
            if started is not None:
                await self.hear(bank.answer(started, card_password=WRONG))

    async def mistakes_of_the_whole_card(self) -> None:
        """Codes, tickets, orders and a family: each asked for rightly once, and then wrongly."""
        world, bank = self.world, self.bank
        verifier = await a_verifier(world, "gate-of-canary")
        provider = await a_provider(world, "clinic-of-canary")
        till = await a_till(world, bank, LI)
        code = await show(bank, LI, till.link)
        for _ in range(2):
            await self.hear(scan(verifier, code.code))
        await self.hear(look(bank, till.link, code.code[::-1]))
        ticket = await till.ticket()
        for _ in range(2):
            await self.hear(provider.redeem(ticket))
        order = await till.order(provider)
        await self.hear(till.pay(order, with_password=False))
        await self.hear(self.wechat.do(till.payments.Pay, await till.payment(order)))
        home = Home(bank, LI, till.link)
        for changes in ({"card_photo": b"photo of " + ZHANG.id_number.encode()}, {"name": LI.name}):
            request = await home.addition(ZHANG, **changes)
            await self.hear(bank.do(home.family.AddMember, request))
        await self.hear(home.certify(await home.own_proof()))

    async def mistakes_of_the_wire(self) -> None:
        """Requests that are full of names and of no form."""
        raw = f"{ZHANG.name}{ZHANG.id_number}{ZHANG.phone}".encode()
        for method in ("essc.card.v1.CardService/Apply", "essc.nothing.v1.Nothing/Nothing"):
            call: Any = self.bank.peer.channel.unary_unary(f"/{method}")
            try:
                await call(raw, **self.bank.peer.options())
            except grpc.RpcError as error:
                self.heard += [str(error), repr(error.trailing_metadata())]

    async def tell(self) -> None:
        """The whole story."""
        with self.listening():
            for someone in (ZHANG, LI):
                await self.world.enrol(someone)
                await self.world.issue(someone)
            await self.mistakes_at_the_bureau()
            await self.mistakes_of_identity()
            await self.mistakes_with_the_card()
            await self.mistakes_of_the_whole_card()
            await self.mistakes_of_the_wire()


def _is_in(secret: str, said: str) -> bool:
    """Digits within longer digits, as of a time or an id, are no secret told."""
    if not secret.isdigit():
        return secret in said
    return re.search(rf"(?<![0-9a-f]){secret}(?![0-9a-f])", said) is not None
