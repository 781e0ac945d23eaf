"""Family and certification: every reason met over the wire, in its order."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.wire.ladders import UNKNOWN, Ladder, ask_of, climbs
from tests.wire.national_platform.test_ladders_life import climb_statuses, delivered_in_bank
from tests.wire.national_platform.test_reasons import AUTHORITY, LAB, Stage
from tests.wire.people import (
    CARD_PASSWORD,
    FACE,
    SUZHOU,
    TEXT_MESSAGE,
    VOUCHED,
    Person,
    World,
    a_world,
    new_id,
    person,
)
from tests.wire.people_family import (
    ADD_FAMILY,
    CERTIFY,
    CHILD,
    END_BINDING,
    NOTICE,
    OTHER,
    PARENT,
    SPOUSE,
    Home,
    a_home,
    born,
    home,
    photo,
    register_recipient,
    with_card,
)

from essc.authority.v1 import authority_service_pb2 as authority
from essc.authority.v1 import authority_service_pb2_grpc as authority_grpc
from essc.certification.v1 import certification_service_pb2 as certification
from essc.family.v1 import family_service_pb2 as family
from essc.lab.v1 import lab_service_pb2 as lab
from essc_platform.lab.personas import PERSONAS

FAMILY = "essc.family.v1.FamilyService."
CERTIFICATION = "essc.certification.v1.CertificationService."
TWINS = [
    Person(each.name, each.id_number, each.phone)
    for each in PERSONAS
    if each.persona_id in ("liu-da", "liu-xiao")
]


@pytest.fixture
async def stage(world: World) -> Stage:
    stage = Stage(world)
    await stage.open()
    return stage


def at_home(stage: Stage) -> Home:
    """Zhang in the bank."""
    return Home(stage.bank, stage.zhang, stage.link)


async def climb_links(ladder: Ladder, stage: Stage, make: Callable[..., Any]) -> None:
    """An own, active link, and a request id of its own if there is one."""
    if "request_id" in make(link_id=UNKNOWN).DESCRIPTOR.fields_by_name:
        await ladder.step("REQUEST_ID_REUSED", make(link_id=UNKNOWN, request_id=stage.used_id))
    await ladder.step("LINK_NOT_FOUND", make(link_id=UNKNOWN))
    await stage.world.issue(stage.li, region=SUZHOU, generation=3)
    delivered = await delivered_in_bank(stage)
    await ladder.step("LINK_NOT_ACTIVE", make(link_id=delivered.link_id))
    await stage.bank.apply(stage.li)


async def climb_card(ladder: Ladder, stage: Stage, request: Any) -> None:
    """R3: the holder's card may be used."""
    world = stage.world
    await world.cancel_citizen(stage.zhang)
    await ladder.step("CITIZEN_CANCELLED", request)
    await world.write("UPDATE citizens SET cancel_time = NULL")
    (card_id,) = await world.bureau_view(stage.zhang)
    await climb_statuses(ladder, world, card_id, request)
    key = world.vault.citizen_key(stage.zhang.id_number)
    expire = "UPDATE cards SET expire_time = expire_time {} 900000000000000 WHERE citizen = ?"
    await world.write(expire.format("-"), key.number)
    await ladder.step("CARD_EXPIRED", request)
    await world.write(expire.format("+"), key.number)


async def set_li_up(stage: Stage) -> None:
    """Li's own card password is another person's proof."""
    link = await stage.bank.apply(stage.li)
    await stage.bank.set_password(stage.li, link)
    await stage.bank.unlink(stage.li, link)


