"""Every reason that a method's comment lists is met over the wire, in that order, and no other.

One ladder per method: a request full of obstacles, cleared one after the other. Whatever a ladder
meets is a rich status as the house wants it, see `people.checked`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from tests.wire import people
from tests.wire.ladders import UNKNOWN, Ladder, ask_of, climbs
from tests.wire.people import (
    ACCEPT_DELIVERY,
    APPLY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    CONSENT,
    DAY,
    FACE,
    FIND_LINK,
    HUAIHUA,
    NANTONG,
    OTHER_PASSWORD,
    RESET_PASSWORD,
    SET_PASSWORD,
    SUZHOU,
    TEXT_MESSAGE,
    UNLINK,
    VOUCHED,
    Channel,
    Method,
    Person,
    Purpose,
    World,
    a_world,
    new_id,
    person,
    reason,
)
from tests.wire.people_life import RESERVED_PHONE, open_account

from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.authority.v1 import authority_service_pb2 as authority
from essc.authority.v1 import authority_service_pb2_grpc as authority_grpc
from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.identity.v1 import identity_pb2
from essc.identity.v1 import identity_service_pb2 as identity
from essc.lab.v1 import lab_service_pb2 as lab
from essc.password.v1 import password_service_pb2 as passwords
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.keys import new_key

CARDS, IDENTITY = "essc.card.v1.CardService.", "essc.identity.v1.IdentityService."
PASSWORDS, REGISTRY = "essc.password.v1.PasswordService.", "essc.registry.v1.RegistryService."
PARTIES, CHANNELS = "essc.admin.v1.PartyAdminService.", "essc.admin.v1.ChannelAdminService."
RECORDS, EVENTS = "essc.record.v1.RecordService.", "essc.event.v1.EventService."
LAB, AUTHORITY = "essc.lab.v1.", "essc.authority.v1."


class Stage:
    """Two channels and two citizens; Zhang has the card in the bank, Li has it nowhere."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.zhang, self.li = person(1), person(2)

    async def open(self) -> None:
        self.bank = await self.world.channel("bank", receives_new_cards=True)
        self.wechat = await self.world.channel("wechat")
        await self.world.citizen(1)
        await self.world.citizen(2)
        application = await self.bank.application(self.zhang)
        self.used_proof, self.used_id = application.identity_proof, application.request_id
        applied = await self.bank.do(self.bank.cards.Apply, application)
        self.link: card_pb2.Link = applied.link

    async def climb_proofs(
        self,
        ladder: Ladder,
        make: Callable[[str], Any],
        purpose: Purpose,
        right: Method,
        wrong: Method,
        *,
        of_person: bool = True,
    ) -> None:
        """R23: the ladder of proofs, the same everywhere."""
        bank, zhang = self.bank, self.zhang
        other = await self.wechat.proof(zhang, FACE, purpose)
        await ladder.step("PROOF_UNKNOWN", make(other))
        await ladder.step("PROOF_USED", make(self.used_proof))
        old = await bank.proof(zhang, FACE, purpose)
        await self.world.advance(10 * people.MINUTE)
        await ladder.step("PROOF_EXPIRED", make(old))
        # Of another method and another person too: the purpose comes first.
        await ladder.step(
            "PROOF_FOR_OTHER_PURPOSE", make(await bank.proof(self.li, wrong, FIND_LINK))
        )
        await ladder.step("PROOF_OF_OTHER_METHOD", make(await bank.proof(self.li, wrong, purpose)))
        if of_person:
            proof = await bank.proof(self.li, right, purpose)
            await ladder.step("PROOF_FOR_OTHER_PERSON", make(proof))


@pytest.fixture
async def stage(world: World) -> Stage:
    stage = Stage(world)
    await stage.open()
    return stage


