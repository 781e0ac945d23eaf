"""What one process has acknowledged holds in all; what is counted is counted once among all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import grpc
import pytest
import pytest_asyncio
from tests.support.postgres import Postgres
from tests.wire.people import (
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    DAY,
    Caller,
    Channel,
    Person,
    new_id,
    person,
)
from tests.wire.people_channels import compromise, published
from tests.wire.people_codes import a_verifier, scan, show
from tests.wire.several import Several, several

from essc.admin.v1 import channel_admin_service_pb2 as channel_admin
from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.code.v1 import code_pb2
from essc.event.v1 import event_pb2
from essc.event.v1 import event_service_pb2 as events
from essc.registry.v1 import registry_service_pb2 as registry
from essc.trust.v1 import trust_service_pb2 as trust
from essc_wire.keys import new_key
from essc_wire.refusals import refusal_of

ROUNDS = 5
V = code_pb2.Verdict


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> AsyncIterator[Several]:
    with postgres.fresh() as url:
        async with several(tmp_path_factory.mktemp("three") / "platform", url) as processes:
            yield processes


async def guess(channel: Channel, someone: Person, password: str, request_id: str = "") -> str:
    """One guess: what came of it."""
    try:
        challenge = await channel.start(someone.named, CARD_PASSWORD, CHANGE_PASSWORD)
        await channel.answer(challenge, request_id, card_password=password)
    except grpc.RpcError as error:
        refusal = refusal_of(error)
        assert refusal is not None
        return f"{refusal.reason} {refusal.details.get('tries_left', '')}".strip()
    return "right"


async def let_in(callers: list[Channel]) -> list[str]:
    """Whether each process lets a channel in, and why not."""
    found = []
    for each in callers:
        try:
            await each.do(each.cards.ListLinks, cards.ListLinksRequest())
            found.append("")
        except grpc.RpcError as error:
            refusal = refusal_of(error)
            assert refusal is not None
            found.append(refusal.reason)
    return found


@pytest.mark.rule("R25", "R30", "R91")
async def test_among_three_processes_everything_happens_once(three: Several) -> None:
    bank, gate = await three.world.channel("bank"), await a_verifier(three.world)
    channels, gates = three.channels(bank), three.each(gate)
    zhang = await three.world.citizen(1)
    link = await bank.apply(zhang)
    await bank.set_password(zhang, link)

    # Password tries.
    burst = [guess(each, zhang, f"97531{place}") for each in channels for place in range(3)]
    guesses = Counter(await asyncio.gather(*burst))
    assert guesses == {f"PASSWORD_WRONG {left}": 1 for left in range(1, 6)} | {"PASSWORD_LOCKED": 4}

    # Codes: one scanner of three has each.
    for place in range(ROUNDS):
        code = (await show(bank, zhang, link, is_known=place > 0)).code
        found = await asyncio.gather(*(scan(each, code) for each in gates))
        assert sorted(each.verdict for each in found) == sorted(
            [V.VERDICT_VALID, V.VERDICT_USED, V.VERDICT_USED]
        )

    # One request id at three processes: one change, and one answer.
    request = await bank.unlinking(zhang, link)
    answers = await asyncio.gather(*(each.do(each.cards.Unlink, request) for each in channels))
    assert len({each.SerializeToString() for each in answers}) == 1
    feeds = [await each.feed() for each in channels]
    assert feeds[0] == feeds[1] == feeds[2]
    kinds = [event.kind for event in feeds[0]]
    assert kinds.count(event_pb2.Event.KIND_LINK_UNLINKED) == 1


async def registered(bureau: Caller, someone: Person) -> str:
    """What came of registering a citizen."""
    request = registry.RegisterCitizenRequest(
        name=someone.name, id_number=someone.id_number, phone=someone.phone
    )
    try:
        await bureau.do(bureau.registry.RegisterCitizen, request)
    except grpc.RpcError as error:
        refusal = refusal_of(error)
        assert refusal is not None
        return refusal.reason
    return "registered"


async def test_who_is_new_to_three_processes_at_once_is_registered_once(three: Several) -> None:
    bureaus = three.each(three.world.bureau)
    operators = three.each(three.world.operator)

    citizens = [
        sorted(await asyncio.gather(*(registered(each, person(10 + place)) for each in bureaus)))
        for place in range(ROUNDS)
    ]
    channels = []
    for place in range(ROUNDS):
        requests = [
            channel_admin.RegisterChannelRequest(
                channel_id=f"pond-{place}",
                display_name=f"pond {number}",
                channel_class=party_pb2.CHANNEL_CLASS_NATIONAL_PARTNER,
                key=Caller(three.addresses[0], "pond", new_key()).public_key,
            )
            for number in range(3)
        ]
        calls = [
            each.do(each.channels.RegisterChannel, request)
            for each, request in zip(operators, requests, strict=True)
        ]
        found = await asyncio.gather(*calls, return_exceptions=True)
        channels.append(sum(not isinstance(each, BaseException) for each in found))

    assert citizens == [["CITIZEN_EXISTS", "CITIZEN_EXISTS", "registered"]] * ROUNDS
    assert channels == [1] * ROUNDS


@pytest.mark.rule("R8", "R15", "R95")
async def test_what_one_acknowledged_holds_at_the_next_call_of_every_other(three: Several) -> None:
    bank = await three.world.channel("nantong")
    channels, operators = three.channels(bank), three.each(three.world.operator)
    assert await let_in(channels) == ["", "", ""]

    for operator in operators:
        suspend = channel_admin.SuspendChannelRequest(request_id=new_id(), channel_id="nantong")
        await operator.do(operator.channels.SuspendChannel, suspend)
        assert set(await let_in(channels)) == {"CHANNEL_NOT_LIVE"}
        resume = channel_admin.ResumeChannelRequest(channel_id="nantong")
        await operator.do(operator.channels.ResumeChannel, resume)
        assert await let_in(channels) == ["", "", ""]

    # A request that another process has committed is no sooner acknowledged by the next one.
    for _ in range(ROUNDS):
        suspend = channel_admin.SuspendChannelRequest(request_id=new_id(), channel_id="nantong")
        first = asyncio.create_task(operators[0].do(operators[0].channels.SuspendChannel, suspend))
        await operators[1].do(operators[1].channels.SuspendChannel, suspend)
        assert set(await let_in([channels[2], channels[0]])) == {"CHANNEL_NOT_LIVE"}
        await first
        await operators[0].do(operators[0].channels.ResumeChannel, resume_of("nantong"))

    # The clock.
    before = [await time_at(each) for each in channels]
    await three.world.advance(DAY)
    after = [await time_at(each) for each in channels]
    assert [late - early >= DAY for early, late in zip(before, after, strict=True)] == [True] * 3

    # A compromised signing key.
    (key,) = (await published(three.world)).keys
    await compromise(three.world, key.key_id)
    for each in operators:
        answer = await each.do(each.trust.ListKeys, trust.ListKeysRequest())
        states = {found.key_id: found.state for found in answer.keys}
        assert states[key.key_id] == trust.PublishedKey.STATE_COMPROMISED

    # A removed key of a party.
    second = three.world.caller("nantong", new_key())
    add = party_admin.AddPartyKeyRequest(party_id="nantong", key=second.public_key)
    await operators[1].do(operators[1].parties.AddPartyKey, add)
    assert bank.key is not None
    remove = party_admin.RemovePartyKeyRequest(party_id="nantong", key_id=bank.key.key_id)
    await operators[2].do(operators[2].parties.RemovePartyKey, remove)
    assert set(await let_in(channels)) == {"CALLER_UNKNOWN"}


async def time_at(channel: Channel) -> float:
    """What a process takes for the time."""
    answer = await channel.do(channel.events.GetHead, events.GetHeadRequest())
    seconds: float = answer.time.ToMicroseconds() / 1_000_000
    return seconds


def resume_of(channel_id: str) -> channel_admin.ResumeChannelRequest:
    return channel_admin.ResumeChannelRequest(request_id=new_id(), channel_id=channel_id)


async def test_a_stream_at_one_process_has_what_all_commit_in_order(three: Several) -> None:
    bank = await three.world.channel("wechat")
    channels = three.channels(bank)
    people = [await three.world.citizen(place) for place in range(20, 26)]

    async with channels[0].watching() as watch:
        await watch.until_heartbeat()
        links = await asyncio.gather(
            *(channels[place % 3].apply(someone) for place, someone in enumerate(people))
        )
        for place, (someone, link) in enumerate(zip(people, links, strict=True)):
            await channels[(place + 1) % 3].unlink(someone, link)
        found: list[event_pb2.Event] = []
        async with asyncio.timeout(20):
            while len(found) < 12:
                item = await watch.next()
                if item.HasField("event"):
                    found.append(item.event)

    activated, unlinked = found[:6], found[6:]
    assert {each.link.link_id for each in activated} == {each.link_id for each in links}
    # Each was acknowledged before the next one was asked for.
    assert [each.link.link_id for each in unlinked] == [each.link_id for each in links]
    assert await channels[1].feed() == found
