"""Bad input gets a typed refusal that names the field, and changes nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc
import protovalidate
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from grpc_status import rpc_status
from tests.wire import people
from tests.wire.national_platform import methods
from tests.wire.national_platform.methods import METHODS, Method
from tests.wire.people import (
    ACCEPT_DELIVERY,
    APPLY,
    CONSENT,
    FACE,
    PASSWORD,
    UNLINK,
    VOUCHED,
    Caller,
    World,
    new_id,
    person,
    reason,
    refused,
)

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.identity.v1 import identity_pb2
from essc.identity.v1 import identity_service_pb2 as identity
from essc.options.v1 import options_pb2
from essc.password.v1 import password_service_pb2 as passwords
from essc.record.v1 import record_service_pb2 as records
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.keys import new_key

UNKNOWN = "0" * 32
Callers: TypeAlias = Callable[[Method], Caller]


@pytest.fixture
async def callers(world: World) -> AsyncIterator[Callers]:
    """Who may call a method."""
    bank = await world.channel("bank")
    hospital = world.caller("hospital", new_key())
    verifier_class = party_pb2.VERIFIER_CLASS_HOSPITAL
    await world.register(
        hospital, party_pb2.PARTY_KIND_VERIFIER, [people.NANTONG], verifier_class=verifier_class
    )
    library = world.caller("library", new_key())
    await world.register(library, party_pb2.PARTY_KIND_PROVIDER, [])
    by_audience = {
        options_pb2.AUDIENCE_CHANNEL: bank,
        options_pb2.AUDIENCE_BUREAU: world.bureau,
        options_pb2.AUDIENCE_OPERATOR: world.operator,
        options_pb2.AUDIENCE_VERIFIER: hospital,
        options_pb2.AUDIENCE_PROVIDER: library,
        options_pb2.AUDIENCE_ANYONE: world.caller("", None),
        options_pb2.AUDIENCE_LAB: world.lab,
    }
    before = world.dump()
    yield lambda method: by_audience[options_pb2.Audience.ValueType(method.audience)]
    assert world.dump() == before


def test_the_examples_are_of_the_right_form() -> None:
    wrong = {
        method.name: [
            str(v.proto.message) for v in protovalidate.collect_violations(method.example)
        ]
        for method in METHODS
    }

    assert {name: found for name, found in wrong.items() if found} == {}


async def named(method: Method, caller: Caller, request: Message) -> set[str]:
    """The fields that a refusal names."""
    refusal = await refused(method.send(caller, request.SerializeToString()))
    assert refusal.reason == "REQUEST_INVALID"
    assert refusal.violations
    assert all(violation.text for violation in refusal.violations)
    return {violation.field for violation in refusal.violations}


async def test_a_request_without_a_required_field_names_it(callers: Callers) -> None:
    for method in METHODS:
        for path in methods.fields(method.descriptor.input_type):
            request = methods.without_field(method.example, path)
            if request is not None and methods.is_required(path[-1]):
                found = await named(method, callers(method), request)
                assert methods.path_name(path) in found, method.name


def bad_values(field: FieldDescriptor) -> list[Any]:
    """What is too long, not known, or out of bounds; nothing for what has no bounds to break."""
    if field.enum_type is not None:
        return [99, -1]
    if field.type == FieldDescriptor.TYPE_STRING:
        formless = not (methods.rules(field).string.pattern or methods.rules(field).string.uuid)
        return ["x" * 5000] if formless else ["x" * 5000, "张" * 300, "\x00"]
    if field.type == FieldDescriptor.TYPE_BYTES:
        return [b"x" * 204_801]
    if field.type in (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64):
        return [-1]
    return []


async def test_a_field_that_is_too_long_or_unknown_is_named(callers: Callers) -> None:
    for method in METHODS:
        for path in methods.fields(method.descriptor.input_type):
            for value in bad_values(path[-1]):
                request = methods.with_field(method.example, path, value)
                found = await named(method, callers(method), request)
                assert methods.path_name(path) in found, method.name


async def test_what_is_no_message_of_the_method_is_refused(callers: Callers) -> None:
    for method in METHODS:
        for raw in (b"\xff", b"\x0a\xff\x01"):
            refusal = await refused(method.send(callers(method), raw))
            assert refusal.reason == "REQUEST_INVALID", method.name
            assert [violation.field for violation in refusal.violations] == [""]


async def test_a_message_over_256_kib_is_refused_and_one_of_256_kib_is_read(
    callers: Callers,
) -> None:
    # An unknown field: number 15, length-delimited, with a length of three bytes.
    length = 256 * 1024 - 4
    largest = bytes([0x7A, length & 127 | 128, length >> 7 & 127 | 128, length >> 14])
    largest += b"x" * length

    for method in METHODS:
        too_large = method.send(callers(method), largest + b"\x7a\x00")
        assert await reason(too_large) == "MESSAGE_TOO_LARGE", method.name
        if any(methods.is_required(field) for field in method.descriptor.input_type.fields):
            read = method.send(callers(method), largest)
            assert await reason(read) == "REQUEST_INVALID", method.name


async def test_a_call_without_a_deadline_is_refused_unless_it_watches(callers: Callers) -> None:
    for method in METHODS:
        if not method.descriptor.server_streaming:
            raw = method.example.SerializeToString()
            call = method.send(callers(method), raw, timeout=None)
            assert await reason(call) == "DEADLINE_MISSING", method.name


@pytest.mark.parametrize(
    "id_number",
    ["990000198503120018", "990000198513120019", "990000198502300010", "99000019850312001x"],
    ids=["check digit", "month", "day", "small x"],
)
async def test_a_wrong_id_number_is_refused_wherever_one_is_taken(
    world: World, id_number: str
) -> None:
    bank, bureau = await world.channel("bank"), world.bureau
    zhang = identity_pb2.Person(name="张三", id_number=id_number)
    before = world.dump()
    calls = {
        "id_number": (
            bureau.do(
                bureau.registry.RegisterCitizen,
                registry.RegisterCitizenRequest(
                    name="张三", id_number=id_number, phone="11100000001"
                ),
            ),
            bureau.do(
                bureau.registry.IssuePhysicalCard,
                registry.IssuePhysicalCardRequest(
                    id_number=id_number,
                    region=people.NANTONG,
                    generation=2,  # type: ignore[arg-type]
                ),
            ),
            bureau.do(bureau.registry.GetCitizen, registry.GetCitizenRequest(id_number=id_number)),
            bank.do(
                bank.cards.FindLink,
                cards.FindLinkRequest(name="张三", id_number=id_number, identity_proof=UNKNOWN),
            ),
        ),
        "subject.person.id_number": (bank.start(identity_pb2.Subject(person=zhang), FACE, APPLY),),
    }

    for field, refusals in calls.items():
        for call in refusals:
            refusal = await refused(call)
            assert (refusal.reason, refusal.violations[0].field) == ("REQUEST_INVALID", field)
    assert world.dump() == before


async def status_of(call: Awaitable[object]) -> bytes:
    """All that a refusal says."""
    try:
        await call
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
        assert status is not None
        return bytes(status.SerializeToString())
    raise AssertionError("not refused")


@pytest.mark.rule("R14")
async def test_what_belongs_to_another_channel_answers_exactly_like_what_is_unknown(
    world: World,
) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    foreign_link = (await wechat.apply(zhang)).link_id
    foreign_proof = await wechat.proof(zhang, FACE, UNLINK)
    foreign_challenge = (await wechat.start(zhang.named, VOUCHED, APPLY)).challenge_id
    own = await bank.apply(await world.citizen(2))
    before = world.dump()

    def by_link(link_id: str) -> list[Awaitable[object]]:
        both = {"link_id": link_id, "serial": 1}
        subject = identity_pb2.Subject(link_id=link_id)
        set_ = {"link_id": link_id, "proof": UNKNOWN, "new_password": PASSWORD}
        return [
            bank.do(bank.cards.GetCard, cards.GetCardRequest(link_id=link_id)),
            bank.do(bank.cards.Unlink, cards.UnlinkRequest(**both)),  # type: ignore[arg-type]
            bank.do(
                bank.cards.AcceptDelivery,
                cards.AcceptDeliveryRequest(
                    **both,  # type: ignore[arg-type]
                    identity_proof=UNKNOWN,
                    consent_version=CONSENT,
                ),
            ),
            bank.do(
                bank.cards.DeclineDelivery,
                cards.DeclineDeliveryRequest(**both, identity_proof=UNKNOWN),  # type: ignore[arg-type]
            ),
            bank.do(bank.records.ListRecords, records.ListRecordsRequest(link_id=link_id)),
            bank.start(subject, FACE, UNLINK),
            bank.do(bank.passwords.SetPassword, passwords.SetPasswordRequest(**set_)),
            bank.do(bank.passwords.ChangePassword, passwords.ChangePasswordRequest(**set_)),
            bank.do(
                bank.passwords.ResetPassword,
                passwords.ResetPasswordRequest(
                    link_id=link_id,
                    text_proof=UNKNOWN,
                    face_proof=UNKNOWN,
                    new_password=PASSWORD,
                ),
            ),
        ]

    def by_proof(proof: str) -> list[Awaitable[object]]:
        return [
            bank.do(
                bank.cards.Apply,
                cards.ApplyRequest(identity_proof=proof, face_proof=proof, consent_version=CONSENT),
            ),
            bank.do(
                bank.cards.FindLink,
                cards.FindLinkRequest(
                    name=zhang.name, id_number=zhang.id_number, identity_proof=proof
                ),
            ),
            bank.do(
                bank.cards.Unlink, cards.UnlinkRequest(link_id=own.link_id, serial=1, proof=proof)
            ),
        ]

    def by_challenge(challenge_id: str) -> list[Awaitable[object]]:
        return [
            bank.do(
                bank.identity.AnswerChallenge,
                identity.AnswerChallengeRequest(challenge_id=challenge_id, vouched=True),
            )
        ]

    pairs = [
        *zip(by_link(foreign_link), by_link(UNKNOWN), strict=True),
        *zip(by_proof(foreign_proof), by_proof(UNKNOWN), strict=True),
        *zip(by_challenge(foreign_challenge), by_challenge(UNKNOWN), strict=True),
    ]
    for foreign, unknown in pairs:
        assert await status_of(foreign) == await status_of(unknown)
    assert world.dump() == before


@pytest.mark.rule("R14")
async def test_no_link_no_card_and_no_person_answer_alike(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    proof = await bank.proof(zhang, VOUCHED, APPLY)

    def find(name: str) -> Awaitable[object]:
        return bank.do(
            bank.cards.FindLink,
            cards.FindLinkRequest(name=name, id_number=zhang.id_number, identity_proof=proof),
        )

    no_link = await status_of(find(zhang.name))
    await bank.apply(zhang)
    proof = await bank.proof(zhang, VOUCHED, APPLY)

    assert await status_of(find("李四")) == no_link
    assert b"LINK_NOT_FOUND" in no_link


@pytest.mark.rule("R91")
async def test_a_request_id_is_its_callers_own_and_of_one_method(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    request_id = new_id()
    first = await bank.start(zhang.named, VOUCHED, APPLY, request_id)

    other_caller = await wechat.start(zhang.named, VOUCHED, APPLY, request_id)
    other_method = bank.do(
        bank.cards.Unlink, cards.UnlinkRequest(request_id=request_id, link_id=UNKNOWN, serial=1)
    )
    other_content = bank.start(zhang.named, VOUCHED, UNLINK, request_id)

    assert other_caller.challenge_id != first.challenge_id
    assert await reason(other_method) == "REQUEST_ID_REUSED"
    assert await reason(other_content) == "REQUEST_ID_REUSED"
    assert await bank.start(zhang.named, VOUCHED, APPLY, request_id) == first


@pytest.mark.rule("R91")
async def test_a_request_id_is_remembered_for_thirty_days(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    request_id = new_id()
    first = await bank.start(zhang.named, VOUCHED, APPLY, request_id)

    await world.advance(30 * people.DAY - 60)
    assert await bank.start(zhang.named, VOUCHED, APPLY, request_id) == first

    await world.advance(120)
    again = await bank.start(zhang.named, VOUCHED, APPLY, request_id)
    assert again.challenge_id != first.challenge_id


@pytest.mark.rule("R23")
async def test_a_proof_of_another_channel_is_simply_unknown(world: World) -> None:
    bank, alipay = (
        await world.channel("bank"),
        await world.channel("alipay", receives_new_cards=True),
    )
    zhang = await world.enrol(person(1))
    await world.issue(zhang, generation=3)
    (item,) = await alipay.links()
    proof = await bank.proof(zhang, VOUCHED, ACCEPT_DELIVERY)
    request = cards.AcceptDeliveryRequest(
        link_id=item.link.link_id, serial=1, identity_proof=proof, consent_version=CONSENT
    )

    assert await reason(alipay.do(alipay.cards.AcceptDelivery, request)) == "PROOF_UNKNOWN"


async def test_a_physical_card_of_another_bureaus_region_answers_like_an_unknown_one(
    world: World,
) -> None:
    elsewhere = world.caller("elsewhere", new_key())
    await world.register(elsewhere, 2, [people.HUAIHUA])  # type: ignore[arg-type]
    zhang = await world.enrol(person(1))
    foreign = await world.issue(zhang)

    def lift(card_id: str) -> Awaitable[object]:
        request = registry.LiftLossRequest(physical_card_id=card_id)
        return elsewhere.do(elsewhere.registry.LiftLoss, request)

    assert await status_of(lift(foreign)) == await status_of(lift(UNKNOWN))
    request = registry.GetCitizenRequest(id_number=zhang.id_number)
    seen = await elsewhere.do(elsewhere.registry.GetCitizen, request)
    assert list(seen.citizen.physical_cards) == []


async def test_an_import_stops_at_what_has_no_form_and_keeps_what_came_before(
    world: World,
) -> None:
    bureau = world.bureau

    def item(place: int, **changes: Any) -> registry.ImportCitizensRequest:
        someone = person(place)
        return registry.ImportCitizensRequest(
            citizen=registry.RegisterCitizenRequest(
                request_id=new_id(),
                name=someone.name,
                id_number=someone.id_number,
                phone=someone.phone,
            ),
            physical_card=registry.IssuePhysicalCardRequest(
                **{
                    "request_id": new_id(),
                    "id_number": someone.id_number,
                    "region": people.NANTONG,
                    "generation": 2,
                    "enabled": True,
                    **changes,
                }
            ),
        )

    async def import_(items: list[registry.ImportCitizensRequest]) -> Any:
        return await bureau.registry.ImportCitizens(iter(items), **bureau.peer.options())

    good = [item(place) for place in (1, 2)]
    stopped = import_([*good, registry.ImportCitizensRequest(), item(3)])
    assert await reason(stopped) == "REQUEST_INVALID"
    assert len(world.dump()["citizens"]) == 2

    mixed = [
        *good,
        item(4, region=people.HUAIHUA),
        item(5, id_number=person(6).id_number),
        item(1),
        item(7),
    ]
    answer = await import_(mixed)

    assert (answer.received_count, answer.imported_count, answer.refused_count) == (6, 3, 3)
    assert [(refusal.index, refusal.reason) for refusal in answer.refusals] == [
        (2, "CALLER_NOT_ALLOWED"),
        (3, "REQUEST_INVALID"),
        (4, "CITIZEN_EXISTS"),
    ]
    assert len(world.dump()["citizens"]) == 3
