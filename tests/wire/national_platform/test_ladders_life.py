"""Levels, losses, bank accounts, replacement, cancellation: every reason met, in its order."""

from pathlib import Path
from typing import Any

import pytest
from tests.wire.ladders import UNKNOWN, Ladder, ask_of, climbs
from tests.wire.national_platform.test_reasons import CARDS, REGISTRY, Stage, set_status
from tests.wire.people import (
    DAY,
    FACE,
    HUAIHUA,
    SUZHOU,
    VOUCHED,
    World,
    a_world,
    new_id,
    person,
    reason,
)
from tests.wire.people_life import (
    ALLOW_WHILE_LOST,
    BANK,
    RAISE_LEVEL,
    RESERVED_PHONE,
    allow,
    close_account,
    newest_card,
    open_account,
    raise_level,
)

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.registry.v1 import physical_card_pb2
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.keys import new_key


@pytest.fixture
async def stage(world: World) -> Stage:
    stage = Stage(world)
    await stage.open()
    return stage


async def climb_link(ladder: Ladder, stage: Stage, make: Any) -> None:
    """The refusals of a link that is named with its serial."""
    await ladder.step("REQUEST_INVALID", make(serial=0))
    await ladder.step("REQUEST_ID_REUSED", make(request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", make(link_id=UNKNOWN, serial=9))
    await ladder.step("LINK_SERIAL_OLD", make(serial=9))
    # Li's card is delivered into the bank, and no more.
    await stage.world.issue(stage.li, region=SUZHOU, generation=3)
    delivered = await delivered_in_bank(stage)
    await ladder.step("LINK_NOT_ACTIVE", make(link_id=delivered.link_id))


async def delivered_in_bank(stage: Stage) -> card_pb2.Link:
    links = [item.link for item in await stage.bank.links()]
    return next(link for link in links if link.state == card_pb2.Link.STATE_DELIVERED)


async def climb_statuses(ladder: Ladder, world: World, card_id: str, request: Any) -> None:
    """R3: what a card in each status but normal is refused for."""
    await set_status(world, card_id, 1)
    await ladder.step("PHYSICAL_CARD_SEALED", request)
    await set_status(world, card_id, 2)
    await world.report_loss(card_id, formal=False)
    await ladder.step("PHYSICAL_CARD_TEMPORARILY_LOST", request)
    await world.report_loss(card_id)
    await ladder.step("PHYSICAL_CARD_LOST", request)
    await set_status(world, card_id, 5)
    await ladder.step("PHYSICAL_CARD_LOCKED", request)
    await set_status(world, card_id, 6)
    await ladder.step("PHYSICAL_CARD_CANCELLED", request)
    await set_status(world, card_id, 2)


@climbs(CARDS + "RaiseLevel")
@pytest.mark.rule("R3", "R13", "R23", "R26")
async def test_raising_a_level(stage: Stage) -> None:
    world, bank, zhang = stage.world, stage.bank, stage.zhang
    ladder = Ladder(CARDS + "RaiseLevel", ask_of(bank, bank.cards.RaiseLevel))
    card_id = await newest_card(world, zhang)
    await open_account(world, zhang)

    def raise_(proof: str = UNKNOWN, **changes: Any) -> cards.RaiseLevelRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "serial": stage.link.serial,
            "proof": proof,
        }
        return cards.RaiseLevelRequest(**(values | changes))

    await climb_link(ladder, stage, raise_)
    # Li's electronic card came with the newest physical one.
    await open_account(world, stage.li)
    await stage.climb_proofs(ladder, raise_, RAISE_LEVEL, RESERVED_PHONE, FACE)
    await world.cancel_citizen(zhang)
    good = raise_(await bank.proof(zhang, RESERVED_PHONE, RAISE_LEVEL))
    await ladder.step("CITIZEN_CANCELLED", good)
    await world.write("UPDATE citizens SET cancel_time = NULL")
    await climb_statuses(ladder, world, card_id, good)
    await world.advance(3653 * DAY)
    good = raise_(await bank.proof(zhang, RESERVED_PHONE, RAISE_LEVEL))
    await ladder.step("CARD_EXPIRED", good)
    await world.write("UPDATE cards SET expire_time = expire_time * 2")
    await close_account(world, zhang)
    await ladder.step("BANK_ACCOUNT_NOT_OPEN", good)
    # The same account again, since a proof is good for no other.
    await world.write("UPDATE bank_accounts SET close_time = NULL")
    await world.write("UPDATE channels SET channel_class = 4, bank_id = 'otherbank'")
    await ladder.step("BANK_DIFFERS", good)
    ladder.top()

    # No refusal used the proof up, and what is raised already answers before any proof.
    await world.write("UPDATE channels SET bank_id = ?", BANK)
    raised = await bank.do(bank.cards.RaiseLevel, good)
    again = await bank.do(bank.cards.RaiseLevel, raise_(""))
    assert raised.link.level == again.link.level == card_pb2.LEVEL_PAYMENT


@climbs(CARDS + "LowerLevel")
@pytest.mark.rule("R13", "R26")
async def test_lowering_a_level(stage: Stage) -> None:
    bank = stage.bank
    ladder = Ladder(CARDS + "LowerLevel", ask_of(bank, bank.cards.LowerLevel))

    def lower(**changes: Any) -> cards.LowerLevelRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "serial": stage.link.serial,
        }
        return cards.LowerLevelRequest(**(values | changes))

    await climb_link(ladder, stage, lower)
    ladder.top()


