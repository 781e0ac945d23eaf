"""Codes as channels issue them and verifiers find them, over the wire."""

import pytest
from google.rpc import error_details_pb2
from tests.wire.ladders import UNKNOWN
from tests.wire.people import (
    NANTONG,
    SUZHOU,
    Caller,
    Person,
    World,
    new_id,
    reason,
    refused,
)
from tests.wire.people_codes import (
    HOSPITAL,
    MEDICAL,
    PAYMENT,
    a_verifier,
    bind,
    holder,
    look,
    open_bank_account,
    scan,
    show,
    unbind,
    verdict,
)

from essc.admin.v1 import party_pb2
from essc.code.v1 import code_pb2, verification_service_pb2
from essc.record.v1 import record_service_pb2

BEIJING = "110100"
"""Where medical settlement is not open."""
CODE, RECORD = code_pb2.Code, record_service_pb2.Record


# --- issuing ---------------------------------------------------------------------------------


@pytest.mark.rule("R30")
async def test_a_code_lives_sixty_seconds_and_is_current_until_then(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link = await wechat.apply(someone)

    code = await show(wechat, someone, link)

    life = code.expire_time.ToMicroseconds() - code.issue_time.ToMicroseconds()
    assert life == 60_000_000
    assert code.state == CODE.STATE_CURRENT
    assert not code.HasField("use_time")
    assert await look(wechat, link, code.code) == code
    await world.advance(60)
    assert (await look(wechat, link, code.code)).state == CODE.STATE_EXPIRED


@pytest.mark.rule("R33")
async def test_a_device_is_new_once_in_a_channel_and_again_after_unlinking(world: World) -> None:
    wechat, alipay = await world.channel("wechat"), await world.channel("alipay")
    someone = await world.citizen(1)
    link, other = await wechat.apply(someone), await alipay.apply(someone)
    await show(wechat, someone, link)

    await show(wechat, someone, link, is_known=True)
    elsewhere = await reason(show(alipay, someone, other, is_known=True))
    await wechat.unlink(someone, link)
    again = await wechat.apply(someone)
    after = await reason(show(wechat, someone, again, is_known=True))

    assert elsewhere == after == "DEVICE_NEW"


@pytest.mark.rule("R30")
async def test_a_repeated_request_gives_the_same_code(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link = await wechat.apply(someone)
    await show(wechat, someone, link)
    request_id = new_id()

    first = await show(wechat, someone, link, is_known=True, request_id=request_id)
    second = await show(wechat, someone, link, is_known=True, request_id=request_id)

    assert first == second


@pytest.mark.rule("R14", "R30")
async def test_a_code_is_seen_by_the_channel_that_issued_it_and_by_no_other(world: World) -> None:
    wechat, alipay = await world.channel("wechat"), await world.channel("alipay")
    someone, neighbour = await world.citizen(1), await world.citizen(2)
    link, other = await wechat.apply(someone), await alipay.apply(someone)
    neighbours = await wechat.apply(neighbour)
    code = await show(wechat, someone, link)

    answers = [
        await reason(look(alipay, other, code.code)),
        await reason(look(wechat, neighbours, code.code)),
        await reason(look(wechat, link, UNKNOWN)),
        await reason(look(wechat, link, code.code.upper())),
    ]

    assert answers == ["CODE_NOT_FOUND"] * 4


# --- verdicts --------------------------------------------------------------------------------


@pytest.mark.rule("R30", "R31")
async def test_a_valid_code_is_used_up_and_both_sides_see_it(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    hospital = await a_verifier(world)
    link = await wechat.apply(someone)
    code = await show(wechat, someone, link)

    found = await scan(hospital, code.code)

    assert found.verdict == code_pb2.VERDICT_VALID
    assert len(found.check_number) == 32
    seen = await look(wechat, link, code.code)
    assert (seen.state, seen.use_time) == (CODE.STATE_USED, found.check_time)
    second = await scan(hospital, code.code)
    assert (second.verdict, second.check_number) == (code_pb2.VERDICT_USED, "")


@pytest.mark.rule("R31")
@pytest.mark.parametrize("text", ["x", "身份", UNKNOWN, "https://example.org/", "0" * 64])
async def test_what_the_platform_did_not_issue_is_forged(world: World, text: str) -> None:
    assert await verdict(await a_verifier(world), text) == "FORGED"


@pytest.mark.rule("R31")
async def test_another_spelling_of_a_code_is_forged(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    hospital, link = await a_verifier(world), await wechat.apply(someone)
    code = (await show(wechat, someone, link)).code

    others = [f" {code}", f"{code[:16]} {code[16:]}", f"0x{code}", link.link_id]
    verdicts = [await verdict(hospital, each) for each in others]

    assert verdicts == ["FORGED"] * 4
    assert await verdict(hospital, code) == "VALID"


@pytest.mark.rule("R30", "R31")
async def test_the_verdicts_come_in_their_order(world: World) -> None:
    """One code with every obstacle that can be put before it, taken away one by one."""
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link = await wechat.apply(someone)
    hospital = await a_verifier(world, region=BEIJING)
    (physical_card,) = await world.bureau_view(someone)
    code = (await show(wechat, someone, link)).code
    await scan(hospital, code)
    await show(wechat, someone, link, is_known=True)
    await world.report_loss(physical_card)
    await world.advance(60)
    seen = [await verdict(hospital, code, PAYMENT)]

    await world.lift_loss(physical_card)
    seen.append(await verdict(hospital, code, PAYMENT))
    newest = (await show(wechat, someone, link, is_known=True)).code
    await scan(hospital, newest)
    await world.advance(60)
    seen.append(await verdict(hospital, newest, PAYMENT))
    newest = (await show(wechat, someone, link, is_known=True)).code
    await scan(hospital, newest)
    seen.append(await verdict(hospital, newest, PAYMENT))
    newest = (await show(wechat, someone, link, is_known=True)).code
    seen.append(await verdict(hospital, newest, PAYMENT))
    seen.append(await verdict(hospital, newest, MEDICAL))
    seen.append(await verdict(hospital, newest))

    assert seen == [
        "REVOKED",
        "REPLACED",
        "EXPIRED",
        "USED",
        "LEVEL_TOO_LOW",
        "REGION_NOT_OPEN",
        "VALID",
    ]


@pytest.mark.rule("R26", "R31")
async def test_a_code_pays_through_a_link_of_level_two_while_the_account_is_open(
    world: World,
) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link, hospital = await wechat.apply(someone), await a_verifier(world)
    await open_bank_account(world, someone)
    code = (await show(wechat, someone, link)).code

    await world.write("UPDATE bank_accounts SET close_time = 1")
    closed = await verdict(hospital, code, PAYMENT)
    await world.write("UPDATE bank_accounts SET close_time = NULL")

    assert closed == "LEVEL_TOO_LOW"
    assert await verdict(hospital, code, PAYMENT) == "VALID"


@pytest.mark.rule("R31", "R63")
async def test_medical_settlement_must_be_open_in_both_regions(world: World) -> None:
    wechat = await world.channel("wechat")
    nearby = await a_verifier(world, "clinic", HOSPITAL, SUZHOU)
    here, elsewhere = await world.citizen(1), await world.citizen(2)
    statement = "UPDATE physical_cards SET region = ? WHERE citizen = ?"
    await world.write(statement, BEIJING, key_of(world, elsewhere))
    codes = [
        (await show(wechat, someone, await wechat.apply(someone))).code
        for someone in (here, elsewhere)
    ]

    verdicts = [await verdict(nearby, code, MEDICAL) for code in codes]

    assert verdicts == ["VALID", "REGION_NOT_OPEN"]


@pytest.mark.rule("R31", "R91")
async def test_a_repeated_check_gives_the_recorded_verdict_whatever_it_was(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link, hospital = await wechat.apply(someone), await a_verifier(world)
    code = (await show(wechat, someone, link)).code
    valid, used = new_id(), new_id()
    first = await scan(hospital, code, request_id=valid)
    late = await scan(hospital, code, request_id=used)
    await world.advance(60)

    assert await scan(hospital, code, request_id=valid) == first
    assert await scan(hospital, code, request_id=used) == late
    assert late.verdict == code_pb2.VERDICT_USED
    assert await verdict(hospital, code) == "EXPIRED"


@pytest.mark.rule("R31")
async def test_a_code_is_remembered_for_a_day_and_then_it_is_forged(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link, hospital = await wechat.apply(someone), await a_verifier(world)
    code = (await show(wechat, someone, link)).code

    await world.advance(60 + 86_399)
    remembered = await verdict(hospital, code)
    await world.advance(2)

    assert remembered == "EXPIRED"
    assert await verdict(hospital, code) == "FORGED"


@pytest.mark.rule("R11", "R34")
async def test_unlinking_revokes_the_codes_of_its_own_link_only(world: World) -> None:
    wechat, alipay = await world.channel("wechat"), await world.channel("alipay")
    someone, hospital = await world.citizen(1), await a_verifier(world)
    link, other = await wechat.apply(someone), await alipay.apply(someone)
    gone, kept = await show(wechat, someone, link), await show(alipay, someone, other)

    await wechat.unlink(someone, link)
    await wechat.apply(someone)

    assert await verdict(hospital, gone.code) == "REVOKED"
    assert await verdict(hospital, kept.code) == "VALID"


@pytest.mark.rule("R3", "R9")
async def test_a_code_dies_with_the_card(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link, hospital = await wechat.apply(someone), await a_verifier(world)
    code = (await show(wechat, someone, link)).code

    await world.cancel_citizen(someone)

    assert (await look(wechat, link, code)).state == CODE.STATE_REVOKED
    assert await verdict(hospital, code) == "REVOKED"


# --- a member's code -------------------------------------------------------------------------


@pytest.mark.rule("R30", "R44")
async def test_a_members_code_goes_through_the_binders_link_and_shows_the_member(
    world: World,
) -> None:
    wechat, alipay = await world.channel("wechat"), await world.channel("alipay")
    binder, member = await world.citizen(1), await world.citizen(2)
    hospital = await a_verifier(world)
    link, members = await wechat.apply(binder), await alipay.apply(member)
    await open_bank_account(world, binder)
    binding_id = await bind(world, wechat, binder, member)
    code = (await show(wechat, binder, link, binding_id=binding_id)).code

    paying = await verdict(hospital, code, PAYMENT)
    found = await scan(hospital, code)
    seen = await holder(hospital, found.check_number)

    assert paying == "LEVEL_TOO_LOW"
    assert found.verdict == code_pb2.VERDICT_VALID
    assert (seen.name, seen.id_number, seen.is_member) == (member.name, member.id_number, True)
    kinds = [(line.kind, line.place) for line in (await alipay.record(members))[:2]]
    assert kinds == [
        (RECORD.KIND_CODE_USED, RECORD.PLACE_ANOTHER_CHANNEL),
        (RECORD.KIND_CODE_ISSUED, RECORD.PLACE_ANOTHER_CHANNEL),
    ]


@pytest.mark.rule("R44")
async def test_a_members_code_dies_with_the_binding_and_with_the_members_card(
    world: World,
) -> None:
    wechat, hospital = await world.channel("wechat"), await a_verifier(world)
    binder, member = await world.citizen(1), await world.citizen(2)
    link = await wechat.apply(binder)
    await (await world.channel("alipay")).apply(member)
    binding_id = await bind(world, wechat, binder, member)
    (physical_card,) = await world.bureau_view(member)
    code = (await show(wechat, binder, link, binding_id=binding_id)).code

    await world.report_loss(physical_card)
    lost = await verdict(hospital, code)
    await world.lift_loss(physical_card)
    await unbind(world)

    assert lost == "REVOKED"
    assert await verdict(hospital, code) == "REVOKED"
    assert (await look(wechat, link, code)).state == CODE.STATE_REVOKED


# --- the second hop --------------------------------------------------------------------------


@pytest.mark.rule("R32", "R92")
async def test_the_second_hop_shows_what_the_class_is_entitled_to(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link = await wechat.apply(someone)
    masked_name = someone.name[0] + "*" * (len(someone.name) - 1)
    masked_number = "*" * 16 + someone.id_number[-2:]
    wanted = {
        "HOSPITAL": (someone.name, someone.id_number),
        "LIBRARY": (someone.name, masked_number),
        "BUS": (masked_name, masked_number),
    }
    await show(wechat, someone, link)
    seen = {}

    for of in wanted:
        verifier_class = party_pb2.VerifierClass.Value(f"VERIFIER_CLASS_{of}")
        verifier = await a_verifier(world, of.lower(), verifier_class)
        code = await show(wechat, someone, link, is_known=True)
        found = await scan(verifier, code.code)
        person = await holder(verifier, found.check_number)
        seen[of] = (person.name, person.id_number)
        assert person.is_name_masked == (person.name != someone.name)
        assert person.is_id_number_masked == (person.id_number != someone.id_number)
        assert (person.region, person.is_member) == (NANTONG, False)
        assert person.usage == code_pb2.USAGE_QUERY

    assert seen == wanted


@pytest.mark.rule("R32")
async def test_a_check_number_is_its_verifiers_for_ten_minutes_and_is_not_used_up(
    world: World,
) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link, hospital = await wechat.apply(someone), await a_verifier(world)
    other = await a_verifier(world, "pharmacy")
    code = (await show(wechat, someone, link)).code
    number = (await scan(hospital, code)).check_number

    foreign = await reason(holder(other, number))
    await world.advance(9 * 60)
    assert await holder(hospital, number) == await holder(hospital, number)
    await world.advance(61)

    assert foreign == "CHECK_NOT_FOUND"
    assert await reason(holder(hospital, number)) == "CHECK_NOT_FOUND"
    assert await verdict(hospital, code) == "EXPIRED"


# --- many at once ----------------------------------------------------------------------------


@pytest.mark.rule("R31", "R91")
async def test_a_batch_is_judged_one_by_one_and_says_of_each_what_came_of_it(
    world: World,
) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link, hospital = await wechat.apply(someone), await a_verifier(world)
    code = (await show(wechat, someone, link)).code
    first, reused = item(code), item(UNKNOWN)
    requests = [
        first,
        item("no code"),
        item(code),
        item("x" * 65),
        item(code, request_id="1"),
        first,
        reused,
        item(code, request_id=reused.request_id),
    ]

    answer = await batch(hospital, requests)

    assert [said(result) for result in answer.results] == [
        "VALID",
        "FORGED",
        "USED",
        "REQUEST_INVALID",
        "REQUEST_INVALID",
        "VALID",
        "FORGED",
        "REQUEST_ID_REUSED",
    ]
    assert answer.results[0] == answer.results[5]
    alone = await hospital.do(hospital.verification.CheckCode, first)
    assert alone == answer.results[0].response
    assert (await batch(hospital, [item(code), first])).results[1] == answer.results[0]


@pytest.mark.rule("R31")
@pytest.mark.parametrize("count", [0, 51])
async def test_a_batch_has_one_to_fifty_codes(world: World, count: int) -> None:
    hospital = await a_verifier(world)

    refusal = await refused(batch(hospital, [item(UNKNOWN) for _ in range(count)]))

    assert refusal.reason == "REQUEST_INVALID"
    assert [violation.field for violation in refusal.violations] == ["requests"]


async def test_a_batch_of_fifty_is_answered_in_order(world: World) -> None:
    hospital = await a_verifier(world)

    answer = await batch(hospital, [item(UNKNOWN) for _ in range(50)])

    assert [said(result) for result in answer.results] == ["FORGED"] * 50


def key_of(world: World, someone: Person) -> int:
    return world.vault.citizen_key(someone.id_number).number


def item(
    code: str, usage: "code_pb2.Usage.ValueType" = code_pb2.USAGE_QUERY, request_id: str = ""
) -> verification_service_pb2.CheckCodeRequest:
    return verification_service_pb2.CheckCodeRequest(
        request_id=request_id or new_id(), code=code, usage=usage
    )


async def batch(
    verifier: Caller, requests: list[verification_service_pb2.CheckCodeRequest]
) -> verification_service_pb2.BatchCheckCodesResponse:
    request = verification_service_pb2.BatchCheckCodesRequest(requests=requests)
    answer: verification_service_pb2.BatchCheckCodesResponse = await verifier.do(
        verifier.verification.BatchCheckCodes, request
    )
    return answer


def said(result: verification_service_pb2.BatchCheckCodesResponse.Result) -> str:
    """A verdict, or the reason of a refusal."""
    if result.HasField("response"):
        return code_pb2.Verdict.Name(result.response.verdict).removeprefix("VERDICT_")
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in result.refusal.details)
    assert info.domain == "essc.platform"
    return info.reason
