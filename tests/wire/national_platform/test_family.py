"""R40 to R45: families over the wire, from every channel and from either side."""

from datetime import date, datetime, timedelta, timezone

import pytest
from tests.wire.people import DAY, FACE, UNLINK, World, reason
from tests.wire.people_family import (
    CHILD,
    END_BINDING,
    OF_FACE,
    OTHER,
    PARENT,
    SPOUSE,
    a_home,
    born,
    home,
    photo,
    with_card,
)

from essc.card.v1 import card_pb2
from essc.event.v1 import event_pb2
from essc.family.v1 import family_service_pb2 as family
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.record.v1 import record_service_pb2 as records
from essc_platform.core.records import CitizenKey
from essc_platform.wire import members
from essc_platform.wire.front import Front

GRANNY = born(date(1948, 5, 20), 31)
BABY = born(date(2020, 2, 29), 32)


@pytest.mark.rule("R40", "R41", "R43", "R44")
async def test_a_member_is_added_in_one_channel_and_seen_in_all(world: World) -> None:
    bank = await a_home(world)
    wechat = await home(await world.channel("wechat"), bank.holder, password=False)
    granny = await with_card(world, GRANNY)

    added = await bank.add(granny, OTHER)
    (in_bank,), (in_wechat,) = await bank.members(), await wechat.members()

    assert added == in_bank
    assert (added.relation, added.masked_name) == (OTHER, "家***")
    assert added.masked_id_number == "*" * 16 + granny.id_number[-2:]
    assert added.card.state == card_pb2.Card.STATE_USABLE
    assert not added.HasField("end_time")
    assert in_wechat.binding_id != in_bank.binding_id
    in_wechat.binding_id = in_bank.binding_id
    assert in_wechat == in_bank
    assert await wechat.used() == {PARENT: 0, CHILD: 0, SPOUSE: 0, OTHER: 1}


@pytest.mark.rule("R41", "R44")
async def test_the_member_gets_a_card_and_no_link(world: World) -> None:
    bank = await a_home(world)
    granny = await with_card(world, GRANNY)

    await bank.add(granny)

    assert len(await bank.channel.links()) == 1
    own = await bank.channel.apply(granny)
    kinds = [line.kind for line in reversed(await bank.channel.record(own))]
    assert kinds[2:5] == [
        records.Record.KIND_CARD_ISSUED,
        records.Record.KIND_BOUND_AS_MEMBER,
        records.Record.KIND_LINK_ACTIVATED,
    ]


@pytest.mark.rule("R41")
async def test_a_young_member_is_added_by_photo_without_a_live_face(world: World) -> None:
    bank = await a_home(world)
    baby = await with_card(world, BABY)

    binding = await bank.add(
        baby, CHILD, member_proof="", face_photo=await photo(world, baby, OF_FACE)
    )

    assert binding.relation == CHILD


@pytest.mark.rule("R41")
async def test_from_the_sixteenth_birthday_in_china_the_own_face_is_needed(world: World) -> None:
    bank = await a_home(world)
    tomorrow = (await china_now(world)).date() + timedelta(days=1)
    young = await with_card(world, born(sixteen_years_before(tomorrow), 33))
    only_photos = {"member_proof": "", "face_photo": await photo(world, young, OF_FACE)}
    without_photo = await bank.addition(young, OTHER, member_proof="")

    today = await reason(bank.channel.do(bank.family.AddMember, without_photo))
    await world.advance(DAY)
    on_the_birthday = await reason(bank.add(young, OTHER, **only_photos))
    added = await bank.add(young, OTHER)

    assert (today, on_the_birthday) == ("FACE_PHOTO_NEEDED", "MEMBER_FACE_NEEDED")
    assert added.relation == OTHER


@pytest.mark.rule("R40", "R43", "R44")
async def test_either_side_ends_a_binding_and_the_place_stays_used_up(world: World) -> None:
    bank = await a_home(world)
    wechat = await world.channel("wechat")
    ma, granny = await world.citizen(2), await with_card(world, GRANNY)
    of_ma, of_granny = await bank.add(ma, SPOUSE), await bank.add(granny)
    at_granny = await home(wechat, granny, password=False)
    (binder,) = await at_granny.binders()

    removed = await bank.remove(of_ma)
    left = await at_granny.leave(binder)

    assert (binder.relation, binder.masked_name) == (PARENT, "张**")
    assert left == binder
    assert binder.binding_id != of_granny.binding_id
    assert removed.HasField("end_time")
    assert not removed.HasField("card")
    assert [each.HasField("end_time") for each in await bank.members()] == [True, True]
    assert await at_granny.binders() == []
    assert await bank.used() == {PARENT: 1, CHILD: 0, SPOUSE: 1, OTHER: 0}
    assert await reason(bank.add(ma, SPOUSE)) == "PLACES_USED_UP"
    again = await bank.add(ma, OTHER)
    assert again.binding_id != removed.binding_id