@climbs(CARDS + "AllowWhileLost")
@pytest.mark.rule("R3", "R13", "R23")
async def test_opening_a_link_for_a_loss(stage: Stage, tmp_path: Path) -> None:
    world, bank, zhang = stage.world, stage.bank, stage.zhang
    ladder = Ladder(
        CARDS + "AllowWhileLost",
        lambda request: stage.bank.do(stage.bank.cards.AllowWhileLost, request),
    )
    card_id = await newest_card(world, zhang)

    def allow_(proof: str = UNKNOWN, **changes: Any) -> cards.AllowWhileLostRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "serial": stage.link.serial,
            "face_proof": proof,
        }
        return cards.AllowWhileLostRequest(**(values | changes))

    await climb_link(ladder, stage, allow_)
    await stage.climb_proofs(ladder, allow_, ALLOW_WHILE_LOST, FACE, VOUCHED)
    await world.cancel_citizen(zhang)
    await ladder.step("CITIZEN_CANCELLED", allow_(await bank.proof(zhang, FACE, ALLOW_WHILE_LOST)))
    await world.write("UPDATE citizens SET cancel_time = NULL")
    await world.advance(3653 * DAY)
    good = allow_(await bank.proof(zhang, FACE, ALLOW_WHILE_LOST))
    await ladder.step("CARD_EXPIRED", good)
    await world.write("UPDATE cards SET expire_time = expire_time * 2")
    await ladder.step("CARD_NOT_LOST", good)
    await world.report_loss(card_id)
    await ladder.step("LOSS_POLICY_BLOCKS", good)

    async with a_world(tmp_path / "other", loss="holder_consent") as other:
        stage.bank = await other.channel("bank")
        wechat = await other.channel("wechat")
        await other.citizen(1)
        stage.link = await stage.bank.apply(zhang)
        in_wechat = await wechat.apply(zhang)
        await other.report_loss(await newest_card(other, zhang))
        await allow(wechat, zhang, in_wechat)
        good = allow_(await stage.bank.proof(zhang, FACE, ALLOW_WHILE_LOST))
        await ladder.step("LOSS_ALLOWED_ALREADY", good)
        # What is unlinked in WeChat is no other answer here; what is over after a day is.
        await wechat.unlink(zhang, in_wechat)
        assert await reason(allow(stage.bank, zhang, stage.link)) == "LOSS_ALLOWED_ALREADY"
        await other.advance(DAY)
        await allow(stage.bank, zhang, stage.link)
    ladder.top()


OF_A_CARD: list[tuple[str, type[Any], dict[str, Any]]] = [
    ("ReplacePhysicalCard", registry.ReplacePhysicalCardRequest, {"generation": 2}),
    (
        "ActivateBankAccount",
        registry.ActivateBankAccountRequest,
        {"bank_id": BANK, "reserved_phone": "11100000001"},
    ),
    ("CloseBankAccount", registry.CloseBankAccountRequest, {}),
]


