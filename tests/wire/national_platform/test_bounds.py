"""Nothing grows without end: calls at once, those that wait for one person, and streams."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.wire.people import CARD_PASSWORD, PASSWORD, UNLINK, World, a_world, reason

from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.event.v1 import event_service_pb2 as events
from essc_platform import server
from essc_platform.core.records import ChannelState
from essc_platform.directory import Directory
from essc_platform.wire import identity
from essc_platform.wire.events import EventServicer
from essc_platform.wire.front import Front
from essc_platform.wire.services import Services, services
from essc_wire import serving
from essc_wire.guard import Call
from essc_wire.keys import new_key
from essc_wire.refusals import Refusal, refusal_of


async def test_more_calls_than_a_port_takes_are_refused_without_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "RPCS_MAX", 2)
    async with a_world(tmp_path / "platform") as world:
        bank = await world.channel("bank")
        async with bank.watching() as first, bank.watching() as second:
            await first.until_heartbeat()
            await second.until_heartbeat()
            with pytest.raises(grpc.RpcError) as caught:
                await bank.do(bank.events.GetHead, events.GetHeadRequest())

        found: Any = caught.value
        assert found.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refusal_of(found) is None


async def test_no_more_wait_for_one_person_than_may(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "TURN_WAITING_MAX", 3)
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await bank.set_password(zhang, link)
    challenges = [await bank.start(zhang.named, CARD_PASSWORD, UNLINK) for _ in range(8)]

    calls = [bank.answer(challenge, card_password=PASSWORD) for challenge in challenges]
    answers = await asyncio.gather(*calls, return_exceptions=True)

    reasons = [
        refusal.reason
        for answer in answers
        if isinstance(answer, grpc.RpcError) and (refusal := refusal_of(answer)) is not None
    ]
    assert set(reasons) == {"PLATFORM_BUSY"}
    assert 1 <= len(reasons) <= 5


@pytest.mark.rule("R15")
async def test_a_running_stream_ends_with_its_key(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    (card_id,) = await world.bureau_view(zhang)
    await bank.apply(zhang)
    async with bank.watching() as watch:
        await watch.until_heartbeat()
        second = new_key()
        public_key = party_pb2.PartyKey(key_id=second.key_id, public_key=second.public_bytes)
        add = party_admin.AddPartyKeyRequest(party_id="bank", key=public_key)
        await world.operator.do(world.operator.parties.AddPartyKey, add)
        assert bank.key is not None
        remove = party_admin.RemovePartyKeyRequest(party_id="bank", key_id=bank.key.key_id)
        await world.operator.do(world.operator.parties.RemovePartyKey, remove)
        await world.report_loss(card_id)

        assert await reason(watch.next()) == "CALLER_UNKNOWN"


@pytest.mark.rule("R15")
async def test_a_running_stream_outlives_a_suspension_and_not_an_exit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fronts: list[Front] = []

    def noted(front: Front, *parts: Any) -> Services:
        fronts.append(front)
        return services(front, *parts)

    monkeypatch.setattr(server, "services", noted)
    async with a_world(tmp_path / "platform") as world:
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        (card_id,) = await world.bureau_view(zhang)
        await bank.apply(zhang)
        await world.report_loss(card_id)
        directory: Directory = fronts[0].directory
        caller = directory.caller("bank")
        assert caller is not None
        assert bank.key is not None
        call = Call("watch", replace(caller, key_id=bank.key.key_id), b"", "", None)
        servicer, request = EventServicer(fronts[0]), events.WatchEventsRequest()

        await world.suspend(bank)
        stream = servicer.WatchEvents(request, call)
        assert (await anext(stream)).HasField("event")  # type: ignore[union-attr]
        # A newer stream takes its place: it ends at once, not behind all that was read.
        with fronts[0].watchers.watching("bank"), fronts[0].watchers.watching("bank"):
            replaced = await anext(stream)
        assert isinstance(replaced, Refusal)
        assert replaced.reason == "PLATFORM_BUSY"

        exited = directory.caller("bank")
        assert exited is not None
        assert exited.channel is not None
        directory.apply([replace(exited.channel, state=ChannelState.EXITED)])
        ended = await anext(servicer.WatchEvents(request, call))
        assert isinstance(ended, Refusal)
        assert ended.reason == "CHANNEL_NOT_LIVE"
