"""Every method as every role: what is answered is what `docs/permissions.md` says, cell by cell.

The page is derived from the contract, and this test asks the platform; neither knows the other. A
role that may call sends a request of the right form, so that only permission can be in its way.
"""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from google.protobuf.message import Message
from tests.contract.test_comments import CONTRACT
from tests.wire import people
from tests.wire.national_platform.methods import METHODS, Method
from tests.wire.people import HUAIHUA, NANTONG, PLATFORM_ID, Caller, World, person
from tests.wire.people_channels import exit_channel

from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.options.v1 import options_pb2
from essc_wire.keys import PartyKeyPair, new_key
from essc_wire.tokens import sign_token

PAGE = Path(__file__).resolve().parents[3] / "docs" / "permissions.md"
ON_THE_PORT = {method.name: method for method in METHODS if not method.is_in_lab}

ANYONE = options_pb2.AUDIENCE_ANYONE
REASONS = {
    "U": "CALLER_UNKNOWN",
    "E": "TOKEN_EXPIRED",
    "P": "TOKEN_FOR_OTHER_PLATFORM",
    "N": "CALLER_NOT_ALLOWED",
    "R": "CALLER_NOT_ALLOWED",
    "F": "PHYSICAL_CARD_NOT_FOUND",
    "L": "CHANNEL_NOT_LIVE",
}


def tables() -> list[tuple[list[str], dict[str, list[str]]]]:
    """The tables of the page: roles, and by method what each role gets."""
    found: list[tuple[list[str], dict[str, list[str]]]] = []
    for line in PAGE.read_text().splitlines():
        if not line.startswith("| ") or line.startswith("| ---"):
            continue
        first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if first == "Method":
            found.append((cells, {}))
        else:
            found[-1][1][first.strip("`")] = cells
    return found


(ROLES, AT_PLATFORM), (PHONES, AT_CHANNEL) = tables()


def test_the_page_has_every_method_of_the_contract_and_no_other() -> None:
    lab = options_pb2.AUDIENCE_LAB
    named = {
        f"{file.package}.{service.name}.{method.name}": service.options.Extensions[
            options_pb2.audience
        ]
        for file in CONTRACT
        for service in file.service
        for method in service.method
    }

    assert set(AT_PLATFORM) == set(ON_THE_PORT)
    assert {*AT_PLATFORM, *AT_CHANNEL} == {n for n, audience in named.items() if audience != lab}


# --- roles -----------------------------------------------------------------------------------


async def party(world: World, name: str, kind: "party_pb2.PartyKind.ValueType") -> Caller:
    caller = world.caller(name, new_key())
    request = party_admin.RegisterPartyRequest(
        party_id=name, kind=kind, display_name=name, key=caller.public_key, regions=[HUAIHUA]
    )
    if kind == party_pb2.PARTY_KIND_VERIFIER:
        request.verifier_class = party_pb2.VERIFIER_CLASS_HOSPITAL
    if kind == party_pb2.PARTY_KIND_PROVIDER:
        request.service_ids.append("medical-settlement")
    await world.operator.do(world.operator.parties.RegisterParty, request)
    return caller


async def of_class(world: World, name: str) -> Caller:
    value = f"CHANNEL_CLASS_{name.removesuffix(' channel').replace(' ', '_').upper()}"
    return await world.channel("own", channel_class=party_pb2.ChannelClass.Value(value))


async def below(world: World) -> tuple[Caller, people.Channel]:
    parent = await world.channel("parent")
    return await world.channel("own", tier=2, parent_channel_id="parent"), parent


async def suspended(world: World) -> Caller:
    channel = await world.channel("own")
    await world.suspend(channel)
    return channel


async def below_a_suspended_one(world: World) -> Caller:
    channel, parent = await below(world)
    await world.suspend(parent)
    return channel


async def below_an_exited_one(world: World) -> Caller:
    channel, parent = await below(world)
    await exit_channel(world, parent)
    return channel


async def exited(world: World) -> Caller:
    channel = await world.channel("own")
    await exit_channel(world, channel)
    return channel


