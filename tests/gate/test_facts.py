"""What a history tells of a message, and what it never tells."""

import json
from datetime import date
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.wire import people
from tests.wire.canary import LI, ZHANG, Canary
from tests.wire.people import a_world

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.channel.v1 import channel_service_pb2 as channel
from essc.channel.v1.channel_pb2 import FLOW_KIND_APPLY, Answer, Flow, FormAnswer, Step
from essc.code.v1 import verification_service_pb2 as codes
from essc.identity.v1 import identity_service_pb2 as identity
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.id_numbers import synthetic
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, proto_status
from essc_wire.times import to_timestamp
from essc_workbench.history.facts import FACTS_MAX, FactReader, People
from essc_workbench.history.methods import methods

KEY = b"a key of the tests"
WANG = synthetic(date(1973, 9, 19), 909)
DIGEST = r"proof#[0-9a-f]{8}"


def reader(**people: str) -> FactReader:
    known = People()
    for alias, what in people.items():
        known.add(alias.replace("_", "-"), what)
    return FactReader(KEY, known)


def test_ids_go_as_they_are_enums_by_name_and_times_as_microseconds() -> None:
    link = card_pb2.Link(link_id="ab" * 16, serial=2, state=card_pb2.Link.STATE_ACTIVE)
    link.activate_time.CopyFrom(to_timestamp(1_800_000_000_000_007))

    told = reader().read(cards.ApplyResponse(link=link))

    assert told.facts == {
        "link.link_id": "ab" * 16,
        "link.serial": 2,
        "link.state": "STATE_ACTIVE",
        "link.activate_time": 1_800_000_000_000_007,
    }
    assert told.ids == ["ab" * 16]


def test_a_secret_goes_by_a_digest_that_is_the_same_in_every_field() -> None:
    unlink = reader().read(cards.UnlinkRequest(link_id="ab", proof="open sesame"))
    apply = reader().read(cards.ApplyRequest(identity_proof="open sesame", region="320600"))
    other = reader().read(cards.UnlinkRequest(link_id="ab", proof="open barley"))

    assert unlink.facts["proof"] == apply.facts["identity_proof"]
    assert str(unlink.facts["proof"]).startswith("proof#")
    assert unlink.facts["proof"] != other.facts["proof"]
    assert apply.facts["region"] == "320600"


def test_what_admits_somebody_is_remembered_to_be_looked_for() -> None:
    facts = reader()

    facts.read(codes.CheckCodeRequest(code="a-code-that-admits"))
    facts.read(channel.AnswerStepRequest(answer=Answer(text_code="123456")))
    facts.read(channel.SignInResponse(session="a-session-of-somebody"))

    assert facts.admitting == {"a-code-that-admits", "a-session-of-somebody"}


def test_another_run_has_other_digests() -> None:
    request = cards.UnlinkRequest(proof="open sesame")

    one = FactReader(b"one", People()).read(request)
    two = FactReader(b"two", People()).read(request)

    assert one.facts["proof"] != two.facts["proof"]


def test_a_person_goes_by_an_alias_or_not_at_all() -> None:
    request = registry.RegisterCitizenRequest(name="王百灵", id_number=WANG, phone="11199009900")

    known = reader(wang=WANG).read(request)
    unknown = reader().read(request)

    assert known.facts == {"id_number": "wang"}
    assert known.citizens == ["wang"]
    assert unknown.facts == {}
    assert unknown.citizens == []


def test_what_is_typed_into_a_form_names_a_citizen_and_is_not_told() -> None:
    form = FormAnswer(values={"name": "王百灵", "id_number": WANG})
    request = channel.AnswerStepRequest(flow_id="f", step_id="s", answer=Answer(form=form))

    told = reader(wang=WANG).read(request)

    assert told.facts == {"flow_id": "f", "step_id": "s"}
    assert told.citizens == ["wang"]


