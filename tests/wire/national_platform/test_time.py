"""R6, R8, R95: what time alone does, and the lab's power over the clock."""

import asyncio
from pathlib import Path

import pytest
from tests.wire import people
from tests.wire.people import DAY, SUZHOU, World, a_world, config, new_id, person, reason
from tests.wire.people_channels import published

from essc.card.v1 import card_pb2
from essc.event.v1 import event_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.record.v1 import record_service_pb2 as records
from essc.registry.v1 import registry_service_pb2 as registry
from essc_platform.lab.clocks import END_OF_TIME
from essc_platform.server import start
from essc_wire import signed_cards
from essc_wire.times import to_instant

STATUS = event_pb2.Event.KIND_CARD_STATUS_CHANGED
USABLE, BLOCKED = card_pb2.Card.STATE_USABLE, card_pb2.Card.STATE_BLOCKED


async def now(world: World) -> int:
    answer = await world.lab.do(world.lab.clock.GetTime, lab.GetTimeRequest())
    return to_instant(answer.time)


@pytest.mark.rule("R6", "R16", "R95")
@pytest.mark.parametrize(("region", "days"), [(people.NANTONG, 15), (SUZHOU, 7)])
async def test_a_temporary_loss_lifts_itself_at_its_time_and_is_told_once(
    world: World, region: str, days: int
) -> None:
    bank = await world.channel("bank")
    zhang = await world.enrol(person(1))
    card_id = await world.issue(zhang, region=region)
    link = await bank.apply(zhang)
    kind = registry.ReportLossRequest.KIND_TEMPORARY
    request = registry.ReportLossRequest(physical_card_id=card_id, kind=kind)
    lost = await world.bureau.do(world.bureau.registry.ReportLoss, request)
    lift_time = to_instant(lost.physical_card.lift_time)
    status_time = to_instant(lost.physical_card.status_time)
    assert (lift_time + 8 * 3600 * 1_000_000) % (DAY * 1_000_000) == 0
    assert days <= (lift_time - status_time) / (DAY * 1_000_000) < days + 1

    await world.advance((lift_time - await now(world)) / 1_000_000 - 2)
    assert (await bank.get(link)).card.state == BLOCKED
    await world.advance(2)
    assert (await bank.get(link)).card.state == USABLE
    await world.advance(1)

    kinds = [(event.kind, event.card.state) for event in await bank.feed()][1:]
    assert kinds == [(STATUS, BLOCKED), (STATUS, USABLE)]
    event = (await bank.feed())[-1]
    assert event.request_id == ""
    lines = [line for line in await bank.record(link) if line.kind == LIFTED]
    assert [line.place for line in lines] == [records.Record.PLACE_TIME]