async def with_token(world: World, make: Callable[[PartyKeyPair], str]) -> Caller:
    """A live channel whose every call carries this token."""
    channel = await world.channel("own")
    assert channel.key is not None
    token, peer = make(channel.key), channel.peer
    plain = peer.options
    peer.options = lambda **more: plain(bearer=token, **more)  # type: ignore[method-assign]
    return channel


def expired(key: PartyKeyPair) -> str:
    now = int(time.time())
    claims = {"iss": "own", "aud": PLATFORM_ID, "iat": now - 900, "exp": now - 300}
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.key_id})


async def nobody(world: World) -> Caller:
    return world.caller("", None)


async def itself(caller: Caller) -> Caller:
    return caller


MAKERS: dict[str, Callable[[World], Awaitable[Caller]]] = {
    "no token": nobody,
    "expired token": lambda world: with_token(world, expired),
    "token for another platform": lambda world: with_token(
        world, lambda key: sign_token("own", key, "cn-other", 600)
    ),
    "operator": lambda world: itself(world.operator),
    "bureau": lambda world: itself(world.bureau),
    "bureau of another region": lambda world: party(world, "far", party_pb2.PARTY_KIND_BUREAU),
    "verifier": lambda world: party(world, "hospital", party_pb2.PARTY_KIND_VERIFIER),
    "provider": lambda world: party(world, "clinic", party_pb2.PARTY_KIND_PROVIDER),
    "tier-2 channel": lambda world: _first(below(world)),
    "applied channel": lambda world: world.applicant("own"),
    "suspended channel": suspended,
    "tier-2 channel, parent suspended": below_a_suspended_one,
    "tier-2 channel, parent exited": below_an_exited_one,
    "exited channel": exited,
}


async def _first(pair: Awaitable[tuple[Caller, object]]) -> Caller:
    return (await pair)[0]


async def role(world: World, name: str) -> Caller:
    if name in MAKERS:
        return await MAKERS[name](world)
    return await of_class(world, name)


# --- cells -----------------------------------------------------------------------------------


def about(message: Message, values: dict[str, str]) -> None:
    """Makes a request be about a card that there is."""
    for field in message.DESCRIPTOR.fields:
        if field.name in values and getattr(message, field.name):
            setattr(message, field.name, values[field.name])
        elif field.message_type is None or field.is_repeated:
            continue
        elif message.HasField(field.name):
            about(getattr(message, field.name), values)


async def answer_to(method: Method, caller: Caller, values: dict[str, str]) -> str:
    """The reason of a refusal; "" where there is an answer."""
    request = method.example
    about(request, values)
    if "request_id" in request.DESCRIPTOR.fields_by_name:
        request.request_id = people.new_id()  # type: ignore[attr-defined]
    try:
        await method.send(caller, request.SerializeToString())
    except grpc.RpcError as error:
        return people.checked(error).reason
    return ""


@pytest.mark.rule("R14", "R15")
@pytest.mark.parametrize("name", ROLES)
async def test_a_role_gets_what_the_page_says(world: World, name: str) -> None:
    someone = await world.enrol(person(1))
    card = await world.issue(someone, region=NANTONG, enabled=False)
    values = {
        "physical_card_id": card,
        "id_number": someone.id_number,
        "name": someone.name,
        "region": NANTONG,
    }
    caller = await role(world, name)
    place = ROLES.index(name)
    found: dict[str, str] = {}
    before: Any = world.dump()

    for full_name, method in ON_THE_PORT.items():
        found[full_name] = await answer_to(method, caller, values)

    wanted = {full_name: cells[place] for full_name, cells in AT_PLATFORM.items()}
    for full_name, cell in wanted.items():
        if cell in REASONS:
            assert found[full_name] == REASONS[cell], full_name
        else:
            assert cell == "✓", full_name
            assert found[full_name] not in REASONS.values(), full_name
    is_refused_everywhere = all(
        wanted[each] != "✓" for each, method in ON_THE_PORT.items() if method.audience != ANYONE
    )
    if is_refused_everywhere:
        assert world.dump() == before
