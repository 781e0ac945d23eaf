"""A platform on which something of everything has happened, and what was said while it did."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from tests.wire import people
from tests.wire.fuzz.messages import Harvest
from tests.wire.national_platform.methods import Method
from tests.wire.people import (
    ACCEPT_DELIVERY,
    APPLY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    FACE,
    FIND_LINK,
    OTHER_PASSWORD,
    PASSWORD,
    RESET_PASSWORD,
    SUZHOU,
    TEXT_MESSAGE,
    UNLINK,
    VOUCHED,
    Caller,
    Channel,
    Person,
    World,
    config,
    face,
    person,
    world_of,
)

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.identity.v1 import identity_pb2
from essc.identity.v1 import identity_service_pb2 as identity
from essc.options.v1 import options_pb2
from essc.password.v1 import password_service_pb2 as passwords
from essc.registry.v1 import registry_service_pb2 as registry
from essc_platform.server import initialise, start
from essc_wire import guard
from essc_wire.keys import new_key
from essc_wire.refusals import Refusal


@dataclass
class Wide:
    """The world, who calls what, and the harvest."""

    world: World
    harvest: Harvest
    channels: list[Channel] = field(default_factory=list)
    verifiers: list[Caller] = field(default_factory=list)
    providers: list[Caller] = field(default_factory=list)

    def callers_of(self, method: Method) -> list[Caller]:
        """Who asks for a method: mostly who may."""
        world = self.world
        anyone = [world.caller("", None)]
        by_audience: dict[int, list[Any]] = {
            options_pb2.AUDIENCE_CHANNEL: self.channels,
            options_pb2.AUDIENCE_BUREAU: [world.bureau],
            options_pb2.AUDIENCE_OPERATOR: [world.operator],
            options_pb2.AUDIENCE_VERIFIER: self.verifiers,
            options_pb2.AUDIENCE_PROVIDER: self.providers,
            options_pb2.AUDIENCE_ANYONE: anyone,
            options_pb2.AUDIENCE_LAB: [world.lab],
        }
        may = by_audience[method.audience]
        if method.is_in_lab:
            return [world.lab]
        # The first of a kind is the one that requests were prepared for.
        return [*may * 3, *may[:1] * 8, world.bureau, *anyone]

    async def settled(self) -> None:
        """Waits until nothing changes any more: what is done afterwards, in the background."""
        still = 0
        version = self._data_version()
        while still < 2:
            await asyncio.sleep(0.001)
            now = self._data_version()
            still = still + 1 if now == version else 0
            version = now

    def _data_version(self) -> int:
        reader = self.world.running.store.reader
        return int(reader.execute("PRAGMA data_version").fetchone()[0])


async def a_wide_world(folder: Path) -> Wide:
    """Starts a platform and lets people live with it."""
    guard._not_there = _being_written
    operator_key = initialise(folder / "platform", people.PLATFORM_ID)
    running = await start(config(folder / "platform"))
    # The sweep would change something once a second, between any two looks.
    for work in running.working:
        work.cancel()
    world = world_of(running, folder / "platform", operator_key)
    wide = Wide(world, Harvest())

    def heard(request: Message, answer: Message | None) -> None:
        if answer is not None:
            wide.harvest.take_request(request)
            wide.harvest.take(answer)

    people.LISTENERS.append(heard)
    try:
        await world.open()
        await _live(wide)
    finally:
        people.LISTENERS.remove(heard)
    return wide


async def _prepare(wide: Wide, someone: Person) -> None:
    """Requests of the first channel that would be accepted, once each."""
    channel, keep = wide.channels[0], wide.harvest.take_request
    link = (await channel.do(channel.cards.FindLink, await _finding(channel, someone))).link
    proofs = {
        purpose: await channel.proof(someone, FACE, purpose)
        for purpose in identity_pb2.Purpose.values()
        if purpose
    }
    both = {"link_id": link.link_id, "serial": link.serial}
    for request in (
        await channel.application(person(7)),
        await _finding(channel, someone),
        passwords.SetPasswordRequest(
            link_id=link.link_id, proof=proofs[people.SET_PASSWORD], new_password=PASSWORD
        ),
        passwords.ChangePasswordRequest(
            link_id=link.link_id,
            proof=await channel.proof(someone, CARD_PASSWORD, CHANGE_PASSWORD),
            new_password=OTHER_PASSWORD,
        ),
        passwords.ResetPasswordRequest(
            link_id=link.link_id,
            text_proof=await channel.proof(someone, TEXT_MESSAGE, RESET_PASSWORD),
            face_proof=proofs[RESET_PASSWORD],
            new_password=OTHER_PASSWORD,
        ),
    ):
        keep(request)
    if someone == person(3):
        # Not of everyone: an unlinked link is asked for in vain afterwards.
        keep(cards.UnlinkRequest(**both, proof=proofs[UNLINK]))
    challenge = await channel.start(someone.named, FACE, UNLINK)
    keep(
        identity.AnswerChallengeRequest(
            challenge_id=challenge.challenge_id, face_capture=face(someone, challenge)
        )
    )
    newcomer = person(20 + int(someone.phone[-2:]))
    keep(
        registry.RegisterCitizenRequest(
            name=newcomer.name, id_number=newcomer.id_number, phone=newcomer.phone
        )
    )


async def _finding(channel: Channel, someone: Person) -> cards.FindLinkRequest:
    return cards.FindLinkRequest(
        name=someone.name,
        id_number=someone.id_number,
        identity_proof=await channel.proof(someone, VOUCHED, FIND_LINK),
    )


async def _being_written(_request: object, _call: object) -> Refusal:
    return Refusal("CHANGES_CONFLICT")


async def _live(wide: Wide) -> None:
    world = wide.world
    for name in ("bank", "wechat"):
        wide.channels.append(await world.channel(name, receives_new_cards=name == "wechat"))
    verifier, provider = (world.caller(name, new_key()) for name in ("hospital", "ministry"))
    await world.register(
        verifier,
        party_pb2.PARTY_KIND_VERIFIER,
        [people.NANTONG],
        verifier_class=party_pb2.VERIFIER_CLASS_HOSPITAL,
    )
    await world.register(
        provider,
        party_pb2.PARTY_KIND_PROVIDER,
        [people.NANTONG],
        service_ids=["medical-settlement", "social-insurance-query"],
        verifier_ids=["hospital"],
    )
    wide.verifiers.append(verifier)
    wide.providers.append(provider)
    for place in range(1, 6):
        await _one_life(wide, await world.citizen(place))
    await world.citizen(7)
    for place in range(1, 4):
        await _prepare(wide, person(place))
    delivered = await world.enrol(person(8))
    await world.issue(delivered, generation=3)
    await world.issue(await world.enrol(person(9)), enabled=False)


async def _one_life(wide: Wide, someone: Person) -> None:
    """A person with cards, a link in each channel, a password, open challenges and proofs."""
    world = wide.world
    links = [(channel, await channel.apply(someone)) for channel in wide.channels]
    await world.issue(someone, region=SUZHOU)
    await wide.channels[0].set_password(someone, links[0][1])
    for channel, link in links:
        for method, purpose in (
            (VOUCHED, APPLY),
            (FACE, UNLINK),
            (FACE, RESET_PASSWORD),
            (TEXT_MESSAGE, RESET_PASSWORD),
            (CARD_PASSWORD, CHANGE_PASSWORD),
            (VOUCHED, FIND_LINK),
            (VOUCHED, ACCEPT_DELIVERY),
        ):
            await channel.proof(someone, method, purpose, link_id=link.link_id)
        for method in (TEXT_MESSAGE, FACE, CARD_PASSWORD):
            await channel.start(someone.named, method, UNLINK)
        await channel.get(link)
        await channel.record(link)
        await channel.feed()
    await world.bureau_view(someone)
