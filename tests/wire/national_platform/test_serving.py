"""The platform as a server: TLS, health, reflection, many calls at once, an end without loss."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.wire import people
from tests.wire.national_platform.methods import METHODS
from tests.wire.people import Caller, World, a_world, config, reason

from essc.card.v1 import card_pb2
from essc.event.v1 import event_service_pb2 as events
from essc.policy.v1 import policy_service_pb2 as policy
from essc.trust.v1 import trust_service_pb2 as trust
from essc_platform.making import initialise
from essc_platform.server import start
from essc_wire import signed_cards
from essc_wire.tls import authority

SERVICES = {
    str(method.descriptor.containing_service.full_name)
    for method in METHODS
    if not method.is_in_lab
}


async def test_tls_serves_whoever_trusts_the_authority_and_nobody_else(tmp_path: Path) -> None:
    folder, tls = tmp_path / "platform", tmp_path / "tls"
    operator_key = initialise(folder, people.PLATFORM_ID)
    running = await start(config(folder, tls=tls))
    address = f"localhost:{running.server.port}"
    trusting = Caller(address, "operator", operator_key, authority(tls))
    by_number = Caller(f"127.0.0.1:{running.server.port}", "", None, authority(tls))
    plain = Caller(address, "operator", operator_key)
    request = policy.GetPolicyRequest()

    answer = await trusting.do(trusting.policy.GetPolicy, request)
    same = await by_number.do(by_number.policy.GetPolicy, request)
    with pytest.raises(grpc.RpcError) as caught:
        await plain.policy.GetPolicy(request, timeout=2)

    assert answer == same
    assert answer.platform_id == people.PLATFORM_ID
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert {path.name for path in tls.glob("*.pem")} == {"ca.pem", "server.pem"}
    for name in ("ca.pem", "server.pem", "server.key"):
        assert (tls / name).stat().st_mode & 0o777 == 0o600
    for caller in (trusting, by_number, plain):
        await caller.peer.close()
    await running.stop()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "example.org:443"])
async def test_plaintext_beyond_loopback_is_refused(tmp_path: Path, address: str) -> None:
    initialise(tmp_path / "platform", people.PLATFORM_ID)

    with pytest.raises(ValueError, match="plaintext is accepted on loopback only"):
        await start(config(tmp_path / "platform", listen=address))


async def test_health_says_serving_for_every_service(world: World) -> None:
    stub: Any = health_pb2_grpc.HealthStub(world.operator.peer.channel)

    for name in ("", *sorted(SERVICES)):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING, name


async def test_reflection_names_every_service(world: World) -> None:
    channel: Any = world.operator.peer.channel
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")

    call = stub.ServerReflectionInfo(iter([request]), timeout=5)
    names = {each.name async for item in call for each in item.list_services_response.service}

    assert names >= SERVICES
    assert not any(name.startswith("essc.lab") for name in names)


@pytest.mark.rule("R8", "R90")
async def test_anyone_may_read_keys_policy_consent_and_reasons(world: World) -> None:
    anyone = world.caller("", None)
    bank = await world.channel("bank")
    application = await bank.application(await world.citizen(1))
    applied = await bank.do(bank.cards.Apply, application)

    keys = await anyone.do(anyone.trust.ListKeys, trust.ListKeysRequest())
    values = await anyone.do(anyone.policy.GetPolicy, policy.GetPolicyRequest())
    consent = await anyone.do(anyone.policy.GetConsent, policy.GetConsentRequest())
    reasons = await anyone.do(anyone.policy.ListReasons, policy.ListReasonsRequest())

    signed: card_pb2.SignedCard = applied.signed_card
    payload = signed_cards.verify(signed, keys)
    assert payload is not None
    assert payload.masked_name == applied.card.masked_name
    changed = card_pb2.SignedCard.FromString(signed.SerializeToString())
    changed.payload = bytes([changed.payload[0] ^ 1]) + changed.payload[1:]
    assert signed_cards.verify(changed, keys) is None
    assert {value.origin for value in values.values} == {1, 2}
    assert all(value.rules and value.text_en for value in values.values)
    assert consent.version == people.CONSENT
    assert "PROOF_USED" in [item.reason for item in reasons.reasons]


async def test_a_hundred_calls_at_once_are_all_answered(world: World) -> None:
    bank = await world.channel("bank")
    citizens = await asyncio.gather(*(world.citizen(place) for place in range(1, 31)))

    links = await asyncio.gather(*(bank.apply(someone) for someone in citizens))
    seen = await asyncio.gather(*(bank.get(link) for link in links for _ in range(4)))

    assert len({link.link_id for link in links}) == len(citizens)
    assert {answer.card.state for answer in seen} == {card_pb2.Card.STATE_USABLE}


@pytest.mark.rule("R91")
async def test_draining_finishes_what_runs_and_refuses_what_comes(tmp_path: Path) -> None:
    async with a_world(tmp_path / "platform") as world:
        bank = await world.channel("bank")
        link = await bank.apply(await world.citizen(1))
        # Hashing takes a while: this is running when the end begins.
        passwords = asyncio.create_task(bank.set_password(people.person(1), link))
        await asyncio.sleep(0.01)
        draining = asyncio.create_task(world.running.stop())
        await asyncio.sleep(0.02)

        call = bank.do(bank.events.GetHead, events.GetHeadRequest())
        refused = await reason(call)
        done = await asyncio.gather(passwords, return_exceptions=True)
        await draining

        assert refused == "PLATFORM_DRAINING"
        # Either all of it, or refused before it was begun; never something in between.
        error = done[0]
        assert error is None or reason_of(error) == "PLATFORM_DRAINING"
        world.running = await start(config(world.folder))


def reason_of(error: object) -> str:
    assert isinstance(error, grpc.RpcError)
    return people.checked(error).reason
