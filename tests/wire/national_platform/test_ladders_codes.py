"""The refusals of codes, met over the wire in the order of the comments."""

from typing import Any

import pytest
from tests.wire.ladders import UNKNOWN, Ladder, ask_of, climbs
from tests.wire.national_platform.test_reasons import Stage
from tests.wire.people import FACE, TEXT_MESSAGE, World, new_id
from tests.wire.people_codes import (
    NEW_DEVICE,
    PAYMENT,
    PHONE,
    QUERY,
    a_verifier,
    bind,
    device_proof,
    scan,
    show,
)

from essc.code.v1 import code_service_pb2 as codes
from essc.code.v1 import verification_service_pb2 as verification

CODES = "essc.code.v1.CodeService."
VERIFICATION = "essc.code.v1.VerificationService."
# As the store has them: no service moves a card into every status from every other.
STATUSES = {
    "PHYSICAL_CARD_SEALED": 1,
    "PHYSICAL_CARD_TEMPORARILY_LOST": 3,
    "PHYSICAL_CARD_LOST": 4,
    "PHYSICAL_CARD_LOCKED": 5,
    "PHYSICAL_CARD_CANCELLED": 6,
}


async def set_status(world: World, key: int, status: int) -> None:
    await world.write("UPDATE physical_cards SET status = ? WHERE citizen = ?", status, key)


@climbs(CODES + "IssueCode")
@pytest.mark.rule("R3", "R14", "R23", "R30", "R33", "R44")
async def test_issuing_a_code(world: World) -> None:
    stage = Stage(world)
    await stage.open()
    bank, link = stage.bank, stage.link
    zhang, li = (world.vault.citizen_key(each.id_number).number for each in (stage.zhang, stage.li))
    await stage.wechat.apply(stage.li)
    binding_id = await bind(world, bank, stage.zhang, stage.li)
    proof = ""

    def make(sent: str | None = None, **changes: Any) -> codes.IssueCodeRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": link.link_id,
            "binding_id": binding_id,
            "device_id": PHONE,
            "proof": proof if sent is None else sent,
        }
        return codes.IssueCodeRequest(**(values | changes))

    ladder = Ladder(CODES + "IssueCode", ask_of(bank, bank.codes.IssueCode))
    await ladder.step("REQUEST_INVALID", make(device_id=""))
    await ladder.step("REQUEST_ID_REUSED", make(request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", make(link_id=UNKNOWN))
    await world.write("UPDATE links SET state = 3 WHERE citizen = ?", zhang)
    await ladder.step("LINK_NOT_ACTIVE", make(binding_id=UNKNOWN))
    await world.write("UPDATE links SET state = 2 WHERE citizen = ?", zhang)
    await ladder.step("BINDING_NOT_FOUND", make(binding_id=UNKNOWN))
    await world.write("UPDATE cards SET expire_time = 1 WHERE citizen = ?", zhang)
    await set_status(world, li, STATUSES["PHYSICAL_CARD_LOST"])
    await ladder.step("DEVICE_NEW", make())
    await stage.climb_proofs(ladder, make, NEW_DEVICE, TEXT_MESSAGE, FACE)
    proof = await device_proof(bank, stage.zhang, link)
    await world.cancel_citizen(stage.zhang)
    await ladder.step("CITIZEN_CANCELLED", make())
    await world.write("UPDATE citizens SET cancel_time = NULL")
    for reason, status in STATUSES.items():
        await set_status(world, zhang, status)
        await ladder.step(reason, make())
    await set_status(world, zhang, 2)
    await ladder.step("CARD_EXPIRED", make())
    far = 1 << 52
    await world.write("UPDATE cards SET expire_time = ? WHERE citizen = ?", far, zhang)
    await ladder.step("MEMBER_CARD_NOT_NORMAL", make())
    ladder.top()


@climbs(CODES + "GetCode")
@pytest.mark.rule("R14", "R30")
async def test_looking_at_a_code(world: World) -> None:
    stage = Stage(world)
    await stage.open()
    bank, link = stage.bank, stage.link

    def make(**changes: Any) -> codes.GetCodeRequest:
        return codes.GetCodeRequest(**({"link_id": link.link_id, "code": UNKNOWN} | changes))

    ladder = Ladder(CODES + "GetCode", ask_of(bank, bank.codes.GetCode))
    await ladder.step("REQUEST_INVALID", make(code=""))
    await ladder.step("LINK_NOT_FOUND", make(link_id=UNKNOWN))
    await world.write("UPDATE links SET state = 3")
    await ladder.step("LINK_NOT_ACTIVE", make())
    await world.write("UPDATE links SET state = 2")
    await ladder.step("CODE_NOT_FOUND", make())
    ladder.top()


@climbs(VERIFICATION + "CheckCode", VERIFICATION + "BatchCheckCodes", VERIFICATION + "GetHolder")
@pytest.mark.rule("R31", "R32")
async def test_verification(world: World) -> None:
    stage = Stage(world)
    await stage.open()
    hospital, pharmacy = await a_verifier(world), await a_verifier(world, "pharmacy")
    code = (await show(stage.bank, stage.zhang, stage.link)).code
    used = new_id()
    found = await scan(hospital, code, request_id=used)

    def check(**changes: Any) -> verification.CheckCodeRequest:
        values: dict[str, Any] = {"request_id": new_id(), "code": code, "usage": QUERY}
        return verification.CheckCodeRequest(**(values | changes))

    ladder = Ladder(VERIFICATION + "CheckCode", ask_of(hospital, hospital.verification.CheckCode))
    await ladder.step("REQUEST_INVALID", check(usage=0))
    await ladder.step("REQUEST_ID_REUSED", check(request_id=used, usage=PAYMENT))
    ladder.top()

    ladder = Ladder(
        VERIFICATION + "BatchCheckCodes", ask_of(hospital, hospital.verification.BatchCheckCodes)
    )
    many = verification.BatchCheckCodesRequest(requests=[check()] * 51)
    await ladder.step("REQUEST_INVALID", many)
    ladder.top()

    ask = ask_of(pharmacy, pharmacy.verification.GetHolder)
    ladder = Ladder(VERIFICATION + "GetHolder", ask)
    await ladder.step("REQUEST_INVALID", verification.GetHolderRequest(check_number="1"))
    foreign = verification.GetHolderRequest(check_number=found.check_number)
    await ladder.step("CHECK_NOT_FOUND", foreign)
    ladder.top()
