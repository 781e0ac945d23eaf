"""R92: personal data and secrets never appear in logs, errors or metadata.

Everything is logged here, at the finest level; every refusal is kept with all that it carries.
"""

import json
from datetime import date
from typing import Any

import grpc
import pytest
from tests.wire import people
from tests.wire.people import (
    APPLY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    FACE,
    OTHER_PASSWORD,
    PASSWORD,
    RESET_PASSWORD,
    TEXT_MESSAGE,
    UNLINK,
    VOUCHED,
    Channel,
    Person,
    World,
    face,
)

from essc.card.v1 import card_service_pb2 as cards
from essc.password.v1 import password_service_pb2 as passwords
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.id_numbers import synthetic

pytestmark = pytest.mark.rule("R92")

WRONG = "864202"
ZHANG = Person("张金丝雀", synthetic(date(1971, 7, 17), 707), "11177007700")
LI = Person("李夜莺", synthetic(date(1972, 8, 18), 808), "11188008800")


class Canary:
    """Tells a story full of mistakes, keeps what comes back, and knows what must not."""

    def __init__(self, world: World, bank: Channel, wechat: Channel) -> None:
        self.world, self.bank, self.wechat = world, bank, wechat
        self.heard: list[str] = []
        self.secrets = [PASSWORD, OTHER_PASSWORD, WRONG]
        for someone in (ZHANG, LI):
            self.secrets += [someone.name, someone.id_number, someone.phone]

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
        self.secrets.append(proof)
        if method == TEXT_MESSAGE:
            self.secrets.append(await self.world.code(someone))
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
        self.secrets.append(nobody.name)
        await self.hear(bank.start(nobody.named, FACE, APPLY))
        await self.hear(bank.start(ZHANG.named, TEXT_MESSAGE, APPLY, phone=LI.phone))
        await self.hear(bank.start(ZHANG.named, TEXT_MESSAGE, APPLY, phone="no phone"))
        challenge = await bank.start(ZHANG.named, FACE, APPLY)
        await self.hear(bank.answer(challenge, face_capture=face(LI, challenge)))
        await self.hear(bank.answer(challenge, card_password=WRONG))
        await self.hear(bank.answer(challenge, text_code=WRONG + "0"))
        texted = await bank.start(ZHANG.named, TEXT_MESSAGE, APPLY)
        self.secrets.append(await self.world.code(ZHANG))
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

    async def mistakes_of_the_wire(self) -> None:
        """Requests that are full of names and of no form; and a bug, made by breaking the store."""
        raw = f"{ZHANG.name}{ZHANG.id_number}{ZHANG.phone}".encode()
        for method in ("essc.card.v1.CardService/Apply", "essc.nothing.v1.Nothing/Nothing"):
            call: Any = self.bank.peer.channel.unary_unary(f"/{method}")
            try:
                await call(raw, **self.bank.peer.options())
            except grpc.RpcError as error:
                self.heard += [str(error), repr(error.trailing_metadata())]
        await self.world.write("UPDATE links SET state = 9")
        await self.hear(self.bank.start(ZHANG.named, FACE, APPLY))
        await self.hear(self.bank.apply(ZHANG))


async def test_no_log_and_no_refusal_names_a_person_or_a_secret(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = Canary(world, await world.channel("bank"), await world.channel("wechat"))
    for someone in (ZHANG, LI):
        await world.enrol(someone)
        await world.issue(someone)

    await canary.mistakes_at_the_bureau()
    await canary.mistakes_of_identity()
    await canary.mistakes_with_the_card()
    await canary.mistakes_of_the_wire()
    logged = capfd.readouterr()

    assert len(canary.heard) > 80
    assert logged.out.count("refused") > 20
    assert "bug" in logged.out
    said = "\n".join([*canary.heard, logged.out, logged.err])
    for secret in canary.secrets:
        escaped = json.dumps(secret)[1:-1]
        assert secret not in said
        assert escaped not in said


async def test_the_store_holds_no_password_no_code_and_no_proof(world: World) -> None:
    bank = await world.channel("bank")
    await world.enrol(ZHANG)
    await world.issue(ZHANG)
    link = await bank.apply(ZHANG)
    await bank.set_password(ZHANG, link)
    challenge = await bank.start(ZHANG.named, TEXT_MESSAGE, APPLY)
    proof = await bank.answer(challenge, text_code=await world.code(ZHANG))

    rows = world.dump()
    ((_, _, hashed, *_rest),) = rows["passwords"]
    told = [value for name in rows if name != "requests" for row in rows[name] for value in row]

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in told
    assert proof not in told
    assert await world.code(ZHANG) not in told
    # The ledger keeps answers, and with them the proofs it would have to give again; no request.
    for _, _, content, _, answer, _ in rows["requests"]:
        assert len(content) == 16
        assert PASSWORD.encode() not in (answer or b"")


async def test_answers_to_channels_are_masked(world: World) -> None:
    bank = await world.channel("bank")
    await world.enrol(ZHANG)
    await world.issue(ZHANG)
    link = await bank.apply(ZHANG)

    seen = await bank.get(link)
    said = f"{seen}{await bank.links()}{await bank.feed()}{await bank.record(link)}"

    assert seen.card.masked_name == "张***"
    assert seen.card.masked_id_number == "*" * 16 + ZHANG.id_number[-2:]
    for secret in (ZHANG.name, ZHANG.id_number, ZHANG.phone):
        assert secret not in said
        assert secret.encode() not in seen.SerializeToString()


@pytest.mark.rule("R14")
async def test_a_channel_that_the_holder_has_left_learns_no_more_of_the_card(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    left, kept = await bank.apply(zhang), await wechat.apply(zhang)
    await bank.unlink(zhang, left)
    await wechat.set_password(zhang, kept)

    (of_bank,), (of_wechat,) = await bank.links(), await wechat.links()

    assert of_bank.link.link_id == left.link_id
    assert not of_bank.HasField("card")
    assert of_wechat.card.password_is_set
