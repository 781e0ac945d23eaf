"""A door hands calls on byte for byte, and none is lost from the history."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.gate.parties import LI, ZHANG, Street, a_street, event, heartbeat, until

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.family.v1 import family_service_pb2 as family
from essc.family.v1.family_service_pb2_grpc import FamilyServiceStub
from essc.registry.v1 import registry_service_pb2 as registry
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc_wire.refusals import Refusal, refusal_of
from essc_wire.tls import server_credentials
from essc_workbench.calls import patient
from essc_workbench.history.facts import People
from essc_workbench.history.items import Outcome


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with a_street(tmp_path) as street:
        yield street


async def test_an_answer_comes_through_with_all_its_metadata(street: Street) -> None:
    peer = await street.peer()
    call: Any = peer.channel.unary_unary(
        "/essc.card.v1.CardService/Unlink", cards.UnlinkRequest.SerializeToString
    )(cards.UnlinkRequest(link_id=ZHANG), timeout=5, metadata=(("a-bin", b"\x01\xfe"), ("b", "2")))

    raw = await call

    assert cards.UnlinkResponse.FromString(raw).link.link_id == ZHANG
    assert dict(await call.initial_metadata())["first"] == "1"
    assert dict(await call.trailing_metadata())["last-bin"] == b"\x00\xff"
    assert street.party.metadata["a-bin"] == b"\x01\xfe"
    assert street.party.metadata["b"] == "2"


async def test_the_history_has_a_call_before_it_is_handed_on_and_at_its_end(
    street: Street,
) -> None:
    street.party.answers.clear()
    calling = asyncio.ensure_future(street.unlink("one"))
    await until(lambda: street.party.unlinked)

    (invoked,) = street.invoked()
    before = street.answered()
    street.party.answers.set()
    await calling
    (answered,) = street.answered()

    assert before == []
    assert (invoked.source, invoked.target) == ("wechat", "platform")
    assert invoked.method == "essc.card.v1.CardService/Unlink"
    assert invoked.request_id == "one"
    assert invoked.facts["link_id"] == ZHANG
    assert str(invoked.facts["proof"]).startswith("proof#")
    assert "request_id" not in invoked.facts
    assert (answered.call, answered.outcome) == (invoked.call, Outcome.OK)
    assert answered.facts["link.state"] == "STATE_UNLINKED"
    assert answered.at_us > invoked.at_us


async def test_a_refusal_comes_through_with_its_details_and_is_definite_if_its_reason_is(
    street: Street,
) -> None:
    street.party.refusal = Refusal("PROOF_USED", {"used": "yes"})
    with pytest.raises(grpc.RpcError) as definite:
        await street.unlink("one")
    street.party.refusal = Refusal("STORE_UNAVAILABLE", retry_after_ms=250)
    with pytest.raises(grpc.RpcError) as indefinite:
        await street.unlink("two")

    assert refusal_of(definite.value) == Refusal("PROOF_USED", {"used": "yes"})
    assert refusal_of(indefinite.value) == Refusal("STORE_UNAVAILABLE", retry_after_ms=250)
    one, two = street.answered()
    assert (one.outcome, one.reason) == (Outcome.REFUSED, "PROOF_USED")
    assert (two.outcome, two.reason) == (Outcome.UNKNOWN, "STORE_UNAVAILABLE")


async def test_a_deadline_is_carried_and_its_absence_too(street: Street) -> None:
    await street.unlink("one", timeout_s=3.0)
    with_one = street.party.time_left
    await street.unlink("two", timeout_s=None)

    assert with_one is not None
    assert 2.0 < with_one < 3.5  # gRPC itself rounds it up a little
    assert street.party.time_left is None


@pytest.mark.parametrize("by", ["deadline", "cancelling"])
async def test_a_caller_who_leaves_is_missed_behind_the_door_and_in_the_history(
    street: Street, by: str
) -> None:
    street.party.answers.clear()
    calling = asyncio.ensure_future(
        street.unlink("one", timeout_s=0.3 if by == "deadline" else 20.0)
    )
    await until(lambda: street.party.unlinked)

    if by == "cancelling":
        calling.cancel()
    await asyncio.wait([calling])
    await until(lambda: street.party.cancelled and street.answered())

    (answered,) = street.answered()
    assert answered.outcome is Outcome.UNKNOWN
    assert answered.reason == ("DEADLINE_EXCEEDED" if by == "deadline" else "CANCELLED")


async def test_a_door_to_nobody_says_so_at_once_and_finds_the_party_again_within_a_second(
    street: Street,
) -> None:
    await street.unlink("before")
    await street.party.stop()

    began = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await street.unlink("while it is down")
    said_after_s = time.monotonic() - began
    await street.party.start(street.upstream)
    began = time.monotonic()
    await patient(lambda: street.unlink("after", timeout_s=2.0), within_s=5.0)
    back_after_s = time.monotonic() - began

    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert said_after_s < 0.5
    assert back_after_s < 1.0
    assert street.answered()[1].reason == "UNAVAILABLE"


async def test_events_are_seen_as_they_reach_the_channel(street: Street) -> None:
    for item in (event(1), heartbeat(2), event(3)):
        street.party.feed.put_nowait(item)
    street.party.feed.put_nowait(None)

    got, end = await street.watched()

    assert refusal_of(end) == Refusal("PLATFORM_BUSY")
    first, second = street.seen()
    assert (first.channel, first.cursor, first.event_kind) == ("wechat", "0001", "LINK_UNLINKED")
    assert (second.link_id, second.serial) == (ZHANG, 3)
    assert second.event_us == 1_800_000_000_000_000
    (answered,) = street.answered()
    assert answered.reason == "PLATFORM_BUSY"
    assert got == [event(1), heartbeat(2), event(3)]


async def test_a_channel_that_leaves_its_feed_ends_the_stream_behind_the_door(
    street: Street,
) -> None:
    street.party.feed.put_nowait(event(1))
    feed = await street.watch()
    await feed.read()
    watchers = street.party.watchers

    feed.cancel()
    await until(lambda: not street.party.watchers and street.answered())

    assert watchers == 1
    assert street.answered()[0].reason == "CANCELLED"


async def test_a_stream_of_requests_comes_through(street: Street) -> None:
    peer = await street.peer("bureau")
    stub = RegistryServiceStub(peer.channel)
    requests = [registry.ImportCitizensRequest() for _ in range(5)]

    await stub.ImportCitizens(iter(requests), **peer.options())

    assert street.party.unlinked == ["imported 5"]
    (invoked,) = street.invoked()
    assert (invoked.source, invoked.method.rpartition("/")[2]) == ("bureau", "ImportCitizens")
    assert street.answered()[0].outcome is Outcome.OK


async def test_what_no_contract_knows_passes_too_and_is_not_recorded(street: Street) -> None:
    peer = await street.peer()
    talk: Any = peer.channel.stream_stream("/strange.Talk/Echo")(timeout=5)

    await talk.write(b"abc")
    first = await talk.read()
    await talk.write(b"de")
    await talk.done_writing()
    second = await talk.read()
    end = await talk.read()

    assert (first, second, end) == (b"cba", b"ed", grpc.aio.EOF)
    assert await talk.code() is grpc.StatusCode.OK
    assert street.invoked() == []


async def test_health_and_reflection_pass_through(street: Street) -> None:
    peer = await street.peer()
    health: Any = health_pb2_grpc.HealthStub(peer.channel)
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(peer.channel)  # type: ignore[arg-type]  # its stub knows no aio
    ask = reflection_pb2.ServerReflectionRequest(list_services="")

    state = await health.Check(health_pb2.HealthCheckRequest(), timeout=5)
    talk = reflection.ServerReflectionInfo(iter([ask]), timeout=5)
    answers = [answer async for answer in talk]

    assert state.status == health_pb2.HealthCheckResponse.SERVING
    names = [service.name for service in answers[0].list_services_response.service]
    assert "essc.card.v1.CardService" in names
    assert street.invoked() == []


async def test_many_calls_at_once_each_get_their_own_answer_and_their_own_end(
    street: Street,
) -> None:
    ids = [f"{number:032x}" for number in range(300)]

    answers = await asyncio.gather(
        *(street.unlink(each, link_id=each, timeout_s=30) for each in ids)
    )

    assert [answer.link.link_id for answer in answers] == ids
    by_call = {item.call: item for item in street.answered()}
    assert len(by_call) == 300
    for item in street.invoked():
        assert by_call[item.call].facts["link.link_id"] == item.facts["link_id"]


async def test_doors_speak_tls_where_the_federation_does(tmp_path: Path) -> None:
    tls = tmp_path / "tls"
    server_credentials(tls)

    async with a_street(tmp_path, tls=tls) as street:
        answer = await street.unlink("one")

    assert answer.link.link_id == ZHANG


async def test_the_trace_says_which_step_and_whose_and_what_caused_a_call(street: Street) -> None:
    phone = await street.peer("phone", "wechat")
    with street.traces.during(step=4, citizens=("zhang-san",)):
        options = phone.options()
    request = cards.UnlinkRequest(request_id="one", link_id=ZHANG)
    await CardServiceStub(phone.channel).Unlink(request, **options)
    # The channel passes on what it got.
    channel = await street.peer("wechat")
    await CardServiceStub(channel.channel).Unlink(request, **options)

    first, second = street.invoked()

    assert (first.step, first.cause, first.citizens) == (4, 0, ("zhang-san",))
    assert (second.step, second.cause) == (4, first.call)
    assert second.citizens == ("zhang-san",)


async def test_a_citizen_is_known_again_by_a_link_and_a_stranger_is_not(street: Street) -> None:
    with street.traces.during(citizens=("zhang-san",)):
        await street.unlink("one", link_id=ZHANG)
    await street.unlink("two", link_id=ZHANG)
    await street.unlink("three", link_id=LI)

    assert [item.citizens for item in street.invoked()] == [("zhang-san",), ("zhang-san",), ()]


async def test_a_link_is_not_the_members_who_is_named_beside_it(tmp_path: Path) -> None:
    people = People()
    people.add("li-si", "990000199001010018")
    asked = family.AddMemberRequest(link_id=ZHANG, id_number="990000199001010018")
    async with a_street(tmp_path, people=people) as street:
        peer = await street.peer()
        with pytest.raises(grpc.aio.AioRpcError):
            await FamilyServiceStub(peer.channel).AddMember(asked, **peer.options(timeout_s=5))
        await street.unlink("one", link_id=ZHANG)

        assert [item.citizens for item in street.invoked()] == [("li-si",), ()]


async def test_who_calls_without_a_token_is_nobody_in_a_history_that_can_be_read_back(
    street: Street,
) -> None:
    await street.unlink("one", source="")

    (invoked,) = street.invoked()

    assert invoked.source == "nobody"


async def test_the_same_way_is_the_same_door(street: Street) -> None:
    again = await street.gate.door("wechat", "platform", street.upstream)
    other = await street.gate.door("alipay", "platform", street.upstream)

    assert again == street.address
    assert other != street.address
