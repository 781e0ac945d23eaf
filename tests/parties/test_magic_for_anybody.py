"""R94: every magic value that is no persona's does what it is said to do, to somebody who is none.

One table says how each value is used, for people who were registered a moment ago; a value without
a way to use it fails.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.parties.scenes import Scene

from essc.directory.v1.directory_service_pb2 import IssueTicketRequest
from essc.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from essc.identity.v1 import identity_pb2 as identity
from essc.identity.v1.identity_service_pb2 import StartChallengeRequest
from essc.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from essc.password.v1.password_service_pb2 import SetPasswordRequest
from essc.password.v1.password_service_pb2_grpc import PasswordServiceStub
from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND
from essc_wire.clock import new_request_id
from essc_wire.id_numbers import synthetic
from essc_wire.refusals import reason_of
from essc_workbench.inboxes import Inbox
from essc_workbench.population import Persona
from essc_workbench.templates import Template
from essc_workbench.testing import federation

BORN = date(1991, 4, 23)
DAY_US = 24 * 60 * 60 * 1_000_000
REGION = "320600"

Use = Callable[[Scene, Persona, str], Awaitable[None]]
"""Uses a value on somebody, and raises the refusal."""


async def somebody(scene: Scene, place: int) -> Persona:
    """A new person with a normal card."""
    person = Persona(
        id=f"somebody-{place}",
        name="路人",
        id_number=synthetic(BORN, place),
        phone=f"111{place:08d}",
    )
    await scene.bureau.register(person.name, person.id_number, person.phone)
    await scene.bureau.issue(person.id_number, REGION, GENERATION_SECOND, enabled=True)
    return person


async def start(scene: Scene, subject: identity.Person, **changes: Any) -> None:
    """Starts a check by text message of whoever is named so."""
    request = StartChallengeRequest(
        request_id=new_request_id(),
        subject=identity.Subject(person=subject),
        method=identity.METHOD_TEXT_MESSAGE,
        purpose=identity.PURPOSE_APPLY,
        **changes,
    )
    await scene.send(IdentityServiceStub(scene.platform.channel).StartChallenge, request)


def named(person: Persona) -> identity.Person:
    return identity.Person(name=person.name, id_number=person.id_number)


async def set_it(scene: Scene, person: Persona, value: str) -> None:
    request = SetPasswordRequest(
        request_id=new_request_id(),
        link_id=(await scene.linked(person)).link_id,
        proof=await scene.window.face(person, identity.PURPOSE_SET_PASSWORD),
        new_password=value,
    )
    await scene.send(PasswordServiceStub(scene.platform.channel).SetPassword, request)


async def enter_it(scene: Scene, person: Persona, value: str) -> None:
    await scene.holder(person)
    await guess(scene, person, value)


async def guess(scene: Scene, person: Persona, digits: str) -> None:
    challenge = await scene.window._asked(
        person, identity.METHOD_CARD_PASSWORD, identity.PURPOSE_PAY
    )
    await scene.window._proof(challenge, card_password=digits)


async def enter_it_six_times(scene: Scene, person: Persona, value: str) -> None:
    digits = value.removesuffix(" six times")
    await scene.holder(person)
    for _ in range(5):
        with pytest.raises(grpc.RpcError) as refused:
            await guess(scene, person, digits)
        assert reason_of(refused.value) == "PASSWORD_WRONG"
    await guess(scene, person, digits)


async def look_up(scene: Scene, person: Persona, value: str) -> None:
    assert (await scene.bureau.citizen(person.id_number)).id_number == person.id_number
    await scene.bureau.citizen(value)


async def name_them(scene: Scene, person: Persona, value: str) -> None:
    name, id_number = value.split()
    await start(scene, identity.Person(name=name, id_number=id_number))


async def name_the_phone(scene: Scene, person: Persona, value: str) -> None:
    await start(scene, named(person), phone=person.phone)
    await start(scene, named(person), phone=value)


async def enter_another_code(scene: Scene, person: Persona, value: str) -> None:
    challenge = await scene.window._asked(
        person, identity.METHOD_TEXT_MESSAGE, identity.PURPOSE_APPLY
    )
    sent = (await Inbox(scene.lab, person.phone).take()).digits
    other = f"{(int(sent) + 1) % 1_000_000:06d}"
    await scene.window._proof(challenge, text_code=other)


async def send_eleven(scene: Scene, person: Persona, value: str) -> None:
    # A day begins with a full count, wherever this one stands.
    await scene.advance(DAY_US - (await scene.now() + 8 * DAY_US // 24) % DAY_US)
    for _ in range(10):
        await start(scene, named(person))
    await start(scene, named(person))


async def vouch_so(scene: Scene, person: Persona, value: str) -> None:
    challenge = await scene.window._asked(person, identity.METHOD_VOUCHED, identity.PURPOSE_APPLY)
    await scene.window._proof(challenge, vouched=value == "true")


async def wait_so_long(scene: Scene, person: Persona, value: str) -> None:
    request = IssueTicketRequest(
        request_id=new_request_id(),
        link_id=(await scene.linked(person)).link_id,
        service_id="library",
    )
    stub = DirectoryServiceStub(scene.platform.channel)
    await scene.send(stub.IssueTicket, request)
    await scene.advance(int(value.removesuffix(" days on")) * DAY_US)
    request.request_id = new_request_id()
    await scene.send(stub.IssueTicket, request)


# In this order: what moves the clock comes last.
USES: dict[tuple[str, str], Use] = {
    ("card password", "123456"): set_it,
    ("card password", "246810"): enter_it,
    ("card password", "246810 six times"): enter_it_six_times,
    ("ID number", "990000190001010008"): look_up,
    ("name and ID number", "李四 990000198503120019"): name_them,
    ("phone", "11199999999"): name_the_phone,
    ("text code", "any other"): enter_another_code,
    ("vouched", "false"): vouch_so,
    ("text message", "the eleventh of a day"): send_eleven,
    ("clock", "3653 days on"): wait_so_long,
}


async def met(scene: Scene, place: int, kind: str, value: str) -> str:
    """What somebody new meets with a value."""
    person = await somebody(scene, place)
    try:
        await USES[kind, value](scene, person, value)
    except grpc.RpcError as error:
        return reason_of(error) or ""
    return "nothing"


@pytest.mark.rule("R94")
async def test_every_magic_value_for_anybody_does_what_it_is_said_to_do(
    tmp_path: Path, template: Template
) -> None:
    async with federation(tmp_path, channels=(), template=template) as meeting:
        scene, places = Scene(meeting), count(901)
        listed = await scene.magic_values()
        said = {(each.kind, each.value): each.effect for each in listed if each.kind != "persona"}

        found = {use: await met(scene, next(places), *use) for use in USES}

    assert found == said