@climbs(CARDS + "Apply")
@pytest.mark.rule("R2", "R3", "R7", "R20", "R23")
async def test_applying(stage: Stage) -> None:
    world, bank = stage.world, stage.bank
    ladder = Ladder(CARDS + "Apply", ask_of(bank, bank.cards.Apply))
    good = await bank.application(stage.zhang)

    def with_identity(proof: str) -> cards.ApplyRequest:
        request = cards.ApplyRequest.FromString(good.SerializeToString())
        request.identity_proof, request.consent_version = proof, "1999-12"
        return request

    await ladder.step("REQUEST_INVALID", people.copy(good, region="Nantong"))
    await ladder.step("REQUEST_ID_REUSED", people.copy(good, request_id=stage.used_id))
    await stage.climb_proofs(ladder, with_identity, APPLY, VOUCHED, FACE, of_person=False)
    good = await bank.application(stage.zhang)
    good.face_proof = await bank.proof(stage.li, FACE, APPLY)
    await ladder.step("PROOF_FOR_OTHER_PERSON", people.copy(good, consent_version="1999-12"))

    async def apply(place: int, **changes: Any) -> cards.ApplyRequest:
        request = await bank.application(person(place))
        for name, value in changes.items():
            setattr(request, name, value)
        return request

    for place in range(10, 18):
        await world.enrol(person(place))
    ids = [await world.issue(person(place)) for place in range(12, 17)]
    await world.issue(person(17), enabled=False)
    await world.cancel_citizen(person(10))
    await ladder.step("CONSENT_OUTDATED", await apply(10, consent_version="1999-12"))
    await ladder.step("CITIZEN_CANCELLED", await apply(10))
    await ladder.step("PHYSICAL_CARD_NOT_FOUND", await apply(11))
    await ladder.step("PHYSICAL_CARD_SEALED", await apply(17))
    await world.report_loss(ids[0], formal=False)
    await ladder.step("PHYSICAL_CARD_TEMPORARILY_LOST", await apply(12))
    await world.report_loss(ids[1])
    await ladder.step("PHYSICAL_CARD_LOST", await apply(13))
    bureau = world.bureau
    await bureau.do(
        bureau.registry.LockPhysicalCard,
        registry.LockPhysicalCardRequest(physical_card_id=ids[2]),
    )
    await ladder.step("PHYSICAL_CARD_LOCKED", await apply(14))
    await world.cancel(ids[3])
    await ladder.step("PHYSICAL_CARD_CANCELLED", await apply(15))
    await world.issue(person(16), region=SUZHOU)
    await ladder.step("REGION_NEEDED", await apply(16))
    await ladder.step("REGION_DIFFERS", await apply(16, region=HUAIHUA))
    await ladder.step("LINK_EXISTS", await bank.application(stage.zhang))
    ladder.top()


@climbs(CARDS + "FindLink")
@pytest.mark.rule("R14", "R23")
async def test_finding_a_link(stage: Stage) -> None:
    bank, zhang = stage.bank, stage.zhang
    ladder = Ladder(CARDS + "FindLink", ask_of(bank, bank.cards.FindLink))

    def find(proof: str, someone: Person = zhang) -> cards.FindLinkRequest:
        return cards.FindLinkRequest(
            name=someone.name, id_number=someone.id_number, identity_proof=proof
        )

    await ladder.step("REQUEST_INVALID", find("no proof"))
    await ladder.step("PROOF_UNKNOWN", find(UNKNOWN))
    await ladder.step("PROOF_USED", find(stage.used_proof))
    old = await bank.proof(zhang, VOUCHED, FIND_LINK)
    await stage.world.advance(10 * people.MINUTE)
    await ladder.step("PROOF_EXPIRED", find(old))
    other_purpose = await bank.proof(stage.li, FACE, SET_PASSWORD)
    await ladder.step("PROOF_FOR_OTHER_PURPOSE", find(other_purpose))
    of_other_method = await bank.proof(stage.li, FACE, FIND_LINK)
    await ladder.step("PROOF_OF_OTHER_METHOD", find(of_other_method))
    of_li = await bank.proof(stage.li, VOUCHED, FIND_LINK)
    await ladder.step("PROOF_FOR_OTHER_PERSON", find(of_li))
    await ladder.step("LINK_NOT_FOUND", find(of_li, stage.li))
    ladder.top()


async def a_delivery(stage: Stage) -> card_pb2.Link:
    """Zhang's card is delivered to Alipay; Alipay becomes the bank of the story."""
    world = stage.world
    stage.bank = await world.channel("alipay", receives_new_cards=True)
    await world.issue(stage.zhang, region=SUZHOU, generation=3)
    someone = await world.citizen(3)
    application = await stage.bank.application(someone)
    await stage.bank.do(stage.bank.cards.Apply, application)
    stage.used_proof, stage.used_id = application.identity_proof, application.request_id
    delivered = [item.link for item in await stage.bank.links()]
    return next(link for link in delivered if link.state == card_pb2.Link.STATE_DELIVERED)


