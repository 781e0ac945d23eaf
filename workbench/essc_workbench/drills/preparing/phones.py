"""Phones before the clock starts: accounts, sessions, links made by the very flows of the channels.

A channel knows whose link is whose only if it made it, so each person applies by phone, which takes
a channel and the platform some thirty calls. The links' ids are read from the platform's export.
"""

from array import array
from collections.abc import Sequence

from essc.channel.v1 import channel_pb2 as channel
from essc.identity.v1.identity_pb2 import Person
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import AccountServiceStub
from essc_workbench.calls import fixed_id, patient
from essc_workbench.connections import Connections
from essc_workbench.drills.journeys.by_phone import HONEST
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.prepared import LINK_ID, Links, Prepared
from essc_workbench.drills.journeys.turns import Turn
from essc_workbench.drills.journeys.walking import Phones
from essc_workbench.drills.reading_notes import alias
from essc_workbench.exports import exported
from essc_workbench.population import WALLET_PASSWORD
from essc_workbench.seeding.people import Resident


async def open_account(connections: Connections, channel_id: str, person: Resident) -> None:
    """A resident's account in a channel, named by their alias."""
    lab_port, account = connections.channel_lab(channel_id), alias(person.place)
    request = lab.PutAccountRequest(
        account=account,
        person=Person(name=person.name, id_number=person.id_number),
        reserved_phone=person.phone,
        wallet_password=WALLET_PASSWORD,
        request_id=fixed_id("account", channel_id, account),
    )
    stub = AccountServiceStub(lab_port.channel)
    await patient(lambda: stub.PutAccount(request, **lab_port.options()))


async def link_by_phone(phones: Phones, turn: Turn, place: int, *, shows_codes: bool) -> str:
    """Signs in, applies, and where codes will be shown makes the phone known. The session."""
    session = await phones.sign_in(turn, place)
    await phones.walk(turn, place, channel.FLOW_KIND_APPLY, HONEST)
    if shows_codes:
        await phones.walk(turn, place, channel.FLOW_KIND_SHOW_CODE, HONEST)
    return session


async def read_links(
    connections: Connections, prepared: Prepared, people: People, places: Sequence[int]
) -> None:
    """Every channel's links, as the platform has them."""
    snapshot = await exported(connections.platform_lab(), "citizens", "links")
    numbers = {people.person(place).id_number: place for place in places}
    owners = {
        row.citizen: numbers[row.id_number] for row in snapshot.citizens if row.id_number in numbers
    }
    found = {name: [" " * LINK_ID] * len(places) for name in prepared.vouch_kinds}
    serials = {name: array("q", [0]) * len(places) for name in prepared.vouch_kinds}
    for link in snapshot.links:
        place = owners.get(link.citizen)
        if place is not None and link.channel_id in found:
            found[link.channel_id][place] = link.link_id
            serials[link.channel_id][place] = link.serial
    for name, ids in found.items():
        prepared.links[name] = Links("".join(ids), serials[name])
