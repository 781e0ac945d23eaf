"""R94: every refusal that a persona is said to meet is met, in a federation as it is set up.

One table says how each effect is provoked; an effect without a way to provoke it fails.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from tests.parties.scenes import HOLDERS, Scene

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_pb2 import Link
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.certification.v1.certification_service_pb2 import CertifyRequest
from essc.certification.v1.certification_service_pb2_grpc import CertificationServiceStub
from essc.channel.v1 import channel_pb2 as channel
from essc.code.v1 import code_pb2 as code
from essc.directory.v1.directory_service_pb2 import IssueTicketRequest
from essc.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from essc.family.v1 import family_service_pb2 as family
from essc.family.v1.family_pb2 import RELATION_SPOUSE
from essc.family.v1.family_service_pb2_grpc import FamilyServiceStub
from essc.identity.v1 import identity_pb2 as identity
from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND
from essc.settlement.v1.order_pb2 import Order
from essc_wire.clock import new_request_id
from essc_wire.refusals import reason_of
from essc_workbench.answers import Conduct
from essc_workbench.counters import Provider, Verifier
from essc_workbench.demo.checks import settled
from essc_workbench.enrolment import PROVIDER, VERIFIER
from essc_workbench.families import CARD_PASSWORD
from essc_workbench.inboxes import Inbox
from essc_workbench.population import Persona
from essc_workbench.testing import federation

pytestmark = pytest.mark.rule("R94")

BANK, OTHER_BANK = "bank-east", "bank-west"
TWINS = {"liu-da": "liu-xiao", "liu-xiao": "liu-da"}
SIXTEEN = datetime(2030, 1, 2, tzinfo=UTC)


Action = Callable[[Scene, Persona], Awaitable[str | None]]
"""Raises the refusal, or answers the verdict."""


async def apply(scene: Scene, person: Persona) -> None:
    await scene.apply(person)


async def apply_elsewhere(scene: Scene, person: Persona) -> None:
    await scene.apply(person, region="320600")


async def ask_password(scene: Scene, person: Persona) -> None:
    await scene.linked(person)
    await scene.window.password(person, identity.PURPOSE_ADD_FAMILY)


async def ask_reserved_phone(scene: Scene, person: Persona) -> None:
    await scene.linked(person)
    await scene.window._asked(person, identity.METHOD_RESERVED_PHONE, identity.PURPOSE_RAISE_LEVEL)


async def raise_level_at_another_bank(scene: Scene, person: Persona) -> str:
    phone = await scene.phone(person, OTHER_BANK)
    return (await phone.walk(channel.FLOW_KIND_RAISE_LEVEL)).flow.reason


async def allow_while_lost(scene: Scene, person: Persona) -> None:
    link = await scene.linked(person)
    request = cards.AllowWhileLostRequest(
        request_id=new_request_id(),
        link_id=link.link_id,
        serial=link.serial,
        face_proof=await scene.window.face(person, identity.PURPOSE_ALLOW_WHILE_LOST),
    )
    await scene.send(scene.cards.AllowWhileLost, request)


async def allow_twice(scene: Scene, person: Persona) -> None:
    await allow_while_lost(scene, person)
    await allow_while_lost(scene, person)


async def register(scene: Scene, person: Persona) -> None:
    await scene.bureau.register(person.name, person.id_number, person.phone)


async def issue(scene: Scene, person: Persona) -> None:
    await scene.bureau.issue(person.id_number, person.region, GENERATION_SECOND, enabled=True)


async def lock(scene: Scene, person: Persona) -> None:
    await scene.bureau.lock((await scene.card(person)).physical_card_id)


async def open_account(scene: Scene, person: Persona) -> None:
    card = await scene.card(person)
    await scene.bureau.activate_bank_account(card.physical_card_id, BANK, person.phone)


async def receive(scene: Scene, person: Persona) -> None:
    await scene.bureau.register_recipient(person.id_number)


async def certify(scene: Scene, person: Persona) -> None:
    request = CertifyRequest(
        request_id=new_request_id(),
        link_id=(await scene.linked(person)).link_id,
        face_proof=await scene.window.face(person, identity.PURPOSE_CERTIFY),
    )
    await scene.send(CertificationServiceStub(scene.platform.channel).Certify, request)


async def use_a_delivered_link(scene: Scene, person: Persona) -> None:
    peer = scene.meeting.connections.platform("alipay")
    listed = await scene.send(
        CardServiceStub(peer.channel).ListLinks, cards.ListLinksRequest(), peer
    )
    (delivered,) = [each.link for each in listed.items if each.link.state == Link.STATE_DELIVERED]
    request = family.ListMembersRequest(link_id=delivered.link_id)
    await scene.send(FamilyServiceStub(peer.channel).ListMembers, request, peer)


async def add(scene: Scene, person: Persona) -> None:
    await scene.add(person)


async def add_absent(scene: Scene, person: Persona) -> None:
    await scene.add(person, is_present=False)


async def add_absent_from_16(scene: Scene, person: Persona) -> None:
    if person.id == "wu-xiaochen":
        await scene.let_it_be(SIXTEEN)
    await scene.add(person, is_present=False)


async def add_oneself(scene: Scene, person: Persona) -> None:
    await scene.add(person, person)


async def add_a_spouse(scene: Scene, person: Persona) -> None:
    await scene.add(scene.people["qian-fang"], person, RELATION_SPOUSE)


async def add_once_more(scene: Scene, person: Persona) -> None:
    await scene.add(scene.people[person.bindings[0].member_id], person)


async def add_by_the_twins_photo(scene: Scene, person: Persona) -> None:
    twin = scene.people[TWINS[person.id]]
    holder = scene.people[HOLDERS.get(person.id, "luo-wen")]
    photo = await scene.window.photo(twin)
    await scene.add(twin, holder, photo=photo)
    await scene.add(person, holder, photo=photo)


async def pay_for_a_member(scene: Scene, person: Persona) -> None:
    link, binding = await scene.binding(person)
    request = IssueTicketRequest(
        request_id=new_request_id(),
        link_id=link.link_id,
        binding_id=binding.binding_id,
        service_id="medical-settlement",
    )
    await scene.send(DirectoryServiceStub(scene.platform.channel).IssueTicket, request)


async def leave_an_ended_binding(scene: Scene, person: Persona) -> None:
    _, ended = await scene.binding(scene.people["he-jun"])
    request = family.LeaveBinderRequest(
        request_id=new_request_id(),
        link_id=(await scene.linked(person)).link_id,
        binding_id=ended.binding_id,
        proof=await scene.window.face(person, identity.PURPOSE_END_BINDING),
    )
    await scene.send(scene.family.LeaveBinder, request)


async def show_the_face(scene: Scene, person: Persona) -> None:
    await scene.window.face(person, identity.PURPOSE_APPLY)


async def have_a_message_sent(scene: Scene, person: Persona) -> str:
    ask = scene.window._asked
    for each in (person, scene.people["qian-fang"]):
        await ask(each, identity.METHOD_TEXT_MESSAGE, identity.PURPOSE_SET_PASSWORD)
    await Inbox(scene.lab, scene.people["qian-fang"].phone).take()
    return "" if await Inbox(scene.lab, person.phone).texts() else "MESSAGE_LOST"


async def pay(scene: Scene, person: Persona) -> str:
    phone = await scene.phone(person, BANK)
    conduct = Conduct(card_password=CARD_PASSWORD, new_card_password=CARD_PASSWORD)
    await phone.walk(channel.FLOW_KIND_SET_PASSWORD, conduct)
    assert (await phone.walk(channel.FLOW_KIND_RAISE_LEVEL)).is_completed
    shown = (await phone.walk(channel.FLOW_KIND_SHOW_CODE)).code
    connections = scene.meeting.connections
    checked = await Verifier(connections.platform(VERIFIER)).check(shown, code.USAGE_PAYMENT)
    provider = Provider(connections.platform(PROVIDER))
    order = await provider.bill(checked.check_number, insurance_fen=8_000, own_fen=2_050)
    assert (await phone.walk(channel.FLOW_KIND_PAY, conduct)).is_completed
    unpaid = Order.STATE_UNPAID
    seen = await settled(lambda: provider.order(order.order_id), lambda it: it.state == unpaid)
    return Order.State.Name(seen.state).replace("STATE_", "ORDER_")


# In this order: what needs a person as set up comes before what changes the person.
WAYS: dict[str, Action] = {
    "PASSWORD_NOT_SET": ask_password,
    "ORDER_UNPAID": pay,
    "PHYSICAL_CARD_NOT_FOUND": apply,
    "PHYSICAL_CARD_SEALED": apply,
    "PHYSICAL_CARD_TEMPORARILY_LOST": apply,
    "PHYSICAL_CARD_LOST": apply,
    "PHYSICAL_CARD_LOCKED": apply,
    "PHYSICAL_CARD_CANCELLED": apply,
    "CITIZEN_CANCELLED": apply,
    "REGION_NEEDED": apply,
    "REGION_DIFFERS": apply_elsewhere,
    "BANK_ACCOUNT_NOT_OPEN": ask_reserved_phone,
    "BANK_DIFFERS": raise_level_at_another_bank,
    "CARD_NOT_LOST": allow_while_lost,
    "LOSS_POLICY_BLOCKS": allow_while_lost,
    "LOSS_ALLOWED_ALREADY": allow_twice,
    "CITIZEN_EXISTS": register,
    "PHYSICAL_CARD_EXISTS": issue,
    "PHYSICAL_CARD_STATUS_FORBIDS": lock,
    "BANK_ACCOUNT_OPEN_ALREADY": open_account,
    "RECIPIENT_EXISTS": receive,
    "NOT_A_RECIPIENT": certify,
    "LINK_NOT_ACTIVE": use_a_delivered_link,
    "FACE_MISMATCH": show_the_face,
    "LIVENESS_FAILED": show_the_face,
    "MESSAGE_LOST": have_a_message_sent,
    "PHOTO_UNREADABLE": add,
    "PHOTO_MISMATCH": add,
    "PHOTO_USED": add_by_the_twins_photo,
    "MEMBER_IS_HOLDER": add_oneself,
    "MEMBER_BOUND_ALREADY": add_once_more,
    "MEMBER_CARD_NOT_NORMAL": add,
    "MEMBER_CANNOT_PAY": pay_for_a_member,
    "BINDERS_TOO_MANY": add,
    "PLACES_USED_UP": add_a_spouse,
    "BINDING_NOT_FOUND": leave_an_ended_binding,
    "FACE_PHOTO_NEEDED": add_absent,
    "MEMBER_FACE_NEEDED": add_absent_from_16,
}
UNDER_CONSENT = {"LOSS_ALLOWED_ALREADY"}


async def pairs(scene: Scene) -> list[tuple[str, str]]:
    """Who is said to meet what, in the order of the ways."""
    values = await scene.magic_values()
    said = [(each.value, each.effect) for each in values if each.kind == "persona"]
    assert {effect for _, effect in said} == set(WAYS), "a way for each effect, and no other"
    order = list(WAYS)
    return sorted(said, key=lambda pair: (order.index(pair[1]), pair[0]))


async def meet(scene: Scene, persona_id: str, effect: str) -> str | None:
    try:
        return await WAYS[effect](scene, scene.people[persona_id])
    except grpc.RpcError as error:
        return reason_of(error)


async def test_every_persona_meets_what_it_is_said_to_meet(tmp_path: Path) -> None:
    async with federation(tmp_path, channels=("alipay", BANK, OTHER_BANK)) as meeting:
        scene = Scene(meeting)
        said = [pair for pair in await pairs(scene) if pair[1] not in UNDER_CONSENT]

        met = {pair: await meet(scene, *pair) for pair in said}

    assert met == {(persona_id, effect): effect for persona_id, effect in said}

    async with federation(tmp_path, channels=(), loss="holder_consent") as meeting:
        scene = Scene(meeting)
        said = [pair for pair in await pairs(scene) if pair[1] in UNDER_CONSENT]

        met = {pair: await meet(scene, *pair) for pair in said}

    assert said
    assert met == {(persona_id, effect): effect for persona_id, effect in said}