@climbs(*(REGISTRY + name for name, _, _ in OF_A_CARD))
@pytest.mark.parametrize(
    ("name", "message", "more"), OF_A_CARD, ids=[each[0] for each in OF_A_CARD]
)
@pytest.mark.rule("R4", "R26")
async def test_what_a_bureau_does_to_a_card(
    world: World, name: str, message: type[Any], more: dict[str, Any]
) -> None:
    bureau, used, zhang = world.bureau, new_id(), person(1)
    ladder = Ladder(REGISTRY + name, ask_of(bureau, getattr(bureau.registry, name)))
    await world.enrol(zhang)
    recipient = registry.RegisterRecipientRequest(request_id=used, id_number=zhang.id_number)
    await bureau.do(bureau.registry.RegisterRecipient, recipient)
    card_id = await world.issue(zhang)

    def ask(physical_card_id: str = card_id, **changes: Any) -> Any:
        values = {"request_id": new_id(), "physical_card_id": physical_card_id}
        return message(**(values | more | changes))

    await ladder.step("REQUEST_INVALID", ask("1"))
    await ladder.step("REQUEST_ID_REUSED", ask(request_id=used))
    await ladder.step("PHYSICAL_CARD_NOT_FOUND", ask(UNKNOWN))
    elsewhere = world.caller("elsewhere", new_key())
    await world.register(elsewhere, party_pb2.PARTY_KIND_BUREAU, [HUAIHUA])
    foreign = elsewhere.do(getattr(elsewhere.registry, name), ask())
    assert await reason(foreign) == "PHYSICAL_CARD_NOT_FOUND"
    if name == "CloseBankAccount":
        await ladder.step("BANK_ACCOUNT_NOT_OPEN", ask())
    elif name == "ActivateBankAccount":
        await set_status(world, card_id, 5)
        await ladder.step("PHYSICAL_CARD_STATUS_FORBIDS", ask())
        await set_status(world, card_id, 2)
        await open_account(world, zhang)
        await ladder.step("BANK_ACCOUNT_OPEN_ALREADY", ask())
    else:
        await world.cancel_citizen(zhang)
        await ladder.step("CITIZEN_CANCELLED", ask())
        await world.write("UPDATE citizens SET cancel_time = NULL")
        await world.cancel(card_id)
        await ladder.step("PHYSICAL_CARD_STATUS_FORBIDS", ask())
    ladder.top()


@pytest.mark.rule("R94")
async def test_in_the_lab_a_reserved_phone_is_an_invented_one(world: World) -> None:
    zhang = await world.citizen(1)

    call = open_account(world, zhang, phone="13800000000")

    assert await reason(call) == "REQUEST_INVALID"


OF_A_PERSON: list[tuple[str, type[Any], dict[str, Any]]] = [
    ("RegisterRecipient", registry.RegisterRecipientRequest, {}),
    ("CancelCitizen", registry.CancelCitizenRequest, {"cause": 1}),
]


@climbs(*(REGISTRY + name for name, _, _ in OF_A_PERSON))
@pytest.mark.parametrize(
    ("name", "message", "more"), OF_A_PERSON, ids=[each[0] for each in OF_A_PERSON]
)
@pytest.mark.rule("R9", "R52")
async def test_what_a_bureau_does_to_a_person(
    world: World, name: str, message: type[Any], more: dict[str, Any]
) -> None:
    bureau, used, zhang = world.bureau, new_id(), person(1)
    ladder = Ladder(REGISTRY + name, ask_of(bureau, getattr(bureau.registry, name)))
    await world.enrol(zhang)
    await bureau.do(
        bureau.registry.IssuePhysicalCard,
        registry.IssuePhysicalCardRequest(
            request_id=used,
            id_number=zhang.id_number,
            region=SUZHOU,
            generation=physical_card_pb2.GENERATION_SECOND,
        ),
    )

    def ask(id_number: str = zhang.id_number, request_id: str = "") -> Any:
        return message(request_id=request_id or new_id(), id_number=id_number, **more)

    await ladder.step("REQUEST_INVALID", ask("1" * 18))
    await ladder.step("REQUEST_ID_REUSED", ask(request_id=used))
    await ladder.step("CITIZEN_NOT_FOUND", ask(person(2).id_number))
    if name == "RegisterRecipient":
        await bureau.do(bureau.registry.RegisterRecipient, ask())
    await world.cancel_citizen(zhang)
    await ladder.step("CITIZEN_CANCELLED", ask())
    if name == "RegisterRecipient":
        await world.write("UPDATE citizens SET cancel_time = NULL")
        await ladder.step("RECIPIENT_EXISTS", ask())
    ladder.top()


@pytest.mark.rule("R26")
async def test_a_level_once_raised_is_not_raised_by_a_channel_that_lost_its_link(
    stage: Stage,
) -> None:
    await open_account(stage.world, stage.zhang)
    await raise_level(stage.bank, stage.zhang, stage.link)
    await stage.bank.unlink(stage.zhang, stage.link)

    anew = await stage.bank.apply(stage.zhang)

    assert anew.level == card_pb2.LEVEL_QUERY