@pytest.mark.rule("R40", "R44")
async def test_ending_what_has_ended_answers_it_before_any_proof(world: World) -> None:
    bank = await a_home(world)
    ma = await world.citizen(2)
    binding = await bank.add(ma)
    at_ma = await home(bank.channel, ma, password=False)
    (binder,) = await at_ma.binders()
    removed = await bank.remove(binding)
    remove = family.RemoveMemberRequest(
        link_id=bank.link.link_id, binding_id=binding.binding_id, proof=""
    )
    leave = family.LeaveBinderRequest(link_id=at_ma.link.link_id, binding_id=binder.binding_id)

    again = await bank.channel.do(bank.family.RemoveMember, remove)
    late = await bank.channel.do(bank.family.LeaveBinder, leave)

    assert again.binding == removed
    assert late.binder == binder


@pytest.mark.rule("R16", "R43")
async def test_every_channel_of_both_is_told_that_the_family_changed(world: World) -> None:
    bank = await a_home(world)
    alipay = await world.channel("alipay")
    ma = await world.citizen(2)
    await home(alipay, bank.holder, password=False)
    await home(alipay, ma, password=False)
    left = await world.channel("wechat")
    await left.unlink(ma, await left.apply(ma))

    binding = await bank.add(ma)
    await bank.remove(binding)

    changed = event_pb2.Event.KIND_FAMILY_CHANGED
    heard = {
        channel.party_id: [each for each in await channel.feed() if each.kind == changed]
        for channel in (bank.channel, alipay, left)
    }
    assert {name: len(found) for name, found in heard.items()} == {
        "bank": 2,
        "alipay": 4,
        "wechat": 0,
    }
    assert all(each.request_id for each in heard["bank"])
    assert not any(each.request_id or each.traceparent for each in heard["alipay"])
    assert heard["alipay"][0].card.state == card_pb2.Card.STATE_USABLE


@pytest.mark.rule("R9", "R16", "R43")
async def test_a_death_is_told_to_every_channel_of_whom_the_person_was_bound_with(
    world: World,
) -> None:
    bank = await a_home(world)
    alipay, wechat = await world.channel("alipay"), await world.channel("wechat")
    ma, other = await world.citizen(2), await world.citizen(3)
    await home(alipay, ma, password=False)
    await home(wechat, other, password=False)
    await bank.add(ma)

    await world.cancel_citizen(bank.holder)

    status, changed = (
        event_pb2.Event.KIND_CARD_STATUS_CHANGED,
        event_pb2.Event.KIND_FAMILY_CHANGED,
    )
    assert [each.kind for each in await bank.channel.feed()][-3:] == [changed, status, changed]
    of_ma = await alipay.feed()
    assert [each.kind for each in of_ma][1:] == [changed, changed]
    assert of_ma[-1].card.state == card_pb2.Card.STATE_USABLE
    assert changed not in [each.kind for each in await wechat.feed()]


