"""R92: no process of a federation ever writes down what is nobody else's business.

A rich session with unmistakable values, through the generic phone and by direct calls, rightly and
wrongly. Then every log line, every refusal, every file's name, and all that channels keep is
searched. What the platform's own database holds is its own; a simulated authority's likewise.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import MessageToJson
from tests.wire import people
from tests.wire.canary import LI, ZHANG, Canary
from tests.wire.people import Person, World
from tests.wire.people_family import register_recipient
from tests.wire.people_life import open_account

from essc.channel.v1.channel_pb2 import FLOW_KIND_UNLINK, FlowKind
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import AccountServiceStub
from essc_wire.id_numbers import synthetic
from essc_wire.keys import new_key, read_key
from essc_workbench import inboxes
from essc_workbench.answers import Conduct, Mistake, erring
from essc_workbench.citizens import Citizen, Phone, Walk
from essc_workbench.exports import exported
from essc_workbench.failures import WorkbenchError
from essc_workbench.population import Persona
from essc_workbench.testing import Meeting, federation

# Who has done nothing wrong so far; Li is beside her.
WANG = Person("王百灵", synthetic(date(1973, 9, 19), 909), "11199009900")
CHANNELS = ("wechat", "alipay", "bank-east")
RIGHT = Conduct(
    card_password="258036",
    new_card_password="258036",
    wallet_password="wallet-of-nightingale",
    preferences=("PARENT", "FACE"),
    companion=Persona(id="li", name=LI.name, id_number=LI.id_number, phone=LI.phone),
)
ERRING = erring(*(each for each in Mistake if each is not Mistake.DECLINES), conduct=RIGHT)
# What a channel keeps; its simulated authority has a database of its own.
AUTHORITY = "lab.db"


@pytest.mark.rule("R92")
@pytest.mark.timeout(110)
async def test_no_log_no_refusal_no_file_name_and_no_channel_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with federation(tmp_path / "data", channels=CHANNELS) as meeting:
        monkeypatch.setattr(inboxes, "ARRIVAL_S", 0.3)
        monkeypatch.setattr(people, "PLATFORM_ID", meeting.federation.state.platform_id)
        world = world_of(meeting)
        canary = Canary(world, await world.channel("pond"), await world.channel("lake"))
        try:
            await world.open()
            await canary.tell()
            await world.enrol(WANG)
            await world.issue(WANG)
            await open_account(world, WANG, bank_id="bank-east")
            await register_recipient(world, WANG)
            for channel_id in CHANNELS:
                await live_in(meeting, canary, channel_id)
            told = [await snapshot(meeting, channel_id) for channel_id in CHANNELS]
        finally:
            await world.close()

    root = tmp_path / "data"
    logged = "\n".join(lines(root))
    kept = "\n".join(kept_by_channels(root))
    names = "\n".join(str(path.relative_to(root)) for path in root.rglob("*"))
    assert canary.secrets >= {ZHANG.name, LI.id_number, ZHANG.phone, "258036"}
    # Codes, tickets and photos are among what was told: the flows were walked to their ends.
    assert canary.shown >= {"code", "photo", "form", "lines", "face", "card_password"}
    assert logged.count("refused") > 60
    assert len(canary.heard) > 80
    assert all('"flows"' in each for each in told)
    assert sum('"appliedEvents"' in each and '"shadows"' in each for each in told) >= 2
    for said in (logged, kept, names, "\n".join(canary.heard), *told):
        assert canary.given_away(said) == []


async def snapshot(meeting: Meeting, channel_id: str) -> str:
    """What a channel exports of itself, as text."""
    whole = await exported(meeting.connections.channel_lab(channel_id))
    return MessageToJson(whole, ensure_ascii=False)


def world_of(meeting: Meeting) -> World:
    """The federation's platform, for callers that are registered beside its channels."""
    folder, at = meeting.federation.folder, meeting.federation.state.platform
    assert at is not None
    world = World(at.address, at.lab_address, folder.platform, read_key(folder.key("operator")))
    world.bureau = people.Caller(at.address, "bureau-of-the-canary", new_key())
    world.callers.append(world.bureau)
    return world


async def live_in(meeting: Meeting, canary: Canary, channel_id: str) -> None:
    """Two people go through every flow of a channel, wrongly and rightly."""
    for someone, conduct in ((ZHANG, ERRING), (WANG, ERRING), (WANG, RIGHT)):
        phone = await phone_of(meeting, canary, someone, channel_id)
        # First applying, and last of all unlinking.
        for kind in sorted(FlowKind.values(), key=lambda kind: kind == FLOW_KIND_UNLINK):
            try:
                noted(canary, await phone.walk(FlowKind.ValueType(kind), conduct))
            except (grpc.RpcError, WorkbenchError) as error:
                canary.heard.append(str(error))
        canary.heard.append(str(await phone.home()))
        await phone.sign_out()


async def phone_of(meeting: Meeting, canary: Canary, someone: Person, channel_id: str) -> Phone:
    """A phone that is signed in to the person's account."""
    peer = meeting.connections.channel_lab(channel_id)
    persona = Persona(
        id=f"account-{someone.phone[-4:]}",
        name=someone.name,
        id_number=someone.id_number,
        phone=someone.phone,
    )
    request = lab.PutAccountRequest(
        account=persona.id,
        person=identity_pb2.Person(name=someone.name, id_number=someone.id_number),
        reserved_phone=someone.phone,
        wallet_password=RIGHT.wallet_password,
        request_id=people.new_id(),
    )
    canary.gather(request)
    await AccountServiceStub(peer.channel).PutAccount(request, **peer.options())
    phone = Citizen(persona, meeting.connections).phone(channel_id)
    phone.patience_s = 0
    await phone.sign_in()
    canary.secrets |= {phone._session, RIGHT.card_password}
    return phone


def noted(canary: Canary, walk: Walk) -> None:
    """What a person was shown: codes and tickets are theirs alone."""
    for step in walk.steps:
        canary.gather(step)
        canary.shown.add(step.WhichOneof("kind") or "")


def lines(root: Path) -> Iterator[str]:
    """All that the processes said, without the times, whose digits say nothing."""
    for path in (*root.glob("logs/*.log"), *root.glob("logs/*.out")):
        for line in path.read_text("utf-8").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                yield line
            else:
                said.pop("timestamp", None)
                yield json.dumps(said, ensure_ascii=False)


def kept_by_channels(root: Path) -> Iterator[str]:
    """Every text in what the channels keep; logs of SQLite too."""
    for path in root.glob("channels/*/*"):
        if path.is_file() and not path.name.startswith(AUTHORITY):
            yield path.read_bytes().decode("utf-8", "replace")
