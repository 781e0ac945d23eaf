"""A physical card's life over the wire: replaced, lost, paid with, and its holder's death."""

from pathlib import Path

import pytest
from tests.wire import people
from tests.wire.people import (
    APPLY,
    DAY,
    FACE,
    HOUR,
    NANTONG,
    SUZHOU,
    Channel,
    Person,
    World,
    a_world,
    person,
    reason,
)
from tests.wire.people_life import (
    PAYMENT,
    QUERY,
    RAISE_LEVEL,
    RESERVED_PHONE,
    allow,
    close_account,
    enable_card,
    lower_level,
    newest_card,
    open_account,
    raise_level,
    replace_card,
    seen_by_bureau,
)

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_pb2
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.policy.v1 import policy_service_pb2 as policy
from essc.record.v1 import record_service_pb2 as records
from essc.registry.v1 import physical_card_pb2
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.times import to_instant

Kind, Line = event_pb2.Event, records.Record
STATUS, LEVEL = Kind.KIND_CARD_STATUS_CHANGED, Kind.KIND_LEVEL_CHANGED
REPLACED = Kind.KIND_CARD_REPLACED
USABLE, BLOCKED = card_pb2.Card.STATE_USABLE, card_pb2.Card.STATE_BLOCKED


async def four_channels(world: World, zhang: Person) -> list[tuple[Channel, card_pb2.Link]]:
    """Zhang holds the card in four channels."""
    channels = [await world.channel(name) for name in ("wechat", "alipay", "bank", "nantong")]
    return [(channel, await channel.apply(zhang)) for channel in channels]


async def kinds(channel: Channel) -> list[int]:
    return [event.kind for event in await channel.feed()]


# --- replacement -----------------------------------------------------------------------------


@pytest.mark.rule("R4", "R16")
async def test_a_replaced_card_blocks_four_channels_and_recovers_in_all_when_it_is_enabled(
    world: World,
) -> None:
    zhang = await world.citizen(1)
    held = await four_channels(world, zhang)
    before = [await channel.get(link) for channel, link in held]

    answer = await replace_card(world, zhang)

    blocked = [await channel.get(link) for channel, link in held]
    await enable_card(world, answer.physical_card.physical_card_id)
    after = [await channel.get(link) for channel, link in held]
    assert answer.cancelled.status == physical_card_pb2.PHYSICAL_CARD_STATUS_CANCELLED
    assert answer.physical_card.status == physical_card_pb2.PHYSICAL_CARD_STATUS_SEALED
    for seen in blocked:
        assert (seen.card.state, seen.card.blocked_reason) == (BLOCKED, "PHYSICAL_CARD_SEALED")
    for was, now in zip(before, after, strict=True):
        now.read_time.CopyFrom(was.read_time)
        assert now == was
    for channel, _ in held:
        assert (await kinds(channel))[1:] == [REPLACED, STATUS]


@pytest.mark.rule("R4", "R26")
async def test_a_bank_account_goes_over_to_the_new_card_and_levels_stay(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await open_account(world, zhang)
    await raise_level(bank, zhang, link)

    answer = await replace_card(world, zhang)
    await enable_card(world, answer.physical_card.physical_card_id)

    seen = await bank.get(link)
    assert (answer.cancelled.bank_id, answer.physical_card.bank_id) == ("", "citybank")
    assert (seen.link.level, seen.card.bank_account_is_open) == (PAYMENT, True)
    assert LEVEL not in (await kinds(bank))[-2:]


@pytest.mark.rule("R4", "R5")
async def test_a_third_generation_replacement_is_delivered_and_active_links_stay(
    world: World,
) -> None:
    alipay = await world.channel("alipay", receives_new_cards=True)
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)

    await replace_card(world, zhang, generation=3)

    (delivered,) = [item.link for item in await alipay.links()]
    assert delivered.state == card_pb2.Link.STATE_DELIVERED
    assert (await bank.get(link)).link == link
    assert await kinds(alipay) == [Kind.KIND_LINK_DELIVERED]
    assert await kinds(bank) == [Kind.KIND_LINK_ACTIVATED, REPLACED]