@pytest.mark.rule("R9")
async def test_who_is_bound_while_a_person_is_cancelled_is_told_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom to tell is looked up before the batch; a look that came too early is made again."""
    bank = await a_home(world)
    alipay, ma = await world.channel("alipay"), await world.citizen(2)
    await home(alipay, ma, password=False)
    await bank.add(ma)
    look, looks = members.bound_with, iter([(), None])

    async def bound_with(front: Front, citizen: CitizenKey) -> tuple[CitizenKey, ...]:
        return await look(front, citizen) if next(looks) is None else ()

    monkeypatch.setattr(members, "bound_with", bound_with)

    await world.cancel_citizen(bank.holder)

    changed = event_pb2.Event.KIND_FAMILY_CHANGED
    assert [each.kind for each in await alipay.feed()][1:] == [changed, changed]
    assert next(looks, "both were made") == "both were made"


@pytest.mark.rule("R44")
async def test_the_binders_unlinking_leaves_the_family_as_it_is(world: World) -> None:
    bank = await a_home(world)
    wechat = await home(await world.channel("wechat"), bank.holder, password=False)
    await bank.add(await world.citizen(2))
    before = await wechat.members()

    await bank.channel.unlink(bank.holder, bank.link)

    assert await wechat.members() == before


@pytest.mark.rule("R3", "R44")
async def test_lists_and_endings_stay_open_while_the_holders_card_is_lost(world: World) -> None:
    bank = await a_home(world)
    binding = await bank.add(await world.citizen(2))
    (card,) = await world.bureau_view(bank.holder)
    await world.report_loss(card)

    assert len(await bank.members()) == 1
    assert (await bank.used())[PARENT] == 1
    assert (await bank.remove(binding)).HasField("end_time")


@pytest.mark.rule("R44")
async def test_the_members_card_is_seen_with_the_binding(world: World) -> None:
    bank = await a_home(world)
    ma = await world.citizen(2)
    await bank.add(ma)
    (card,) = await world.bureau_view(ma)
    await world.report_loss(card)

    (seen,) = await bank.members()

    assert seen.card.state == card_pb2.Card.STATE_BLOCKED
    assert seen.card.blocked_reason == "PHYSICAL_CARD_LOST"
    assert seen.card.masked_name == "张**"


@pytest.mark.rule("R9", "R42", "R44")
async def test_bindings_of_the_dead_are_good_no_more_on_either_side(world: World) -> None:
    bank = await a_home(world)
    ma, binder = await world.citizen(2), await home(bank.channel, await world.citizen(3))
    at_ma = await home(bank.channel, ma)
    await bank.add(ma)
    await binder.add(ma)

    await world.cancel_citizen(binder.holder)
    left = await at_ma.binders()
    await world.cancel_citizen(ma)
    (seen,) = await bank.members()

    assert [each.masked_name for each in left] == ["张**"]
    assert seen.HasField("end_time")
    assert not seen.HasField("card")


@pytest.mark.rule("R14")
async def test_a_binding_is_named_only_by_its_own_channel_and_side(world: World) -> None:
    bank = await a_home(world)
    wechat = await home(await world.channel("wechat"), bank.holder, password=False)
    ma = await world.citizen(2)
    at_ma = await home(bank.channel, ma)
    in_bank = await bank.add(ma)
    (binder,) = await at_ma.binders()
    (in_wechat,) = await wechat.members()

    async def removed(where: str, binding_id: str) -> str:
        at = {"bank": bank, "wechat": wechat, "ma": at_ma}[where]
        request = family.RemoveMemberRequest(
            link_id=at.link.link_id,
            binding_id=binding_id,
            proof=await at.channel.proof(at.holder, FACE, END_BINDING, link_id=at.link.link_id),
        )
        return await reason(at.channel.do(at.family.RemoveMember, request))

    assert await removed("wechat", in_bank.binding_id) == "BINDING_NOT_FOUND"
    assert await removed("bank", in_wechat.binding_id) == "BINDING_NOT_FOUND"
    assert await removed("bank", binder.binding_id) == "BINDING_NOT_FOUND"
    assert await removed("ma", in_bank.binding_id) == "BINDING_NOT_FOUND"
    assert len({in_bank.binding_id, in_wechat.binding_id, binder.binding_id}) == 3


@pytest.mark.rule("R91", "R45")
async def test_adding_again_with_the_same_id_gives_the_same_binding(world: World) -> None:
    bank = await a_home(world)
    request = await bank.addition(await world.citizen(2))

    first = await bank.channel.do(bank.family.AddMember, request)
    again = await bank.channel.do(bank.family.AddMember, request)

    assert again == first
    assert (await bank.used())[PARENT] == 1


@pytest.mark.rule("R45", "R91")
async def test_a_refused_attempt_uses_up_nothing(world: World) -> None:
    bank = await a_home(world)
    ma = await world.citizen(2)
    request = await bank.addition(ma, card_photo=b"no photo")
    before = world.dump()

    unreadable = await reason(bank.channel.do(bank.family.AddMember, request))

    assert unreadable == "PHOTO_UNREADABLE"
    assert world.dump() == before
    request.card_photo = await photo(world, ma)
    await bank.channel.do(bank.family.AddMember, request)


@pytest.mark.rule("R51")
async def test_a_bound_member_is_named_by_link_and_binding_for_a_check(world: World) -> None:
    bank = await a_home(world)
    ma = await world.citizen(2)
    binding = await bank.add(ma)
    member = identity_pb2.Subject(
        member=identity_pb2.Member(link_id=bank.link.link_id, binding_id=binding.binding_id)
    )

    challenge = await bank.channel.start(member, FACE, UNLINK)
    await bank.remove(binding)

    assert challenge.face.digits
    assert await reason(bank.channel.start(member, FACE, UNLINK)) == "BINDING_NOT_FOUND"


@pytest.mark.rule("R41")
async def test_the_notice_says_its_version_in_two_languages(world: World) -> None:
    bank = await a_home(world)

    notice = await bank.channel.do(bank.family.GetNotice, family.GetNoticeRequest())

    assert notice.version == "2026-01"
    assert notice.text_zh.startswith("《添加亲情账户告知书》")
    assert "member" in notice.text_en


async def china_now(world: World) -> datetime:
    answer = await world.lab.do(world.lab.clock.GetTime, lab.GetTimeRequest())
    there = timezone(timedelta(hours=8))
    return datetime.fromtimestamp(answer.time.ToMicroseconds() / 1_000_000, tz=there)


def sixteen_years_before(day: date) -> date:
    """Whose sixteenth birthday it is; 29 February has one in every leap year."""
    return day.replace(year=day.year - 16)