@climbs(FAMILY + "AddMember")
@pytest.mark.rule("R3", "R23", "R40", "R41", "R42", "R45")
async def test_adding_a_member(stage: Stage, tmp_path: Path) -> None:
    world, bank = stage.world, stage.bank
    at_zhang = at_home(stage)
    ladder = Ladder(FAMILY + "AddMember", lambda r: at.channel.do(at.family.AddMember, r))
    at = at_zhang
    await bank.set_password(stage.zhang, stage.link)
    await set_li_up(stage)

    def worst(proof: str = UNKNOWN, **changes: Any) -> family.AddMemberRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "password_proof": proof,
            "notice_version": "1999-12",
            "relation": SPOUSE,
            "name": "无名",
            "id_number": stage.zhang.id_number,
            "card_photo": b"no photo",
        }
        return family.AddMemberRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", worst(id_number="990000198503129999"))
    await climb_links(ladder, stage, worst)
    await stage.climb_proofs(ladder, worst, ADD_FAMILY, CARD_PASSWORD, FACE)
    proof = await bank.proof(stage.zhang, CARD_PASSWORD, ADD_FAMILY)
    await climb_card(ladder, stage, worst(proof))

    async def good(member: Person, **changes: Any) -> family.AddMemberRequest:
        values: dict[str, Any] = {"relation": SPOUSE, "password_proof": proof}
        return await at_zhang.addition(member, **(values | changes))

    await ladder.step("NOTICE_OUTDATED", worst(proof))
    await ladder.step("IDENTITY_MISMATCH", worst(proof, notice_version=NOTICE))
    mistaken = worst(proof, notice_version=NOTICE, name=stage.zhang.name)
    await ladder.step("MEMBER_IS_HOLDER", mistaken)
    await at_zhang.add(stage.li, SPOUSE)
    await ladder.step("MEMBER_BOUND_ALREADY", await good(stage.li, card_photo=b"no photo"))
    child = await with_card(world, born(date(2020, 1, 1), 41))
    old = await with_card(world, born(date(1950, 1, 1), 42))
    await ladder.step("PHOTO_UNREADABLE", await good(child, card_photo=b"no photo"))
    of_li = await photo(world, stage.li)
    await ladder.step("PHOTO_MISMATCH", await good(child, card_photo=of_li, member_proof=""))
    for twin in TWINS:
        await with_card(world, twin)
    of_twin = await photo(world, TWINS[0])
    await at_zhang.add(TWINS[0], OTHER, card_photo=of_twin)
    of_other = await good(TWINS[1], card_photo=of_twin, member_proof=UNKNOWN)
    await ladder.step("PHOTO_USED", of_other)
    (card_of_old,) = await world.bureau_view(old)
    await world.report_loss(card_of_old)
    await ladder.step("FACE_PHOTO_NEEDED", await good(child, member_proof=""))
    await ladder.step("MEMBER_FACE_NEEDED", await good(old, member_proof=UNKNOWN))
    await ladder.step("MEMBER_CARD_NOT_NORMAL", await good(old))
    await world.lift_loss(card_of_old)
    for place in range(51, 55):
        await world.citizen(place)
        await (await home(bank, person(place))).add(old)
    await ladder.step("BINDERS_TOO_MANY", await good(old))
    await ladder.step("PLACES_USED_UP", await good(TWINS[1]))
    async with a_world(tmp_path / "other", photos="127.0.0.1:1") as lonely:
        at = await a_home(lonely)
        await ladder.step("AUTHORITY_UNREACHABLE", await at.addition(await lonely.citizen(2)))
    ladder.top()


@climbs(FAMILY + "RemoveMember")
@pytest.mark.rule("R23", "R44")
async def test_removing_a_member(stage: Stage) -> None:
    bank, at_zhang = stage.bank, at_home(stage)
    ladder = Ladder(FAMILY + "RemoveMember", ask_of(bank, at_zhang.family.RemoveMember))
    await bank.set_password(stage.zhang, stage.link)
    binding = await at_zhang.add(await stage.world.citizen(3), PARENT)

    def remove(proof: str = UNKNOWN, **changes: Any) -> family.RemoveMemberRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "binding_id": binding.binding_id,
            "proof": proof,
        }
        return family.RemoveMemberRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", remove(binding_id="1"))
    await climb_links(ladder, stage, remove)
    await ladder.step("BINDING_NOT_FOUND", remove(binding_id=UNKNOWN))
    await stage.climb_proofs(ladder, remove, END_BINDING, FACE, VOUCHED)
    ladder.top()


@climbs(FAMILY + "LeaveBinder")
@pytest.mark.rule("R23", "R44")
async def test_leaving_a_binder(stage: Stage) -> None:
    bank = stage.bank
    await stage.world.citizen(3)
    at_binder = await home(bank, person(3))
    await at_binder.add(stage.zhang, CHILD)
    at_zhang = at_home(stage)
    (binder,) = await at_zhang.binders()
    ladder = Ladder(FAMILY + "LeaveBinder", ask_of(bank, at_zhang.family.LeaveBinder))

    def leave(proof: str = UNKNOWN, **changes: Any) -> family.LeaveBinderRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "binding_id": binder.binding_id,
            "proof": proof,
        }
        return family.LeaveBinderRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", leave(binding_id="1"))
    await climb_links(ladder, stage, leave)
    await ladder.step("BINDING_NOT_FOUND", leave(binding_id=UNKNOWN))
    await stage.climb_proofs(ladder, leave, END_BINDING, FACE, TEXT_MESSAGE)
    ladder.top()


