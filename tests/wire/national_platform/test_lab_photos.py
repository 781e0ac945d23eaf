"""R45, R94: lab photos, and what hostile bytes are; personas and magic values."""

import struct
import time
import zlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.wire.people import VOUCHED, Person, World, face, reason
from tests.wire.people_family import OF_CARD, OF_FACE, a_home, photo, with_card

from essc.authority.v1 import authority_service_pb2 as authority
from essc.authority.v1 import authority_service_pb2_grpc as authority_grpc
from essc.errors.v1 import error_reason_pb2
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc_platform.core.reasons import Reason
from essc_platform.lab.magic import magic_values, provokes
from essc_platform.lab.personas import PERSONAS
from essc_platform.lab.photos import PHOTO_BYTES_MAX, Shown, read_photo, take_photo
from essc_wire.id_numbers import is_synthetic, is_synthetic_phone, is_well_formed

SHOWN = Shown("990000198503120019", OF_CARD)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
BY_ID = {each.persona_id: each for each in PERSONAS}


def as_person(persona_id: str) -> Person:
    each = BY_ID[persona_id]
    return Person(each.name, each.id_number, each.phone)


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack("!I", len(content))
        + kind
        + content
        + struct.pack("!I", zlib.crc32(kind + content))
    )


# --- photos ----------------------------------------------------------------------------------


def test_a_photo_is_a_small_png_and_no_two_are_alike() -> None:
    one, other = take_photo(SHOWN), take_photo(SHOWN)

    assert one != other
    assert one.startswith(SIGNATURE)
    assert len(one) < 1000
    assert read_photo(one) == read_photo(other) == SHOWN


def test_any_changed_byte_makes_a_photo_unreadable() -> None:
    good = take_photo(SHOWN)

    for place in range(len(good)):
        changed = bytearray(good)
        changed[place] ^= 1
        assert read_photo(bytes(changed)) is None, place


def test_a_photo_with_something_behind_it_is_unreadable() -> None:
    """Else the same photo would be another one each time it is used."""
    assert read_photo(take_photo(SHOWN) + b"1") is None


def test_another_text_under_the_same_signature_is_unreadable() -> None:
    good = take_photo(SHOWN)
    at = good.index(b"tEXt") - 4
    (length,) = struct.unpack("!I", good[at : at + 4])
    text = good[at + 8 : at + 8 + length].replace(b"0019 1", b"0019 2")

    assert read_photo(good[:at] + chunk(b"tEXt", text) + good[at + 12 + length :]) is None


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None, database=None)
def test_junk_is_unreadable(junk: bytes) -> None:
    good = take_photo(SHOWN)

    assert read_photo(junk) is None
    assert read_photo(SIGNATURE + junk) is None
    assert read_photo(good[: len(good) // 2] + junk) is None


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        SIGNATURE,
        SIGNATURE + b"\xff" * 12,
        SIGNATURE + chunk(b"IHDR", struct.pack("!2I5B", 1 << 30, 1 << 30, 8, 0, 0, 0, 0)),
        # A picture of zeros that would be a hundred megabytes, and a text that would be ten.
        SIGNATURE
        + chunk(b"IHDR", struct.pack("!2I5B", 1 << 14, 1 << 14, 8, 0, 0, 0, 0))
        + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"0" * 10_000_000, 9))
        + chunk(b"IDAT", zlib.compress(b"0" * 50_000_000, 9))
        + chunk(b"IEND", b""),
        b"\0" * PHOTO_BYTES_MAX,
        SIGNATURE + chunk(b"tEXt", b"a\0b") * 6_000,
        take_photo(SHOWN) + b"\0" * (PHOTO_BYTES_MAX + 1),
    ],
    ids=[
        "nothing",
        "a signature",
        "an endless chunk",
        "a giant head",
        "a bomb",
        "zeros",
        "many chunks",
        "too large",
    ],
)
def test_a_hostile_file_is_unreadable_at_once(hostile: bytes) -> None:
    began = time.perf_counter()

    assert read_photo(hostile) is None
    assert time.perf_counter() - began < 1


@pytest.mark.rule("R45")
async def test_the_authority_tells_what_a_photo_shows(world: World) -> None:
    zhang, li = as_person("zhang-san"), as_person("li-si")
    of_zhang = await photo(world, zhang)

    verdict = authority.JudgePhotoResponse.Verdict.Name
    assert verdict(await judged(world, zhang, of_zhang)) == "VERDICT_PASSED"
    assert verdict(await judged(world, zhang, of_zhang, OF_FACE)) == "VERDICT_MISMATCH"
    assert verdict(await judged(world, li, of_zhang)) == "VERDICT_MISMATCH"
    assert verdict(await judged(world, zhang, b"no photo")) == "VERDICT_UNREADABLE"


async def judged(
    world: World,
    someone: Person,
    image: bytes,
    kind: "authority.PhotoKind.ValueType" = OF_CARD,
) -> "authority.JudgePhotoResponse.Verdict.ValueType":
    stub = authority_grpc.PhotoServiceStub(world.lab.peer.channel)
    request = authority.JudgePhotoRequest(person=someone.named.person, kind=kind, photo=image)
    answer: authority.JudgePhotoResponse = await world.lab.do(stub.JudgePhoto, request)
    return answer.verdict


# --- personas and magic values ---------------------------------------------------------------

