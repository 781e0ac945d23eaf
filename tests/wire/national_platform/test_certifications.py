"""R50 to R52: certifications over the wire, for oneself and for a bound member."""

import pytest
from tests.wire.people import DAY, World, reason
from tests.wire.people_family import PARENT, a_home, home, register_recipient

from essc.event.v1 import event_pb2
from essc.identity.v1 import identity_pb2

SECOND = 1_000_000


@pytest.mark.rule("R50", "R52")
async def test_a_recipient_is_certified_once_and_answered_so_in_every_channel(
    world: World,
) -> None:
    bank = await a_home(world)
    wechat = await home(await world.channel("wechat"), bank.holder, password=False)
    await register_recipient(world, bank.holder)
    challenge = await bank.channel.start(
        identity_pb2.Subject(link_id=bank.link.link_id),
        identity_pb2.METHOD_FACE,
        identity_pb2.PURPOSE_CERTIFY,
    )

    first = await bank.certify(await bank.own_proof())
    proof = await wechat.own_proof()
    again = await wechat.certify(proof)
    once_more = await wechat.certify(proof)

    assert identity_pb2.FACE_ACTION_READ_DIGITS in challenge.face.actions
    assert first.is_new
    assert not again.is_new
    assert again.certification == first.certification
    assert once_more == again
    assert not first.certification.is_by_binder
    assert await wechat.certified() == [first.certification]


@pytest.mark.rule("R52")
async def test_a_certification_is_renewable_in_its_last_ninety_days(world: World) -> None:
    bank = await a_home(world)
    await register_recipient(world, bank.holder)
    first = (await bank.certify(await bank.own_proof())).certification
    lasting = first.expire_time.ToMicroseconds() - first.renewable_time.ToMicroseconds()
    year = first.expire_time.ToMicroseconds() - first.certify_time.ToMicroseconds()

    await world.advance(year / SECOND - 91 * DAY)
    early = await bank.certify(await bank.own_proof())
    await world.advance(2 * DAY)
    renewed = await bank.certify(await bank.own_proof())

    assert lasting == 90 * DAY * SECOND
    assert year in (365 * DAY * SECOND, 366 * DAY * SECOND)
    assert (early.is_new, renewed.is_new) == (False, True)
    assert early.certification == first
    assert await bank.certified() == [renewed.certification, first]


@pytest.mark.rule("R51", "R52")
async def test_a_bound_member_is_certified_by_the_own_face(world: World) -> None:
    bank = await a_home(world)
    granny = await world.citizen(2)
    await register_recipient(world, granny)
    binding = await bank.add(granny, PARENT)

    by_binder = await bank.certify(await bank.member_proof(granny, binding), binding)
    holders_own = await bank.own_proof()

    assert by_binder.is_new
    assert by_binder.certification.is_by_binder
    assert await reason(bank.certify(holders_own, binding)) == "PROOF_FOR_OTHER_PERSON"
    assert await reason(bank.certify(holders_own)) == "NOT_A_RECIPIENT"
    assert await bank.certified(binding) == [by_binder.certification]
    assert await bank.certified() == []


@pytest.mark.rule("R16", "R44", "R52")
async def test_the_certified_persons_channels_are_told_and_the_binders_are_not(
    world: World,
) -> None:
    bank = await a_home(world)
    alipay = await world.channel("alipay")
    granny = await world.citizen(2)
    at_granny = await home(alipay, granny, password=False)
    await register_recipient(world, granny)
    binding = await bank.add(granny)

    certified = await bank.certify(await bank.member_proof(granny, binding), binding)

    told = event_pb2.Event.KIND_CERTIFIED
    assert [each.kind for each in await alipay.feed()].count(told) == 1
    assert told not in [each.kind for each in await bank.channel.feed()]
    assert await at_granny.certified() == [certified.certification]


@pytest.mark.rule("R44", "R51")
async def test_what_was_done_for_a_member_dies_with_the_binding(world: World) -> None:
    bank = await a_home(world)
    granny = await world.citizen(2)
    await register_recipient(world, granny)
    binding = await bank.add(granny)
    proof = await bank.member_proof(granny, binding)

    await bank.remove(binding)

    assert await reason(bank.certify(proof, binding)) == "BINDING_NOT_FOUND"
    assert await reason(bank.certified(binding)) == "BINDING_NOT_FOUND"