@climbs(CARDS + "AcceptDelivery")
@pytest.mark.rule("R3", "R5", "R13", "R23")
async def test_accepting_a_delivery(stage: Stage) -> None:
    link = await a_delivery(stage)
    world, alipay, zhang = stage.world, stage.bank, stage.zhang
    ladder = Ladder(CARDS + "AcceptDelivery", ask_of(alipay, alipay.cards.AcceptDelivery))

    def accept(proof: str, **changes: Any) -> cards.AcceptDeliveryRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": link.link_id,
            "serial": link.serial,
            "identity_proof": proof,
            "consent_version": "1999-12",
        }
        return cards.AcceptDeliveryRequest(**(values | changes))

    async def good(**changes: Any) -> cards.AcceptDeliveryRequest:
        proof = await alipay.proof(zhang, VOUCHED, ACCEPT_DELIVERY)
        return accept(proof, **({"consent_version": CONSENT} | changes))

    await ladder.step("REQUEST_INVALID", accept(UNKNOWN, serial=0))
    await ladder.step("REQUEST_ID_REUSED", accept(UNKNOWN, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", accept(UNKNOWN, link_id=stage.link.link_id, serial=9))
    await ladder.step("LINK_SERIAL_OLD", accept(UNKNOWN, serial=9))
    active = await alipay.apply(stage.li)
    await ladder.step("LINK_NOT_DELIVERED", accept(UNKNOWN, link_id=active.link_id))
    await stage.climb_proofs(ladder, accept, ACCEPT_DELIVERY, VOUCHED, FACE)
    physical_card_id = await mapped_card(world, zhang)
    await world.cancel_citizen(zhang)
    await ladder.step("CONSENT_OUTDATED", await good(consent_version="1999-12"))
    await ladder.step("CITIZEN_CANCELLED", await good())
    await world.write("UPDATE citizens SET cancel_time = NULL")
    await set_status(world, physical_card_id, 1)
    await ladder.step("PHYSICAL_CARD_SEALED", await good())
    await set_status(world, physical_card_id, 2)
    await world.report_loss(physical_card_id, formal=False)
    await ladder.step("PHYSICAL_CARD_TEMPORARILY_LOST", await good())
    await world.report_loss(physical_card_id)
    await ladder.step("PHYSICAL_CARD_LOST", await good())
    await set_status(world, physical_card_id, 5)
    await ladder.step("PHYSICAL_CARD_LOCKED", await good())
    await world.cancel(physical_card_id)
    await ladder.step("PHYSICAL_CARD_CANCELLED", await good())
    await set_status(world, physical_card_id, 2)
    await world.advance(3653 * DAY)
    await ladder.step("CARD_EXPIRED", await good())
    ladder.top()


async def mapped_card(world: World, someone: Person) -> str:
    """The physical card that the electronic one points to: the first one that was issued."""
    request = registry.GetCitizenRequest(id_number=someone.id_number)
    answer = await world.bureau.do(world.bureau.registry.GetCitizen, request)
    return str(answer.citizen.physical_cards[0].physical_card_id)


async def set_status(world: World, physical_card_id: str, status: int) -> None:
    """Puts a physical card into a status that it cannot be led into here."""
    citizen, number = world.vault.read_id(physical_card_id)
    await world.write(
        "UPDATE physical_cards SET status = ?, lift_time = NULL WHERE citizen = ? AND number = ?",
        status,
        citizen.number,
        number,
    )


@climbs(CARDS + "DeclineDelivery")
@pytest.mark.rule("R5", "R13", "R23")
async def test_declining_a_delivery(stage: Stage) -> None:
    link = await a_delivery(stage)
    alipay = stage.bank
    ladder = Ladder(CARDS + "DeclineDelivery", ask_of(alipay, alipay.cards.DeclineDelivery))

    def decline(proof: str, **changes: Any) -> cards.DeclineDeliveryRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": link.link_id,
            "serial": link.serial,
            "identity_proof": proof,
        }
        return cards.DeclineDeliveryRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", decline(UNKNOWN, serial=0))
    await ladder.step("REQUEST_ID_REUSED", decline(UNKNOWN, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", decline(UNKNOWN, link_id=stage.link.link_id, serial=9))
    await ladder.step("LINK_SERIAL_OLD", decline(UNKNOWN, serial=9))
    active = await alipay.apply(stage.li)
    await ladder.step("LINK_NOT_DELIVERED", decline(UNKNOWN, link_id=active.link_id))
    await stage.climb_proofs(ladder, decline, ACCEPT_DELIVERY, VOUCHED, FACE)
    ladder.top()


@climbs(CARDS + "GetCard")
@pytest.mark.rule("R14")
async def test_getting_a_card(stage: Stage) -> None:
    bank = stage.bank
    ladder = Ladder(CARDS + "GetCard", ask_of(bank, bank.cards.GetCard))

    await ladder.step("REQUEST_INVALID", cards.GetCardRequest(link_id="1"))
    await ladder.step("LINK_NOT_FOUND", cards.GetCardRequest(link_id=UNKNOWN))
    await bank.unlink(stage.zhang, stage.link)
    await ladder.step("LINK_NOT_ACTIVE", cards.GetCardRequest(link_id=stage.link.link_id))
    ladder.top()


@climbs(CARDS + "Unlink")
@pytest.mark.rule("R12", "R13", "R23")
async def test_unlinking(stage: Stage) -> None:
    bank = stage.bank
    ladder = Ladder(CARDS + "Unlink", ask_of(bank, bank.cards.Unlink))
    link = stage.link

    def unlink(proof: str, **changes: Any) -> cards.UnlinkRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": link.link_id,
            "serial": link.serial,
            "proof": proof,
        }
        return cards.UnlinkRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", unlink("no proof"))
    await ladder.step("REQUEST_ID_REUSED", unlink("", request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", unlink("", link_id=UNKNOWN))
    await ladder.step("LINK_SERIAL_OLD", unlink("", serial=9))
    await stage.world.issue(stage.li, region=SUZHOU, generation=3)
    delivered = next(i.link for i in await bank.links() if i.link.link_id != link.link_id)
    await ladder.step("LINK_NOT_ACTIVE", unlink("", link_id=delivered.link_id))
    await stage.climb_proofs(ladder, unlink, UNLINK, FACE, VOUCHED)
    ladder.top()


async def lock_password(channel: Channel, someone: Person, link: card_pb2.Link) -> None:
    """Six wrong ones."""
    subject = identity_pb2.Subject(link_id=link.link_id)
    for _ in range(2):
        challenge = await channel.start(subject, CARD_PASSWORD, CHANGE_PASSWORD)
        for _ in range(3):
            await people.refused(channel.answer(challenge, card_password="111111"))


@climbs(PASSWORDS + "SetPassword")
@pytest.mark.rule("R23", "R24")
async def test_setting_the_password(stage: Stage) -> None:
    bank = stage.bank
    ladder = Ladder(PASSWORDS + "SetPassword", ask_of(bank, bank.passwords.SetPassword))

    def set_(proof: str, **changes: Any) -> passwords.SetPasswordRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "proof": proof,
            "new_password": "111111",
        }
        return passwords.SetPasswordRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", set_(UNKNOWN, new_password="12345"))
    await ladder.step("REQUEST_ID_REUSED", set_(UNKNOWN, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", set_(UNKNOWN, link_id=UNKNOWN))
    ended = await bank.unlink(stage.li, await bank.apply(stage.li))
    await ladder.step("LINK_NOT_ACTIVE", set_(UNKNOWN, link_id=ended.link_id))
    await stage.climb_proofs(ladder, set_, SET_PASSWORD, FACE, VOUCHED)
    await bank.set_password(stage.zhang, stage.link)
    proof = await bank.proof(stage.zhang, FACE, SET_PASSWORD)
    await ladder.step("PASSWORD_SET_ALREADY", set_(proof))
    other = await bank.apply(await stage.world.citizen(3))
    proof = await bank.proof(person(3), FACE, SET_PASSWORD)
    await ladder.step("PASSWORD_TOO_SIMPLE", set_(proof, link_id=other.link_id))
    ladder.top()


@climbs(PASSWORDS + "ChangePassword")
@pytest.mark.rule("R23", "R24", "R25")
async def test_changing_the_password(stage: Stage) -> None:
    bank, zhang = stage.bank, stage.zhang
    ladder = Ladder(PASSWORDS + "ChangePassword", ask_of(bank, bank.passwords.ChangePassword))

    def change(proof: str, **changes: Any) -> passwords.ChangePasswordRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "proof": proof,
            "new_password": "111111",
        }
        return passwords.ChangePasswordRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", change(UNKNOWN, new_password="12345"))
    await ladder.step("REQUEST_ID_REUSED", change(UNKNOWN, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", change(UNKNOWN, link_id=UNKNOWN))
    of_li = await bank.apply(stage.li)
    await bank.set_password(stage.li, of_li)
    await bank.unlink(stage.li, of_li)
    await ladder.step("LINK_NOT_ACTIVE", change(UNKNOWN, link_id=of_li.link_id))
    await stage.climb_proofs(ladder, change, CHANGE_PASSWORD, CARD_PASSWORD, FACE)
    await bank.set_password(zhang, stage.link)
    proof = await bank.proof(zhang, CARD_PASSWORD, CHANGE_PASSWORD)
    # A password is never unset; if it were, the proof of it would be worth nothing.
    await stage.world.write("UPDATE passwords SET bucket = bucket + 2000")
    await ladder.step("PASSWORD_NOT_SET", change(proof))
    await stage.world.write("UPDATE passwords SET bucket = bucket - 2000")
    await lock_password(bank, zhang, stage.link)
    await ladder.step("PASSWORD_LOCKED", change(proof))
    await stage.world.advance(DAY)
    fresh = await bank.proof(zhang, CARD_PASSWORD, CHANGE_PASSWORD)
    await ladder.step("PASSWORD_TOO_SIMPLE", change(fresh))
    ladder.top()


@climbs(PASSWORDS + "ResetPassword")
@pytest.mark.rule("R23", "R24", "R25")
async def test_resetting_the_password(stage: Stage) -> None:
    bank, zhang = stage.bank, stage.zhang
    ladder = Ladder(PASSWORDS + "ResetPassword", ask_of(bank, bank.passwords.ResetPassword))

    def reset(text_proof: str, **changes: Any) -> passwords.ResetPasswordRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "text_proof": text_proof,
            "face_proof": UNKNOWN,
            "new_password": "111111",
        }
        return passwords.ResetPasswordRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", reset(UNKNOWN, new_password="12345"))
    await ladder.step("REQUEST_ID_REUSED", reset(UNKNOWN, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", reset(UNKNOWN, link_id=UNKNOWN))
    ended = await bank.unlink(stage.li, await bank.apply(stage.li))
    await ladder.step("LINK_NOT_ACTIVE", reset(UNKNOWN, link_id=ended.link_id))
    await stage.climb_proofs(ladder, reset, RESET_PASSWORD, TEXT_MESSAGE, FACE)
    text = await bank.proof(zhang, TEXT_MESSAGE, RESET_PASSWORD)
    face = await bank.proof(zhang, FACE, RESET_PASSWORD)
    await ladder.step("PASSWORD_NOT_SET", reset(text, face_proof=face))
    await bank.set_password(zhang, stage.link)
    await ladder.step("PASSWORD_TOO_SIMPLE", reset(text, face_proof=face))
    # No refusal used anything up.
    await bank.do(
        bank.passwords.ResetPassword, reset(text, face_proof=face, new_password=OTHER_PASSWORD)
    )
    ladder.top()


@climbs(IDENTITY + "StartChallenge")
@pytest.mark.rule("R21", "R25")
async def test_starting_a_challenge(stage: Stage, tmp_path: Path) -> None:
    bank, zhang = stage.bank, stage.zhang
    ladder = Ladder(
        IDENTITY + "StartChallenge",
        lambda request: stage.bank.do(stage.bank.identity.StartChallenge, request),
    )

    def start(**changes: Any) -> identity.StartChallengeRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "subject": zhang.named,
            "method": TEXT_MESSAGE,
            "purpose": APPLY,
        }
        return identity.StartChallengeRequest(**(values | changes))

    vouch = identity_pb2.VOUCH_KIND_RESERVED_PHONE
    by_link = identity_pb2.Subject(link_id=UNKNOWN)
    nobody = identity_pb2.Subject(
        person=identity_pb2.Person(name="无名", id_number=zhang.id_number)
    )
    of_link = identity_pb2.Subject(link_id=stage.link.link_id)
    await ladder.step("REQUEST_INVALID", start(method=0))
    await ladder.step(
        "METHOD_NOT_ALLOWED", start(method=VOUCHED, vouch_kind=vouch, request_id=stage.used_id)
    )
    await ladder.step("REQUEST_ID_REUSED", start(subject=by_link, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", start(subject=by_link))
    member = identity_pb2.Member(link_id=stage.link.link_id, binding_id=UNKNOWN)
    of_member = identity_pb2.Subject(member=member)
    await ladder.step("BINDING_NOT_FOUND", start(subject=of_member, phone="11199999999"))
    await ladder.step("IDENTITY_MISMATCH", start(subject=nobody, phone="11199999999"))
    await ladder.step("PHONE_MISMATCH", start(phone="11199999999"))
    await ladder.step("PASSWORD_NOT_SET", start(method=CARD_PASSWORD))
    await bank.set_password(zhang, stage.link)
    await lock_password(bank, zhang, stage.link)
    await ladder.step("PASSWORD_LOCKED", start(method=CARD_PASSWORD, subject=of_link))
    reserved = start(method=RESERVED_PHONE)
    for _ in range(10):
        await bank.start(zhang.named, TEXT_MESSAGE, APPLY)
    await ladder.step("BANK_ACCOUNT_NOT_OPEN", reserved)
    await open_account(stage.world, zhang)
    await ladder.step("TRIES_EXHAUSTED", reserved)
    async with a_world(tmp_path / "other", text_messages="127.0.0.1:1") as lonely:
        await lonely.citizen(1)
        stage.bank = await lonely.channel("bank")
        await ladder.step("AUTHORITY_UNREACHABLE", start())
    ladder.top()


@climbs(IDENTITY + "AnswerChallenge")
@pytest.mark.rule("R22", "R23", "R25")
async def test_answering_a_challenge(stage: Stage, tmp_path: Path) -> None:
    bank, zhang = stage.bank, stage.zhang
    ladder = Ladder(
        IDENTITY + "AnswerChallenge",
        lambda request: stage.bank.do(stage.bank.identity.AnswerChallenge, request),
    )

    def answer(
        challenge: identity_pb2.Challenge, request_id: str = "", **changes: Any
    ) -> identity.AnswerChallengeRequest:
        return identity.AnswerChallengeRequest(
            request_id=request_id or new_id(), challenge_id=challenge.challenge_id, **changes
        )

    async def start(method: Method) -> identity_pb2.Challenge:
        return await stage.bank.start(zhang.named, method, APPLY)

    answered = await start(VOUCHED)
    await bank.answer(answered, vouched=True)
    await bank.set_password(zhang, stage.link)
    await ladder.step("REQUEST_INVALID", answer(answered))
    await ladder.step("REQUEST_ID_REUSED", answer(answered, stage.used_id, vouched=True))
    of_wechat = await stage.wechat.start(zhang.named, VOUCHED, APPLY)
    await ladder.step("CHALLENGE_NOT_FOUND", answer(of_wechat, text_code="000000"))
    await ladder.step("CHALLENGE_ANSWERED", answer(answered, text_code="000000"))
    tried = await start(VOUCHED)
    for _ in range(5):
        await people.refused(bank.answer(tried, vouched=False))
    await stage.world.advance(5 * people.MINUTE)
    await ladder.step("CHALLENGE_EXPIRED", answer(tried, text_code="000000"))
    tried = await start(VOUCHED)
    for _ in range(5):
        await people.refused(bank.answer(tried, vouched=False))
    await ladder.step("TRIES_EXHAUSTED", answer(tried, text_code="000000"))
    password = await start(CARD_PASSWORD)
    await ladder.step("PROOF_OF_OTHER_METHOD", answer(password, vouched=True))
    await stage.world.write("UPDATE passwords SET bucket = bucket + 2000")
    await ladder.step("PASSWORD_NOT_SET", answer(password, card_password="111111"))
    await stage.world.write("UPDATE passwords SET bucket = bucket - 2000")
    await lock_password(bank, zhang, stage.link)
    await ladder.step("PASSWORD_LOCKED", answer(password, card_password=people.PASSWORD))
    await stage.world.advance(DAY)

    async with a_world(tmp_path / "other", faces="127.0.0.1:1") as lonely:
        await lonely.citizen(1)
        stage.bank = await lonely.channel("bank")
        await ladder.step("AUTHORITY_UNREACHABLE", answer(await start(FACE), face_capture=b"1"))
    stage.bank = bank
    text = await start(TEXT_MESSAGE)
    wrong = "000001" if await stage.world.code(zhang) == "000000" else "000000"
    await ladder.step("TEXT_CODE_WRONG", answer(text, text_code=wrong))
    face = await start(FACE)
    await ladder.step("FACE_MISMATCH", answer(face, face_capture=people.face(stage.li, face)))
    still = lab.FaceCapture(id_number=zhang.id_number).SerializeToString()
    await ladder.step("LIVENESS_FAILED", answer(face, face_capture=still))
    password = await start(CARD_PASSWORD)
    await ladder.step("PASSWORD_WRONG", answer(password, card_password="111111"))
    await ladder.step("VOUCHING_FAILED", answer(await start(VOUCHED), vouched=False))

    # Whenever the password is looked at, it has changed by the time that is decided upon.
    async def keep_changing() -> None:
        while True:
            await stage.world.write("UPDATE passwords SET version = version + 1")
            await asyncio.sleep(0.001)

    changing = asyncio.create_task(keep_changing())
    await ladder.step("CHANGES_CONFLICT", answer(password, card_password=people.PASSWORD))
    changing.cancel()
    ladder.top()


@climbs(REGISTRY + "RegisterCitizen")
@pytest.mark.rule("R94")
async def test_registering_a_citizen(world: World) -> None:
    bureau, used = world.bureau, new_id()
    ladder = Ladder(REGISTRY + "RegisterCitizen", ask_of(bureau, bureau.registry.RegisterCitizen))

    def register(someone: Person, **changes: Any) -> registry.RegisterCitizenRequest:
        values: dict[str, Any] = {
            "request_id": used,
            "name": someone.name,
            "id_number": someone.id_number,
            "phone": someone.phone,
        }
        return registry.RegisterCitizenRequest(**(values | changes))

    zhang = person(1)
    await bureau.do(bureau.registry.RegisterCitizen, register(zhang))
    await ladder.step("REQUEST_INVALID", register(zhang, id_number=zhang.id_number[:17] + "?"))
    await ladder.step("ID_NUMBER_NOT_SYNTHETIC", register(zhang, phone="13800000000"))
    await ladder.step("REQUEST_ID_REUSED", register(zhang, phone="11100000099"))
    await ladder.step("CITIZEN_EXISTS", register(zhang, request_id=new_id()))
    ladder.top()


@climbs(REGISTRY + "IssuePhysicalCard")
async def test_issuing_a_physical_card(world: World) -> None:
    bureau, used = world.bureau, new_id()
    ladder = Ladder(
        REGISTRY + "IssuePhysicalCard", ask_of(bureau, bureau.registry.IssuePhysicalCard)
    )

    def issue(place: int, **changes: Any) -> registry.IssuePhysicalCardRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "id_number": person(place).id_number,
            "region": NANTONG,
            "generation": 2,
        }
        return registry.IssuePhysicalCardRequest(**(values | changes))

    await world.citizen(1)
    await world.cancel_citizen(await world.citizen(2))
    await bureau.do(bureau.registry.IssuePhysicalCard, issue(1, request_id=used, region=SUZHOU))
    await ladder.step("REQUEST_INVALID", issue(3, generation=1))
    await ladder.step("CALLER_NOT_ALLOWED", issue(3, region=HUAIHUA, request_id=used))
    await ladder.step("REQUEST_ID_REUSED", issue(3, request_id=used))
    await ladder.step("CITIZEN_NOT_FOUND", issue(3))
    await ladder.step("CITIZEN_CANCELLED", issue(2))
    await ladder.step("PHYSICAL_CARD_EXISTS", issue(1))
    ladder.top()


VERBS: list[tuple[str, type[Any], dict[str, Any]]] = [
    ("EnablePhysicalCard", registry.EnablePhysicalCardRequest, {}),
    ("ReportLoss", registry.ReportLossRequest, {"kind": 2}),
    ("LiftLoss", registry.LiftLossRequest, {}),
    ("LockPhysicalCard", registry.LockPhysicalCardRequest, {}),
    ("UnlockPhysicalCard", registry.UnlockPhysicalCardRequest, {}),
    ("CancelPhysicalCard", registry.CancelPhysicalCardRequest, {}),
]


@climbs(*(REGISTRY + name for name, _, _ in VERBS))
@pytest.mark.parametrize(("name", "message", "more"), VERBS, ids=[verb[0] for verb in VERBS])
@pytest.mark.rule("R2")
async def test_moving_a_physical_card(
    world: World, name: str, message: type[Any], more: dict[str, Any]
) -> None:
    bureau, used = world.bureau, new_id()
    ladder = Ladder(REGISTRY + name, ask_of(bureau, getattr(bureau.registry, name)))
    someone = await world.enrol(person(1))
    await bureau.do(
        bureau.registry.RegisterCitizen,
        registry.RegisterCitizenRequest(
            request_id=used, name="某人", id_number=person(2).id_number, phone=person(2).phone
        ),
    )
    physical_card_id = await world.issue(someone)
    await world.cancel(physical_card_id)

    def move(card_id: str, request_id: str = "") -> Any:
        return message(request_id=request_id or new_id(), physical_card_id=card_id, **more)

    await ladder.step("REQUEST_INVALID", move("1"))
    await ladder.step("REQUEST_ID_REUSED", move(physical_card_id, used))
    await ladder.step("PHYSICAL_CARD_NOT_FOUND", move(UNKNOWN))
    elsewhere = world.caller("elsewhere", new_key())
    await world.register(elsewhere, party_pb2.PARTY_KIND_BUREAU, [HUAIHUA])
    foreign = elsewhere.do(getattr(elsewhere.registry, name), move(physical_card_id))
    assert await reason(foreign) == "PHYSICAL_CARD_NOT_FOUND"
    await ladder.step("PHYSICAL_CARD_STATUS_FORBIDS", move(physical_card_id))
    ladder.top()


@climbs(REGISTRY + "GetCitizen")
async def test_getting_a_citizen(world: World) -> None:
    bureau = world.bureau
    ladder = Ladder(REGISTRY + "GetCitizen", ask_of(bureau, bureau.registry.GetCitizen))

    await ladder.step("REQUEST_INVALID", registry.GetCitizenRequest(id_number="1" * 18))
    request = registry.GetCitizenRequest(id_number=person(1).id_number)
    await ladder.step("CITIZEN_NOT_FOUND", request)
    ladder.top()


@climbs(REGISTRY + "ImportCitizens")
async def test_importing_citizens(world: World) -> None:
    bureau = world.bureau

    async def import_(items: list[registry.ImportCitizensRequest]) -> object:
        return await bureau.registry.ImportCitizens(iter(items), **bureau.peer.options())

    ladder = Ladder(REGISTRY + "ImportCitizens", import_)

    await ladder.step("REQUEST_INVALID", [registry.ImportCitizensRequest()])
    ladder.top()


def a_key() -> party_pb2.PartyKey:
    key = new_key()
    return party_pb2.PartyKey(key_id=key.key_id, public_key=key.public_bytes)


def particulars_of_others() -> Sequence[dict[str, Any]]:
    """What only a verifier has, and must have, and what only a provider has."""
    verifier: dict[str, Any] = {"kind": party_pb2.PARTY_KIND_VERIFIER}
    bureau: dict[str, Any] = {"kind": party_pb2.PARTY_KIND_BUREAU}
    hospital: dict[str, Any] = {"verifier_class": party_pb2.VERIFIER_CLASS_HOSPITAL}
    here: dict[str, Any] = {"regions": ["320600"]}
    return (
        verifier | here,
        verifier | hospital,
        verifier | hospital | {"regions": ["320600", "320500"]},
        verifier | hospital | here | {"service_ids": ["library"]},
        bureau | here | hospital,
        bureau | here | {"service_ids": ["library"]},
        bureau | here | {"verifier_ids": ["gate-1"]},
    )


@climbs(
    PARTIES + "RegisterParty",
    PARTIES + "AddPartyKey",
    PARTIES + "RemovePartyKey",
    PARTIES + "ListParties",
)
@pytest.mark.rule("R15")
async def test_parties(world: World) -> None:
    operator, used = world.operator, new_id()
    stub = operator.parties

    def party(**changes: Any) -> party_admin.RegisterPartyRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "party_id": "hospital",
            "kind": party_pb2.PARTY_KIND_PROVIDER,
            "display_name": "医院",
            "key": a_key(),
        }
        return party_admin.RegisterPartyRequest(**(values | changes))

    await operator.do(stub.RegisterParty, party(request_id=used))
    ladder = Ladder(PARTIES + "RegisterParty", ask_of(operator, stub.RegisterParty))
    for wrong in particulars_of_others():
        assert await reason(operator.do(stub.RegisterParty, party(**wrong))) == "REQUEST_INVALID"
    await ladder.step("REQUEST_INVALID", party(kind=party_pb2.PARTY_KIND_CHANNEL))
    await ladder.step("REQUEST_ID_REUSED", party(request_id=used))
    await ladder.step("PARTY_EXISTS", party())
    ladder.top()

    def add(**changes: Any) -> party_admin.AddPartyKeyRequest:
        values: dict[str, Any] = {"request_id": new_id(), "party_id": "hospital", "key": a_key()}
        return party_admin.AddPartyKeyRequest(**(values | changes))

    ladder = Ladder(PARTIES + "AddPartyKey", ask_of(operator, stub.AddPartyKey))
    await ladder.step("REQUEST_INVALID", add(party_id="HOSPITAL"))
    await ladder.step("REQUEST_ID_REUSED", add(request_id=used))
    await ladder.step("PARTY_NOT_FOUND", add(party_id="nobody"))
    await ladder.step("PARTY_KEY_EXISTS", add(party_id="bureau", key=world.bureau.public_key))
    ladder.top()

    def remove(**changes: Any) -> party_admin.RemovePartyKeyRequest:
        assert world.bureau.key is not None
        values: dict[str, Any] = {
            "request_id": new_id(),
            "party_id": "bureau",
            "key_id": world.bureau.key.key_id,
        }
        return party_admin.RemovePartyKeyRequest(**(values | changes))

    ladder = Ladder(PARTIES + "RemovePartyKey", ask_of(operator, stub.RemovePartyKey))
    await ladder.step("REQUEST_INVALID", remove(key_id=""))
    await ladder.step("REQUEST_ID_REUSED", remove(request_id=used))
    await ladder.step("PARTY_NOT_FOUND", remove(party_id="nobody"))
    await ladder.step("PARTY_KEY_NOT_FOUND", remove(key_id="k"))
    await ladder.step("PARTY_KEY_LAST", remove())
    ladder.top()

    ladder = Ladder(PARTIES + "ListParties", ask_of(operator, stub.ListParties))
    await ladder.step("REQUEST_INVALID", party_admin.ListPartiesRequest(page_size=-1))
    token = party_admin.ListPartiesRequest(page_token="1")
    await ladder.step("PAGE_TOKEN_INVALID", token)
    ladder.top()


@climbs(CARDS + "ListLinks")
@pytest.mark.rule("R14")
async def test_listing_links(stage: Stage) -> None:
    bank = stage.bank
    ladder = Ladder(CARDS + "ListLinks", ask_of(bank, bank.cards.ListLinks))
    await ladder.step("REQUEST_INVALID", cards.ListLinksRequest(page_size=-1))
    await ladder.step("PAGE_TOKEN_INVALID", cards.ListLinksRequest(page_token="1"))
    ladder.top()


@climbs(EVENTS + "WatchEvents")
@pytest.mark.rule("R16")
async def test_watching(tmp_path: Path) -> None:
    async with a_world(tmp_path / "platform") as world:
        bank = await world.channel("bank")

        async def watch(cursor: str) -> object:
            async with bank.watching(cursor) as watch:
                return await watch.next()

        ladder = Ladder(EVENTS + "WatchEvents", watch)
        await ladder.step("REQUEST_INVALID", UNKNOWN)
        zhang = await world.citizen(1)
        link = await bank.apply(zhang)
        await bank.unlink(zhang, link)
        first, _ = await bank.feed()
        await world.advance(91 * DAY)
        await ladder.step("CURSOR_EXPIRED", first.cursor)

        async with AsyncExitStack() as stack:
            streams = []
            for _ in range(3):
                streams.append(await stack.enter_async_context(bank.watching()))
                await streams[-1].until_heartbeat()
            ladder.note("PLATFORM_BUSY", await people.refused(streams[0].next()))
        async with bank.watching() as last:
            await last.until_heartbeat()
            ending = asyncio.create_task(world.running.stop())
            ladder.note("PLATFORM_DRAINING", await people.refused(last.next()))
            await ending
        ladder.top()


@climbs(
    LAB + "ClockService.Advance",
    LAB + "PhoneService.ListMessages",
    AUTHORITY + "TextMessageService.SendTextMessage",
    AUTHORITY + "FaceService.JudgeFace",
)
@pytest.mark.rule("R95")
async def test_the_lab(world: World) -> None:
    caller, used = world.lab, new_id()
    advance = lab.AdvanceRequest(request_id=used, by=Duration(seconds=60))
    await caller.do(caller.clock.Advance, advance)
    ladder = Ladder(LAB + "ClockService.Advance", ask_of(caller, caller.clock.Advance))
    await ladder.step("REQUEST_INVALID", lab.AdvanceRequest(by=Duration(seconds=-1)))
    reused = lab.AdvanceRequest(request_id=used, by=Duration(seconds=61))
    await ladder.step("REQUEST_ID_REUSED", reused)
    ladder.top()

    ladder = Ladder(LAB + "PhoneService.ListMessages", ask_of(caller, caller.phones.ListMessages))
    await ladder.step("REQUEST_INVALID", lab.ListMessagesRequest(phone="1"))
    ladder.top()

    texts = authority_grpc.TextMessageServiceStub(caller.peer.channel)
    ladder = Ladder(
        AUTHORITY + "TextMessageService.SendTextMessage", ask_of(caller, texts.SendTextMessage)
    )
    await ladder.step("REQUEST_INVALID", authority.SendTextMessageRequest(phone="1"))
    ladder.top()

    faces = authority_grpc.FaceServiceStub(caller.peer.channel)
    ladder = Ladder(AUTHORITY + "FaceService.JudgeFace", ask_of(caller, faces.JudgeFace))
    await ladder.step("REQUEST_INVALID", authority.JudgeFaceRequest())
    ladder.top()