# What does not depend on who a person is: callers, requests, the platform, parties, services, and
# states that anybody can be led into by the very calls that then meet them.
OF_NO_PERSON = (
    "CALLER",
    "CHANNEL_",
    "TOKEN",
    "REQUEST",
    "MESSAGE_TOO",
    "DEADLINE",
    "CURSOR",
    "PAGE",
    "CHALLENGE",
    "PROOF",
    "METHOD",
    "CONSENT",
    "LINK_",
    "LEVEL",
    "PLATFORM",
    "CHANGES",
    "STORE",
    "AUTHORITY",
    "INTERNAL",
    "PARTY",
    "SIGNING",
    "DEVICE",
    "CODE_",
    "CHECK",
    "NOTICE",
    "SERVICE",
    "TICKET",
    "USE_",
    "ORDER_",
    "PASSWORD_SET",
    "PASSWORD_NEEDED",
    "SESSION",
    "ACCOUNT",
    "FLOW",
    "STEP",
    "ANSWER",
    "ID_NUMBER",
    "FAULT_",
)


@pytest.mark.rule("R94")
def test_every_refusal_that_depends_on_a_person_has_a_persona_or_a_value() -> None:
    known = {each.effect for each in magic_values()}
    reasons = {
        name.removeprefix("ERROR_REASON_")
        for name, number in error_reason_pb2.ErrorReason.items()
        if number
    }

    missing = {each for each in reasons - known if not each.startswith(OF_NO_PERSON)}
    assert missing == set()


@pytest.mark.rule("R94")
def test_an_effect_is_a_reason_or_one_of_two_others() -> None:
    others = {each.effect for each in magic_values()} - {each.value for each in Reason}

    assert others == {"ORDER_UNPAID", "MESSAGE_LOST"}


@pytest.mark.rule("R94")
def test_every_persona_is_invented_and_another_person() -> None:
    assert all(is_well_formed(each.id_number) for each in PERSONAS)
    assert all(is_synthetic(each.id_number) for each in PERSONAS)
    assert all(is_synthetic_phone(each.phone) for each in PERSONAS)
    for facts in ("persona_id", "id_number", "phone", "name"):
        assert len({getattr(each, facts) for each in PERSONAS}) == len(PERSONAS)


@pytest.mark.rule("R94")
async def test_the_lab_lists_personas_and_magic_values_in_order(world: World) -> None:
    personas = world.lab.personas
    people = await world.lab.do(personas.ListPersonas, lab.ListPersonasRequest())
    values = await world.lab.do(personas.ListMagicValues, lab.ListMagicValuesRequest())

    ids = [each.persona_id for each in people.personas]
    keys = [(each.kind, each.value) for each in values.values]
    assert ids == sorted(BY_ID)
    assert keys == sorted(keys)
    assert all(each.effect and each.text_en and each.text_zh for each in values.values)
    ma = next(each for each in people.personas if each.persona_id == "ma-yi")
    assert [each.member_id for each in ma.bindings] == ["lin-guoqiang"]


def birth(persona_id: str) -> date:
    number = BY_ID[persona_id].id_number
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


@pytest.mark.rule("R94")
def test_the_young_personas_are_as_old_as_their_texts_say() -> None:
    assert birth("zhou-xiaoyu") == date(2011, 6, 15)
    assert birth("wu-xiaochen") == date(2014, 1, 1)
    assert birth("zhang-xiaobao") == date(2018, 5, 1)


@pytest.mark.rule("R22", "R94")
async def test_a_persona_without_luck_never_passes_the_face(world: World) -> None:
    bank = await world.channel("bank")
    met = {}
    for persona_id in ("shen-ying", "han-jing"):
        someone = await with_card(world, as_person(persona_id))
        challenge = await bank.start(
            someone.named, identity_pb2.METHOD_FACE, identity_pb2.PURPOSE_APPLY
        )
        met[persona_id] = await reason(
            bank.answer(challenge, face_capture=face(someone, challenge))
        )

    assert met == {"shen-ying": "FACE_MISMATCH", "han-jing": "LIVENESS_FAILED"}


@pytest.mark.rule("R45", "R94")
async def test_a_persona_without_luck_never_passes_a_photo(world: World) -> None:
    bank = await a_home(world)
    met = {}
    for persona_id in ("feng-wu", "cao-ming"):
        someone = await with_card(world, as_person(persona_id))
        met[persona_id] = await reason(bank.add(someone))

    assert met == {"feng-wu": "PHOTO_UNREADABLE", "cao-ming": "PHOTO_MISMATCH"}


@pytest.mark.rule("R94")
async def test_a_persona_without_luck_never_gets_a_text_message(world: World) -> None:
    bank = await world.channel("bank")
    someone = await with_card(world, as_person("peng-yuan"))

    await bank.start(someone.named, identity_pb2.METHOD_TEXT_MESSAGE, identity_pb2.PURPOSE_APPLY)

    assert await world.texts(someone) == []
    assert len(await bank.proof(someone, VOUCHED, identity_pb2.PURPOSE_APPLY)) == 32


@pytest.mark.rule("R94")
def test_the_bank_of_one_persona_refuses() -> None:
    refused = [each.persona_id for each in PERSONAS if provokes(each.id_number, "ORDER_UNPAID")]

    assert refused == ["luo-wen"]