@pytest.mark.rule("R4", "R7")
async def test_a_card_cancelled_without_replacement_blocks_until_an_application_maps_anew(
    world: World,
) -> None:
    """Links are kept, and every channel that holds one is told of the other card."""
    wechat, bank = await world.channel("wechat"), await world.channel("bank")
    zhang = await world.citizen(1)
    of_wechat, of_bank = await wechat.apply(zhang), await bank.apply(zhang)
    await world.issue(zhang, region=SUZHOU)
    (first, _) = await world.bureau_view(zhang)
    await world.cancel(first)
    blocked = await bank.get(of_bank)

    anew = await wechat.apply(zhang)

    seen = await bank.get(of_bank)
    assert blocked.card.blocked_reason == "PHYSICAL_CARD_CANCELLED"
    assert blocked.link.state == card_pb2.Link.STATE_ACTIVE
    assert (anew.link_id, anew.serial) == (of_wechat.link_id, of_wechat.serial)
    assert seen.link == of_bank
    assert (seen.card.state, seen.card.region) == (USABLE, SUZHOU)
    assert (await kinds(bank))[-2:] == [STATUS, STATUS]


# --- levels ----------------------------------------------------------------------------------


@pytest.mark.rule("R26")
async def test_a_code_to_the_reserved_phone_raises_the_level_in_one_channel(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    of_bank, of_wechat = await bank.apply(zhang), await wechat.apply(zhang)
    elsewhere = person(2)
    opened = await open_account(world, zhang, phone=elsewhere.phone)
    subject = identity_pb2.Subject(link_id=of_bank.link_id)

    challenge = await bank.start(subject, RESERVED_PHONE, RAISE_LEVEL)
    proof = await bank.answer(challenge, text_code=await world.code(elsewhere))
    request = cards.RaiseLevelRequest(link_id=of_bank.link_id, serial=1, proof=proof)
    raised = await bank.do(bank.cards.RaiseLevel, request)

    assert opened.bank_id == "citybank"
    assert challenge.text_message.masked_phone == f"111****{elsewhere.phone[-4:]}"
    assert await world.texts(zhang) == []
    assert raised.link.level == (await bank.get(of_bank)).link.level == PAYMENT
    assert (await wechat.get(of_wechat)).link.level == QUERY
    assert (await kinds(bank))[1:] == [STATUS, LEVEL]
    assert (await kinds(wechat))[1:] == [STATUS]


@pytest.mark.rule("R23", "R26")
async def test_a_proof_of_a_closed_accounts_phone_raises_no_level_by_the_account_after_it(
    world: World,
) -> None:
    bank, zhang = await world.channel("bank"), await world.citizen(1)
    link = await bank.apply(zhang)
    await open_account(world, zhang)
    old = await bank.proof(zhang, RESERVED_PHONE, RAISE_LEVEL, link_id=link.link_id)

    await close_account(world, zhang)
    await open_account(world, zhang)

    request = cards.RaiseLevelRequest(link_id=link.link_id, serial=1, proof=old)
    assert await reason(bank.do(bank.cards.RaiseLevel, request)) == "PROOF_EXPIRED"
    assert (await raise_level(bank, zhang, link)).level == PAYMENT


@pytest.mark.rule("R25", "R26")
async def test_a_code_to_the_reserved_phone_counts_as_a_text_message_of_the_day(
    world: World,
) -> None:
    bank, zhang = await world.channel("bank"), await world.citizen(1)
    await bank.apply(zhang)
    await open_account(world, zhang)
    for _ in range(10):
        await bank.start(zhang.named, RESERVED_PHONE, RAISE_LEVEL)

    by_phone = bank.start(zhang.named, people.TEXT_MESSAGE, APPLY)

    assert await reason(by_phone) == "TRIES_EXHAUSTED"


@pytest.mark.rule("R16", "R26")
async def test_closing_the_account_lowers_every_link_and_tells_every_channel(
    world: World,
) -> None:
    zhang = await world.citizen(1)
    held = await four_channels(world, zhang)
    await open_account(world, zhang)
    for channel, link in held[:2]:
        await raise_level(channel, zhang, link)

    closed = await close_account(world, zhang)

    assert closed.bank_id == ""
    for channel, link in held:
        seen = await channel.get(link)
        assert (seen.link.level, seen.card.bank_account_is_open) == (QUERY, False)
    assert [(await kinds(channel))[-1] for channel, _ in held] == [LEVEL, LEVEL, STATUS, STATUS]
    last = (await held[0][0].feed())[-1]
    assert (last.link.level, last.card.bank_account_is_open) == (QUERY, False)


@pytest.mark.rule("R26", "R93")
async def test_the_holder_lowers_the_level_without_a_proof_and_the_record_says_so(
    world: World,
) -> None:
    bank, zhang = await world.channel("bank"), await world.citizen(1)
    link = await bank.apply(zhang)
    await open_account(world, zhang)
    await raise_level(bank, zhang, link)

    lowered = await lower_level(bank, link)

    assert lowered.level == QUERY
    assert [line.kind for line in await bank.record(link)][:3] == [
        Line.KIND_LEVEL_LOWERED,
        Line.KIND_LEVEL_RAISED,
        Line.KIND_BANK_ACCOUNT_ACTIVATED,
    ]


@pytest.mark.rule("R26")
async def test_every_answer_and_event_that_shows_a_card_says_that_its_account_is_open(
    world: World,
) -> None:
    alipay = await world.channel("alipay", receives_new_cards=True)
    bank = await world.channel("bank")
    zhang = await world.enrol(person(1))
    await world.issue(zhang, generation=3)
    await open_account(world, zhang)

    applied = await bank.do(bank.cards.Apply, await bank.application(zhang))
    await bank.set_password(zhang, applied.link)

    shown = [applied.card, (await bank.get(applied.link)).card]
    shown += [item.card for channel in (alipay, bank) for item in await channel.links()]
    shown += [event.card for event in await bank.feed()]
    assert len(shown) == 6
    assert all(card.bank_account_is_open for card in shown)


# --- losses ----------------------------------------------------------------------------------


@pytest.mark.rule("R3", "R90")
async def test_under_holder_consent_one_link_is_open_for_a_loss_and_says_until_when(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path / "platform", loss="holder_consent") as world:
        bank, wechat = await world.channel("bank"), await world.channel("wechat")
        zhang = await world.citizen(1)
        of_bank, of_wechat = await bank.apply(zhang), await wechat.apply(zhang)
        await open_account(world, zhang)
        card_id = await newest_card(world, zhang)
        await world.report_loss(card_id)
        await people.refused(raise_level(bank, zhang, of_bank))

        opened = await allow(bank, zhang, of_bank)

        seen, other = await bank.get(of_bank), await wechat.get(of_wechat)
        raised = await raise_level(bank, zhang, of_bank)
        (item,) = await bank.links()
        event = (await bank.feed())[-1]
        assert to_instant(opened.allow_until_time) > to_instant(seen.read_time)
        # The card stays what it is nationally; only the link says that it is open.
        assert seen.card == other.card
        assert seen.card.state == BLOCKED
        assert not other.link.HasField("allow_until_time")
        assert opened == seen.link
        for link in (raised, item.link, event.link):
            assert link.allow_until_time == opened.allow_until_time
            assert link.level == PAYMENT
        assert await reason(raise_level(wechat, zhang, of_wechat)) == "PHYSICAL_CARD_LOST"
        assert await reason(allow(wechat, zhang, of_wechat)) == "LOSS_ALLOWED_ALREADY"
        assert await policy_of(world, "loss") == "holder_consent"


async def policy_of(world: World, name: str) -> str:
    stub = world.bureau.policy
    answer = await world.bureau.do(stub.GetPolicy, policy.GetPolicyRequest())
    return next(str(value.value) for value in answer.values if value.name == name)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("end", ["lifted", "reported formally", "after 24 hours", "unlinked"])
async def test_what_was_opened_for_a_loss_ends(tmp_path: Path, end: str) -> None:
    async with a_world(tmp_path / "platform", loss="holder_consent") as world:
        bank, zhang = await world.channel("bank"), await world.citizen(1)
        link = await bank.apply(zhang)
        card_id = await newest_card(world, zhang)
        await world.report_loss(card_id, formal=False)
        await allow(bank, zhang, link)

        if end == "lifted":
            await world.lift_loss(card_id)
        elif end == "reported formally":
            await world.report_loss(card_id)
        elif end == "after 24 hours":
            await world.advance(DAY)
        else:
            await bank.unlink(zhang, link)

        (item,) = await bank.links()
        assert not item.link.HasField("allow_until_time")
        if end == "after 24 hours":
            again = await allow(bank, zhang, link)
            assert again.HasField("allow_until_time")


@pytest.mark.rule("R3")
async def test_an_open_link_opens_no_application_anywhere(tmp_path: Path) -> None:
    async with a_world(tmp_path / "platform", loss="holder_consent") as world:
        bank, wechat = await world.channel("bank"), await world.channel("wechat")
        zhang = await world.citizen(1)
        link = await bank.apply(zhang)
        await world.report_loss(await newest_card(world, zhang))
        await allow(bank, zhang, link)

        in_wechat, again = wechat.apply(zhang), bank.apply(zhang)

        assert await reason(in_wechat) == "PHYSICAL_CARD_LOST"
        assert await reason(again) == "PHYSICAL_CARD_LOST"


@pytest.mark.rule("R6", "R95")
@pytest.mark.parametrize(("region", "days"), [(NANTONG, 15), (SUZHOU, 7)])
async def test_a_temporary_loss_is_over_at_24_00_in_china_after_the_days_of_the_region(
    world: World, region: str, days: int
) -> None:
    bank, zhang = await world.channel("bank"), await world.enrol(person(1))
    card_id = await world.issue(zhang, region=region)
    link = await bank.apply(zhang)
    await world.report_loss(card_id, formal=False)
    (seen,) = (await seen_by_bureau(world, zhang)).physical_cards
    lift, now = to_instant(seen.lift_time), await platform_time(world)

    await world.advance((lift - now) / 1_000_000 - HOUR)
    before = await bank.get(link)
    await world.advance(HOUR)
    after = await bank.get(link)

    assert (lift + 8 * 3_600_000_000) % (DAY * 1_000_000) == 0
    assert days * DAY < (lift - now) / 1_000_000 <= (days + 1) * DAY
    assert (before.card.state, after.card.state) == (BLOCKED, USABLE)
    assert (await bank.feed())[-1].kind == STATUS


async def platform_time(world: World) -> int:
    answer = await world.lab.do(world.lab.clock.GetTime, lab.GetTimeRequest())
    return to_instant(answer.time)


# --- the end ---------------------------------------------------------------------------------


@pytest.mark.rule("R9", "R16")
async def test_a_cancelled_persons_card_has_ended_in_every_channel(world: World) -> None:
    zhang = await world.citizen(1)
    held = await four_channels(world, zhang)

    await world.cancel_citizen(zhang)

    for channel, link in held:
        seen = await channel.get(link)
        assert (seen.card.state, seen.card.blocked_reason) == (
            card_pb2.Card.STATE_ENDED,
            "CITIZEN_CANCELLED",
        )
        last = (await channel.feed())[-1]
        assert (last.kind, last.card.state) == (STATUS, card_pb2.Card.STATE_ENDED)
    # Leaving stays open, and so do the records.
    wechat, link = held[0]
    assert (await wechat.record(link))[0].kind == Line.KIND_CITIZEN_CANCELLED
    assert (await wechat.unlink(zhang, link)).state == card_pb2.Link.STATE_UNLINKED
    assert await reason(held[1][0].apply(zhang)) == "CITIZEN_CANCELLED"


@pytest.mark.rule("R9", "R52")
async def test_the_bureau_sees_who_is_a_recipient_and_who_is_cancelled(world: World) -> None:
    zhang = await world.citizen(1)
    request = registry.RegisterRecipientRequest(id_number=zhang.id_number)
    before = await seen_by_bureau(world, zhang)

    registered = await world.bureau.do(world.bureau.registry.RegisterRecipient, request)
    await open_account(world, zhang)
    await world.cancel_citizen(zhang)

    after = await seen_by_bureau(world, zhang)
    assert (before.is_recipient, before.HasField("cancel_time")) == (False, False)
    assert (after.is_recipient, after.HasField("cancel_time")) == (True, True)
    assert before.physical_cards[0].bank_id == ""
    assert after.physical_cards[0].bank_id == "citybank"
    assert registered.HasField("register_time")


@pytest.mark.rule("R3", "R12")
async def test_while_a_card_is_replaced_unlinking_stays_open(world: World) -> None:
    bank, zhang = await world.channel("bank"), await world.citizen(1)
    link = await bank.apply(zhang)
    await replace_card(world, zhang)

    proof = await bank.proof(zhang, FACE, people.UNLINK)
    request = cards.UnlinkRequest(link_id=link.link_id, serial=link.serial, proof=proof)
    answer = await bank.do(bank.cards.Unlink, request)

    assert answer.link.state == card_pb2.Link.STATE_UNLINKED
