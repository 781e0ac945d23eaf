"""Codes as races over gRPC: one code before two scanners, a scan against an unlinking.

Whatever comes first decides, and everyone is told the same order of what happened.
"""

import asyncio
from collections import Counter

import pytest
from tests.wire.people import Channel, World
from tests.wire.people_codes import a_verifier, look, scan, show, verdict

from essc.card.v1 import card_pb2
from essc.code.v1 import code_pb2
from essc.record.v1 import record_service_pb2

ROUNDS = 50
V, RECORD = code_pb2.Verdict, record_service_pb2.Record


@pytest.mark.rule("R30", "R31")
async def test_of_two_scanners_at_one_moment_exactly_one_has_the_code(world: World) -> None:
    wechat, someone = await world.channel("wechat"), await world.citizen(1)
    link = await wechat.apply(someone)
    gates = [await a_verifier(world, name) for name in ("gate-1", "gate-2")]
    await show(wechat, someone, link)
    winners: Counter[int] = Counter()

    for place in range(ROUNDS):
        code = (await show(wechat, someone, link, is_known=True)).code
        order = gates if place % 2 else gates[::-1]
        found = await asyncio.gather(*(scan(each, code) for each in order))

        assert sorted(each.verdict for each in found) == [V.VERDICT_USED, V.VERDICT_VALID]
        (valid,) = [each for each in found if each.verdict == V.VERDICT_VALID]
        winners[found.index(valid)] += 1
        assert [bool(each.check_number) for each in found] == [each is valid for each in found]
        seen = await look(wechat, link, code)
        assert (seen.state, seen.use_time) == (code_pb2.Code.STATE_USED, valid.check_time)
        assert await verdict(gates[place % 2], code) == "USED"

    used = [line for line in await wechat.record(link) if line.kind == RECORD.KIND_CODE_USED]
    assert len(used) == ROUNDS


@pytest.mark.rule("R11", "R34")
async def test_a_code_is_scanned_before_its_link_is_unlinked_or_it_is_revoked(
    world: World,
) -> None:
    wechat, alipay = await world.channel("wechat"), await world.channel("alipay")
    gate, before = await a_verifier(world), Counter[bool]()

    for place in range(ROUNDS):
        someone = await world.citizen(place)
        link, other = await wechat.apply(someone), await alipay.apply(someone)
        code = (await show(wechat, someone, link)).code
        kept = (await show(alipay, someone, other)).code
        request = await wechat.unlinking(someone, link)
        unlink, check = wechat.do(wechat.cards.Unlink, request), scan(gate, code)
        if place % 2:
            found, unlinked = await asyncio.gather(check, unlink)
        else:
            unlinked, found = await asyncio.gather(unlink, check)

        is_valid = found.verdict == V.VERDICT_VALID
        before[is_valid] += 1
        assert is_valid or found.verdict == V.VERDICT_REVOKED
        assert unlinked.link.state == card_pb2.Link.STATE_UNLINKED
        assert await verdict(gate, code) == "REVOKED"
        assert await told(alipay, other) == (
            [RECORD.KIND_LINK_UNLINKED, RECORD.KIND_CODE_USED]
            if is_valid
            else [RECORD.KIND_LINK_UNLINKED]
        )
        assert await verdict(gate, kept) == "VALID"

    assert set(before) == {True, False}, "the order was always the same: the test showed nothing"


async def told(channel: Channel, link: card_pb2.Link) -> list[int]:
    """What became of the other channel's link and code, newest first."""
    wanted = (RECORD.KIND_LINK_UNLINKED, RECORD.KIND_CODE_USED)
    return [line.kind for line in await channel.record(link) if line.kind in wanted]
