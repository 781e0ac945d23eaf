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
from tests.wire.people_codes import PAYMENT, a_verifier, holder, scan, show
from tests.wire.people_family import END_BINDING, Home, register_recipient
from tests.wire.people_life import open_account, raise_level
from tests.wire.people_services import Provider, Till, a_provider

from essc.admin.v1 import channel_admin_service_pb2 as channel_admin
from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.certification.v1 import certification_service_pb2 as certification
from essc.code.v1 import verification_service_pb2 as verification
from essc.directory.v1 import directory_pb2
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.family.v1 import family_service_pb2 as family
from essc.identity.v1 import identity_pb2
from essc.identity.v1 import identity_service_pb2 as identity
from essc.options.v1 import options_pb2
from essc.password.v1 import password_service_pb2 as passwords
from essc.registry.v1 import registry_service_pb2 as registry
from essc.settlement.v1 import order_service_pb2 as orders
from essc_platform.making import initialise
from essc_platform.server import start
from essc_wire.keys import new_key


@dataclass
class Wide:
    """The world, who calls what, and the harvest."""

    world: World
    harvest: Harvest
    channels: list[Channel] = field(default_factory=list)
    verifiers: list[Caller] = field(default_factory=list)
    providers: list[Provider] = field(default_factory=list)

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


async def a_wide_world(folder: Path) -> Wide:
    """Starts a platform and lets people live with it."""
    operator_key = initialise(folder / "platform", people.PLATFORM_ID)
    running = await start(config(folder / "platform"))
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
    # The sweep and the settler would change something between any two looks.
    for work in running.working:
        work.cancel()
    await asyncio.gather(*running.working, return_exceptions=True)
    await running.settler.stop()
    return wide


async def _prepare(wide: Wide, someone: Person) -> None:
    """Requests of the first channel that would be accepted, once each."""
    channel, keep = wide.channels[0], wide.harvest.prepare
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


async def _live(wide: Wide) -> None:
    world = wide.world
    for name in ("bank", "wechat"):
        wide.channels.append(await world.channel(name, receives_new_cards=name == "wechat"))
    wide.verifiers.append(await a_verifier(world))
    wide.providers.append(await a_provider(world, verifier_ids=("hospital",)))
    for place in range(1, 6):
        await _one_life(wide, await world.citizen(place))
    await world.citizen(7)
    for place in range(1, 4):
        await _prepare(wide, person(place))
        await _shop(wide, person(place))
    await _be_a_family(wide)
    await _come_and_go(wide)
    delivered = await world.enrol(person(8))
    await world.issue(delivered, generation=3)
    await world.issue(await world.enrol(person(9)), enabled=False)


async def _one_life(wide: Wide, someone: Person) -> None:
    """A person with cards, a link in each channel, a password, open challenges and proofs."""
    world = wide.world
    links = [(channel, await channel.apply(someone)) for channel in wide.channels]
    await wide.channels[0].set_password(someone, links[0][1])
    await open_account(world, someone)
    await raise_level(wide.channels[0], someone, links[0][1])
    await world.issue(someone, region=SUZHOU)
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


async def _shop(wide: Wide, someone: Person) -> None:
    """A person shows codes, uses services and pays; and could do each once more."""
    channel, keep = wide.channels[0], wide.harvest.prepare
    verifier, provider = wide.verifiers[0], wide.providers[0]
    link = (await channel.do(channel.cards.FindLink, await _finding(channel, someone))).link
    till = Till(channel, someone, link)
    shown = await show(channel, someone, link)
    check = await scan(verifier, shown.code, PAYMENT)
    await holder(verifier, check.check_number)
    await till.switch(on=True)
    first, second, third, *_ = [await till.order(provider) for _ in range(3)]
    for order in (first, second):
        await till.settled(await till.pay(order))
    await provider.refund(first)
    await till.uses()
    next_code = await show(channel, someone, link, is_known=True)
    use = (await provider.redeem(await till.ticket())).use
    for request in (
        verification.CheckCodeRequest(code=next_code.code, usage=PAYMENT),
        tickets.RedeemTicketRequest(ticket=await till.ticket()),
        tickets.CloseUseRequest(use_id=use.use_id, outcome=directory_pb2.Use.OUTCOME_DONE),
        orders.CreateOrderRequest(use_id=use.use_id, own_fen=1, insurance_fen=0),
        orders.CreateOrderRequest(check_number=check.check_number, own_fen=2, insurance_fen=3),
        orders.RefundRequest(order_id=second.order_id),
        await till.payment(third),
    ):
        keep(request)


async def _be_a_family(wide: Wide) -> None:
    """One is bound to another, and certified; a third could be, and could leave."""
    channel, keep = wide.channels[0], wide.harvest.prepare
    homes = []
    for place in (1, 2, 4):
        someone = person(place)
        await register_recipient(wide.world, someone)
        link = (await channel.do(channel.cards.FindLink, await _finding(channel, someone))).link
        homes.append(Home(channel, someone, link))
    first, second, third = homes
    binding = await first.add(second.holder)
    await first.members()
    (binder,) = await second.binders()
    await first.used()
    await first.certify(await first.own_proof())
    await first.certified()
    keep(await first.addition(third.holder))
    for home, request in (
        (first, family.RemoveMemberRequest(binding_id=binding.binding_id)),
        (second, family.LeaveBinderRequest(binding_id=binder.binding_id)),
    ):
        request.link_id = home.link.link_id
        request.proof = await channel.proof(home.holder, FACE, END_BINDING)
        keep(request)
    keep(
        certification.CertifyRequest(link_id=third.link.link_id, face_proof=await third.own_proof())
    )


async def _come_and_go(wide: Wide) -> None:
    """Parties that could be registered, tested and go live; a key that could be added."""
    keep = wide.harvest.prepare
    applicant = await wide.world.applicant("applicant")
    for test in (channel_admin.CHANNEL_TEST_FUNCTION, channel_admin.CHANNEL_TEST_SECURITY):
        keep(channel_admin.PassTestRequest(channel_id=applicant.party_id, test=test))
    keep(channel_admin.GoLiveRequest(channel_id=applicant.party_id))
    for place in range(3):
        key = new_key()
        party_key = party_pb2.PartyKey(key_id=key.key_id, public_key=key.public_bytes)
        keep(
            channel_admin.RegisterChannelRequest(
                channel_id=f"newcomer-{place}",
                display_name="newcomer",
                channel_class=party_pb2.CHANNEL_CLASS_SOCIAL,
                key=party_key,
            )
        )
        keep(
            party_admin.RegisterPartyRequest(
                party_id=f"bureau-{place}",
                kind=party_pb2.PARTY_KIND_BUREAU,
                display_name="bureau",
                regions=[SUZHOU],
                key=party_key,
            )
        )