@pytest.mark.rule("R95")
async def test_time_goes_no_further_than_places_in_the_feed_reach(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    left = (END_OF_TIME - await now(world)) // 1_000_000 - 3600
    while left > 0:
        await world.advance(min(left, 20 * 365 * DAY))
        left -= 20 * 365 * DAY
    request = lab.AdvanceRequest(request_id=new_id())
    request.by.FromSeconds(2 * 3600)

    refusal = await people.refused(world.lab.do(world.lab.clock.Advance, request))

    assert [violation.field for violation in refusal.violations] == ["by"]
    assert await now(world) < END_OF_TIME
    # The store still takes changes, and has a place for each.
    await bank.unlink(zhang, link)
    assert [event.kind for event in await bank.feed()][-1] == event_pb2.Event.KIND_LINK_UNLINKED


LIFTED = records.Record.KIND_LOSS_LIFTED


@pytest.mark.rule("R6", "R95")
async def test_a_loss_that_time_lifted_while_the_platform_was_away_is_told_at_its_start(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "platform"
    async with a_world(folder) as world:
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        await bank.apply(zhang)
        (card_id,) = await world.bureau_view(zhang)
        await world.report_loss(card_id, formal=False)
        # The clock goes on without a sweep: as if the platform had been away.
        await world.write("UPDATE physical_cards SET lift_time = 1")
        await world.running.stop()
        told = [(STATUS, BLOCKED), (STATUS, USABLE)]
        for _ in range(2):
            world.running = await start(config(folder, listen=world.address))
            async with bank.watching() as watch:
                found: list[event_pb2.Event] = []
                while len(found) < 3:
                    found += [item.event for item in [await watch.next()] if item.HasField("event")]
            assert [(event.kind, event.card.state) for event in found[1:]] == told
            assert [(e.kind, e.card.state) for e in (await bank.feed())[1:]] == told
            await world.running.stop()
        world.running = await start(config(folder))


@pytest.mark.rule("R8", "R95")
async def test_a_card_expires_after_ten_years_and_an_application_issues_it_anew(
    world: World,
) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    link, other = await bank.apply(zhang), await wechat.apply(zhang)

    await world.advance(3653 * DAY)
    expired = await bank.get(link)
    await bank.apply(zhang)
    anew = await wechat.get(other)

    assert expired.card.blocked_reason == "CARD_EXPIRED"
    assert anew.card.state == USABLE
    assert to_instant(anew.card.issue_time) > to_instant(expired.card.expire_time) - 1
    assert [event.card.state for event in await wechat.feed()] == [BLOCKED, USABLE]


@pytest.mark.rule("R8")
async def test_a_card_that_was_issued_or_mapped_anew_elsewhere_is_signed_anew_when_it_is_got(
    world: World,
) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    await bank.apply(zhang)
    other = await wechat.apply(zhang)
    signed = [(await wechat.get(other)).signed_card]

    await world.advance(3653 * DAY)
    await bank.apply(zhang)
    # However many ask at once, it is signed once.
    got = await asyncio.gather(*(wechat.get(other) for _ in range(20)))
    assert len({each.signed_card.SerializeToString() for each in got}) == 1
    signed.append(got[0].signed_card)
    await world.issue(zhang, region=SUZHOU)
    await world.cancel((await world.bureau_view(zhang))[0])
    await bank.apply(zhang)
    mapped = await wechat.get(other)
    signed.append(mapped.signed_card)

    keys = await published(world)
    first, renewed, last = (signed_cards.verify(each, keys) for each in signed)
    assert first is not None
    assert renewed is not None
    assert last is not None
    assert renewed.expire_time == last.expire_time == mapped.card.expire_time
    assert first.expire_time.ToMicroseconds() < to_instant(renewed.issue_time)
    assert (first.region, renewed.region, last.region) == (people.NANTONG, people.NANTONG, SUZHOU)
    assert len({first.card_id, renewed.card_id, last.card_id}) == 3
    assert mapped.link == other
    assert (await wechat.get(other)).signed_card == mapped.signed_card
    # That the card was issued anew stands in the record already.
    kinds = [line.kind for line in await wechat.record(other)]
    assert records.Record.KIND_CARD_SIGNED_ANEW not in kinds


@pytest.mark.rule("R95")
async def test_the_same_advance_moves_the_clock_once_and_is_there_after_a_restart(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "platform"
    request = lab.AdvanceRequest(request_id=new_id())
    request.by.FromSeconds(3 * DAY)
    offsets = []
    async with a_world(folder) as world:
        for _ in range(2):
            answer = await world.lab.do(world.lab.clock.Advance, request)
            offsets.append(answer.offset.ToSeconds())
        other = lab.AdvanceRequest(request_id=request.request_id)
        other.by.FromSeconds(1)
        assert await reason(world.lab.do(world.lab.clock.Advance, other)) == "REQUEST_ID_REUSED"

    async with people.an_old_world(folder) as world:
        answer = await world.lab.do(world.lab.clock.Advance, request)
        offsets.append(answer.offset.ToSeconds())

    assert offsets == [3 * DAY] * 3


@pytest.mark.rule("R95")
@pytest.mark.parametrize("seconds", [0, -1, 631_152_001])
async def test_the_clock_goes_forward_only_and_not_too_far(world: World, seconds: int) -> None:
    before = await now(world)
    request = lab.AdvanceRequest()
    request.by.FromSeconds(seconds)

    assert await reason(world.lab.do(world.lab.clock.Advance, request)) == "REQUEST_INVALID"
    assert await now(world) - before < 60 * 1_000_000


@pytest.mark.rule("R95")
async def test_twenty_years_and_twenty_more_can_be_passed(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    for _ in range(2):
        await world.advance(631_152_000)

    link = await bank.apply(zhang)

    assert (await bank.get(link)).card.state == USABLE