@climbs(FAMILY + "ListMembers", FAMILY + "ListBinders", FAMILY + "GetPlaces")
@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ListMembers", family.ListMembersRequest),
        ("ListBinders", family.ListBindersRequest),
        ("GetPlaces", family.GetPlacesRequest),
    ],
)
async def test_looking_at_the_family(stage: Stage, name: str, kind: type[Any]) -> None:
    at_zhang = at_home(stage)
    ladder = Ladder(FAMILY + name, ask_of(stage.bank, getattr(at_zhang.family, name)))

    await ladder.step("REQUEST_INVALID", kind(link_id="1"))
    await climb_links(ladder, stage, kind)
    ladder.top()


@climbs(CERTIFICATION + "Certify")
@pytest.mark.rule("R3", "R23", "R51", "R52")
async def test_certifying(stage: Stage) -> None:
    world, bank, at_zhang = stage.world, stage.bank, at_home(stage)
    await bank.set_password(stage.zhang, stage.link)
    old = await world.citizen(3)
    await register_recipient(world, stage.zhang)
    binding = await at_zhang.add(old, PARENT)
    ladder = Ladder(CERTIFICATION + "Certify", ask_of(bank, at_zhang.certifications.Certify))

    def certify(proof: str = UNKNOWN, **changes: Any) -> certification.CertifyRequest:
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": stage.link.link_id,
            "binding_id": binding.binding_id,
            "face_proof": proof,
        }
        return certification.CertifyRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", certify(binding_id="1"))
    await climb_links(ladder, stage, certify)
    await ladder.step("BINDING_NOT_FOUND", certify(binding_id=UNKNOWN))
    # A proof of the holder's own face is another person's, for a member.
    await stage.climb_proofs(ladder, certify, CERTIFY, FACE, TEXT_MESSAGE)
    (card_of_old,) = await world.bureau_view(old)
    await world.report_loss(card_of_old)
    good = certify(await at_zhang.member_proof(old, binding))
    await climb_card(ladder, stage, good)
    await ladder.step("MEMBER_CARD_NOT_NORMAL", good)
    await world.lift_loss(card_of_old)
    await ladder.step("NOT_A_RECIPIENT", good)
    ladder.top()


@climbs(CERTIFICATION + "ListCertifications")
@pytest.mark.rule("R14", "R51")
async def test_listing_certifications(stage: Stage) -> None:
    at_zhang = at_home(stage)
    ladder = Ladder(
        CERTIFICATION + "ListCertifications",
        ask_of(stage.bank, at_zhang.certifications.ListCertifications),
    )

    def look(**changes: Any) -> certification.ListCertificationsRequest:
        values: dict[str, Any] = {
            "link_id": stage.link.link_id,
            "binding_id": UNKNOWN,
            "page_token": "1",
        }
        return certification.ListCertificationsRequest(**(values | changes))

    await ladder.step("REQUEST_INVALID", look(page_size=-1))
    await climb_links(ladder, stage, look)
    await ladder.step("BINDING_NOT_FOUND", look())
    await ladder.step("PAGE_TOKEN_INVALID", look(binding_id=None))
    ladder.top()


@climbs(AUTHORITY + "PhotoService.JudgePhoto", LAB + "PersonaService.GetPhoto")
async def test_photos_at_the_lab_port(world: World) -> None:
    photos = authority_grpc.PhotoServiceStub(world.lab.peer.channel)
    judging = Ladder(AUTHORITY + "PhotoService.JudgePhoto", ask_of(world.lab, photos.JudgePhoto))
    taking = Ladder(LAB + "PersonaService.GetPhoto", ask_of(world.lab, world.lab.personas.GetPhoto))

    await judging.step("REQUEST_INVALID", authority.JudgePhotoRequest(photo=b"1"))
    await taking.step("REQUEST_INVALID", lab.GetPhotoRequest())

    judging.top()
    taking.top()