def test_what_has_the_form_of_an_id_number_is_not_told_even_as_an_id() -> None:
    request = cards.GetCardRequest(link_id=WANG)

    told = reader().read(request)

    assert WANG not in str(told.facts)
    assert str(told.facts["link_id"]).startswith("link_id#")
    assert told.ids == []


def test_free_text_is_left_out_and_an_overlong_id_is_digested() -> None:
    step = Step(step_id="x" * 129, last_reason="FACE_MISMATCH")
    step.lines.lines.add().text.zh = "张三的记录"

    told = reader().read(Flow(flow_id="f", kind=FLOW_KIND_APPLY, step=step))

    assert str(told.facts["step.step_id"]).startswith("step_id#")
    assert told.facts["step.last_reason"] == "FACE_MISMATCH"
    assert told.facts["kind"] == "FLOW_KIND_APPLY"
    assert "张三" not in str(told.facts)


def test_a_signed_card_goes_by_one_digest_and_its_key() -> None:
    signed = card_pb2.SignedCard(payload=b"of Zhang San", signature=b"s", key_id="key-1")

    told = reader().read(cards.GetCardResponse(signed_card=signed))

    assert set(told.facts) == {"signed_card", "signed_card.key_id"}
    assert str(told.facts["signed_card"]).startswith("signed_card#")


def test_a_refusal_inside_an_answer_goes_by_its_reason() -> None:
    status = proto_status(Refusal("CODE_NOT_FOUND"), PLATFORM_DOMAIN)
    result = codes.BatchCheckCodesResponse.Result(refusal=status)

    told = reader().read(codes.BatchCheckCodesResponse(results=[result]))

    assert told.facts == {"results.0.refusal.reason": "CODE_NOT_FOUND"}


def test_the_facts_of_one_message_are_bounded() -> None:
    links = [card_pb2.Link(link_id=f"{number:032x}") for number in range(FACTS_MAX + 7)]
    items = [cards.ListLinksResponse.Item(link=link) for link in links]

    told = reader().read(cards.ListLinksResponse(items=items))

    assert len(told.facts) == 401
    assert told.facts["left_out"] == 7


def test_every_method_of_the_contract_is_known_by_its_path() -> None:
    unlink = methods()["essc.card.v1.CardService/Unlink"]
    watch = methods()["essc.event.v1.EventService/WatchEvents"]

    assert unlink.request is cards.UnlinkRequest
    assert unlink.changes_something
    assert unlink.names == (
        "Unlink",
        "CardService/Unlink",
        "essc.card.v1.CardService/Unlink",
    )
    assert watch.is_server_streaming
    assert not watch.changes_something
    assert methods()["essc.identity.v1.IdentityService/StartChallenge"].request is (
        identity.StartChallengeRequest
    )


@pytest.mark.rule("R92")
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_nothing_that_a_story_full_of_mistakes_says_gives_anybody_away(
    tmp_path: Path, known: bool
) -> None:
    who = People()
    if known:
        for alias, person in (("canary", ZHANG), ("nightingale", LI)):
            who.add(alias, person.name, person.id_number, person.phone)
    facts = FactReader(KEY, who)
    said: list[str] = []

    def heard(request: Message, answer: Message | None) -> None:
        for message in (request, answer) if answer is not None else (request,):
            told = facts.read(message)
            said.append(json.dumps([told.facts, told.citizens, told.ids], ensure_ascii=False))

    async with a_world(tmp_path / "platform") as world:
        canary = Canary(world, await world.channel("bank"), await world.channel("wechat"))
        people.LISTENERS.append(heard)
        try:
            await canary.tell()
        finally:
            people.LISTENERS.remove(heard)

    assert len(said) > 100
    assert canary.secrets >= {ZHANG.name, LI.id_number, ZHANG.phone}
    assert canary.given_away("\n".join(said)) == []
    assert ("nightingale" in "".join(said)) is known
