"""R11, as it is written: after any unlink in channel A, accepted or refused, every answer that
channel B gets equals its answer in the same run without it, but for record entries marked *another
channel* and the citizen's national try counters. What other commands may change for B is marked
national in the contract.

A story is told twice, on two platforms with the same master key: with A's unlinks, and without
them. A proves each unlink by face, which no try counter counts, so there is nothing to forgive
there. After its first unlink of a person, A no longer does for that person what needs a link and
is national, or is counted nationally: with the link gone it could not, and what it then changed or
not would be another command's doing.
"""

import asyncio
import shutil
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.contract.test_comments import CONTRACT
from tests.wire import people
from tests.wire.people import (
    ACCEPT_DELIVERY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    CONSENT,
    DAY,
    FACE,
    FIND_LINK,
    OTHER_PASSWORD,
    PASSWORD,
    PLATFORM_ID,
    SET_PASSWORD,
    SUZHOU,
    UNLINK,
    VOUCHED,
    Caller,
    Channel,
    Person,
    World,
    checked,
    config,
    person,
    world_of,
)
from tests.wire.people_codes import a_verifier, bind, look, scan, show
from tests.wire.people_family import Home, register_recipient
from tests.wire.people_life import open_account, raise_level
from tests.wire.people_services import Provider, Till, a_provider

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.family.v1 import family_service_pb2 as family
from essc.options.v1 import options_pb2
from essc.password.v1 import password_service_pb2 as passwords
from essc.record.v1 import record_service_pb2 as records
from essc.settlement.v1 import payment_service_pb2 as payments
from essc_platform.making import initialise
from essc_platform.server import start
from essc_platform.vault import FILE_NAME

pytestmark = pytest.mark.rule("R11")

A, OTHERS = "wechat", ("alipay", "bank")
Step = tuple[str, str, int]

THROUGH_LINK = ("set", "change", "show", "use", "pay", "raise", "certify", "remove")
IN_CHANNEL = ("apply", "unlink", "accept", "decline", "guess", "look", "scan", *THROUGH_LINK)
OF_A = ("apply", "accept", "guess", "scan", *THROUGH_LINK)
OF_BUREAU = ("lose", "lift", "issue", "wait")
UNLINKS = ("unlink", "unlink", "unlink unproved", "unlink an old serial", "unlink twice")

steps = st.one_of(
    st.tuples(st.sampled_from(IN_CHANNEL), st.sampled_from(OTHERS), st.integers(0, 1)),
    st.tuples(st.sampled_from(OF_A), st.just(A), st.integers(0, 1)),
    st.tuples(st.sampled_from(UNLINKS), st.just(A), st.integers(0, 1)),
    st.tuples(st.sampled_from(OF_BUREAU), st.just(""), st.integers(0, 1)),
)

USUAL: list[Step] = [
    ("apply", A, 0),
    ("apply", "bank", 0),
    ("set", "bank", 0),
    ("show", A, 0),
    ("show", "bank", 0),
    ("raise", A, 0),
    ("raise", "bank", 0),
    ("pay", A, 0),
    ("pay", "bank", 0),
    ("use", A, 0),
    ("use", "bank", 0),
    ("certify", "bank", 0),
    ("unlink", A, 0),
    ("scan", A, 0),
    ("scan", "bank", 0),
    ("look", "bank", 0),
    ("issue", "", 0),
    ("accept", A, 0),
    ("unlink twice", A, 0),
    ("change", "bank", 0),
    ("apply", "alipay", 0),
]


def told(story: list[Step]) -> list[Step]:
    """Leaves out what A could not do any more, see the module's docstring."""
    kept: list[Step] = []
    unlinked: set[int] = set()
    for verb, channel, who in story:
        if channel == A and verb.startswith("unlink"):
            unlinked.add(who)
        if not (channel == A and verb in THROUGH_LINK and who in unlinked):
            kept.append((verb, channel, who))
    return kept


@dataclass
class Tellings:
    """One telling of a story: what everyone but A was answered, made comparable."""

    world: World
    channels: dict[str, Channel]
    citizens: list[Person]
    verifier: Caller
    provider: Provider
    said: list[object] = field(default_factory=list)
    accepted_unlinks: int = 0
    names: dict[str, str] = field(default_factory=dict)
    codes: dict[tuple[str, int], str] = field(default_factory=dict)
    """The newest code of each person in each channel."""

    async def ask(self, channel: Channel, call: Awaitable[Any]) -> Any:
        """An answer, or None; noted unless it is A's, or about A."""
        answer, refusal = None, None
        try:
            answer = await call
        except grpc.RpcError as error:
            refusal = checked(error)
        if channel.party_id != A:
            # What A alone has heard has no name here: it differs in the two tellings.
            details = dict(refusal.details) if refusal else None
            said = (refusal.reason, self.comparable(details)) if refusal else None
            self.said.append(said or self.comparable(answer))
        return answer

    def comparable(self, answer: Any) -> object:
        """An answer with ids and times by the order of their appearance."""
        if isinstance(answer, Message):
            if isinstance(answer, card_pb2.SignedCard):
                return self.comparable(card_pb2.CardPayload.FromString(answer.payload))
            return (
                {
                    each.name: [self.comparable(v) for v in value]
                    if each.is_repeated
                    else self.comparable(value)
                    for each, value in answer.ListFields()
                    if not each.name.endswith("_token")
                }
                if answer.DESCRIPTOR.full_name.startswith("essc.")
                else self.named(answer)
            )
        if isinstance(answer, dict):
            return {
                key: self.named(value) if key.endswith("_us") else value
                for key, value in answer.items()
            }
        if isinstance(answer, list):
            return [self.comparable(each) for each in answer]
        is_id = isinstance(answer, str) and len(answer) in (32, 36)
        return self.named(answer) if is_id else answer

    def named(self, value: object) -> str:
        text = str(MessageToDict(value)) if isinstance(value, Message) else str(value)
        return self.names.setdefault(text, f"#{len(self.names)}")

    async def step(self, verb: str, channel_id: str, who: int) -> None:
        someone = self.citizens[who]
        if not channel_id:
            await self.at_bureau(verb, someone)
            return
        channel = self.channels[channel_id]
        match verb:
            case "apply":
                await self.ask(channel, channel.apply(someone))
            case "look":
                await self.look(channel, someone)
            case "scan":
                code = self.codes.get((channel_id, who), "0" * 32)
                await self.ask(channel, scan(self.verifier, code))
            case "guess":
                challenge = await self.ask(
                    channel, channel.start(someone.named, CARD_PASSWORD, CHANGE_PASSWORD)
                )
                if challenge is not None:
                    wrong = channel.answer(challenge, card_password="111222")
                    await self.ask(channel, wrong)
            case _:
                link = await self.find(channel, someone)
                if link is not None:
                    await self.in_link(verb, channel, someone, link)

    async def find(self, channel: Channel, someone: Person) -> card_pb2.Link | None:
        request = cards.FindLinkRequest(
            name=someone.name,
            id_number=someone.id_number,
            identity_proof=await channel.proof(someone, VOUCHED, FIND_LINK),
        )
        found = await self.ask(channel, channel.do(channel.cards.FindLink, request))
        return None if found is None else found.link

    async def in_link(
        self, verb: str, channel: Channel, someone: Person, link: card_pb2.Link
    ) -> None:
        both: dict[str, Any] = {"link_id": link.link_id, "serial": link.serial}
        call: Awaitable[Any]
        match verb:
            case "accept" | "decline":
                proof = await channel.proof(someone, VOUCHED, ACCEPT_DELIVERY)
                both["identity_proof"] = proof
                if verb == "accept":
                    accept = cards.AcceptDeliveryRequest(**both, consent_version=CONSENT)
                    call = channel.do(channel.cards.AcceptDelivery, accept)
                else:
                    decline = cards.DeclineDeliveryRequest(**both)
                    call = channel.do(channel.cards.DeclineDelivery, decline)
            case "set":
                set_ = passwords.SetPasswordRequest(
                    link_id=link.link_id,
                    proof=await channel.proof(someone, FACE, SET_PASSWORD),
                    new_password=PASSWORD,
                )
                call = channel.do(channel.passwords.SetPassword, set_)
            case "change":
                challenge = await self.ask(
                    channel, channel.start(someone.named, CARD_PASSWORD, CHANGE_PASSWORD)
                )
                if challenge is None:
                    return
                proof = await self.ask(channel, channel.answer(challenge, card_password=PASSWORD))
                change = passwords.ChangePasswordRequest(
                    link_id=link.link_id, proof=proof or "0" * 32, new_password=OTHER_PASSWORD
                )
                call = channel.do(channel.passwords.ChangePassword, change)
            case "show" | "certify" | "remove":
                await self.with_member(verb, channel, someone, link)
                return
            case "use" | "pay" | "raise":
                await self.with_money(verb, channel, someone, link)
                return
            case _:
                await self.unlink(verb, channel, someone, both)
                return
        await self.ask(channel, call)

    async def with_member(
        self, verb: str, channel: Channel, someone: Person, link: card_pb2.Link
    ) -> None:
        """Shows a code, certifies, or ends the binding: each for the member where there is one."""
        home = Home(channel, someone, link)
        who = self.citizens.index(someone)
        bindings = await self.ask(
            channel,
            channel.do(home.family.ListMembers, family.ListMembersRequest(link_id=link.link_id)),
        )
        binding = next(iter(bindings.bindings), None) if bindings else None
        match verb:
            case "show":
                code = await self.ask(channel, show(channel, someone, link))
                if code is not None:
                    self.codes[channel.party_id, who] = code.code
            case "certify":
                await self.ask(channel, certified(home))
            case _:
                if binding is not None:
                    await self.ask(channel, home.remove(binding))

    async def with_money(
        self, verb: str, channel: Channel, someone: Person, link: card_pb2.Link
    ) -> None:
        """Raises the level; or uses a service, is billed for it, and pays if that is told."""
        if verb == "raise":
            await self.ask(channel, raise_level(channel, someone, link))
            return
        till = Till(channel, someone, link)
        ticket = await self.ask(channel, till.ticket())
        redeemed = await self.ask(channel, self.provider.redeem(ticket or "0" * 32))
        if redeemed is None:
            return
        order = await self.ask(channel, self.provider.order(redeemed.use.use_id))
        if verb == "pay" and order is not None:
            paid = await self.ask(channel, till.pay(order))
            if paid is not None:
                await till.settled(paid)

    async def unlink(
        self, verb: str, channel: Channel, someone: Person, both: dict[str, Any]
    ) -> None:
        proof = "0" * 32
        if "unproved" not in verb:
            proof = await channel.proof(someone, FACE, UNLINK)
        if "old" in verb:
            both["serial"] += 1
        for _ in range(2 if "twice" in verb else 1):
            request = cards.UnlinkRequest(**both, proof=proof)
            answer = await self.ask(channel, channel.do(channel.cards.Unlink, request))
            if channel.party_id == A and answer is not None:
                self.accepted_unlinks += 1

    async def at_bureau(self, verb: str, someone: Person) -> None:
        try:
            first, *_ = await self.world.bureau_view(someone)
            match verb:
                case "lose":
                    await self.world.report_loss(first, formal=False)
                case "lift":
                    await self.world.lift_loss(first)
                case "issue":
                    await self.world.issue(someone, region=SUZHOU, generation=3)
                case _:
                    await self.world.advance(16 * DAY)
        except grpc.RpcError as error:
            checked(error)

    async def look(self, channel: Channel, someone: Person) -> None:
        """All that a channel can ask about a person and about itself."""
        link = await self.find(channel, someone)
        if link is not None:
            await self.ask(channel, channel.get(link))
            await self.ask(channel, self.record(channel, link))
            await self.look_around(channel, someone, link)
        await self.ask(channel, channel.links())
        await self.ask(channel, channel.feed())

    async def look_around(self, channel: Channel, someone: Person, link: card_pb2.Link) -> None:
        """All of the other nouns that hang on a link."""
        home, till = Home(channel, someone, link), Till(channel, someone, link)
        which = {"link_id": link.link_id}
        code = self.codes.get((channel.party_id, self.citizens.index(someone)), "0" * 32)
        for call in (
            look(channel, link, code),
            till.uses(page_size=50),
            channel.do(till.payments.ListOrders, payments.ListOrdersRequest(**which, page_size=50)),
            home.certified(),
            channel.do(home.family.ListMembers, family.ListMembersRequest(**which)),
            channel.do(home.family.ListBinders, family.ListBindersRequest(**which)),
            channel.do(home.family.GetPlaces, family.GetPlacesRequest(**which)),
        ):
            await self.ask(channel, call)

    async def record(self, channel: Channel, link: card_pb2.Link) -> list[records.Record]:
        elsewhere = records.Record.PLACE_ANOTHER_CHANNEL
        return [line for line in await channel.record(link) if line.place != elsewhere]


async def certified(home: Home) -> Any:
    return await home.certify(await home.own_proof())


async def tell(folder: Path, story: list[Step], master: Path | None) -> Tellings:
    """Tells a story on a fresh platform, with the master key of another one if that is named."""
    operator_key = initialise(folder, PLATFORM_ID)
    if master is not None:
        shutil.copy(master / FILE_NAME, folder / FILE_NAME)
    world = world_of(await start(config(folder)), folder, operator_key)
    try:
        await world.open()
        channels = {
            name: await world.channel(name, receives_new_cards=name != "bank")
            for name in (A, *OTHERS)
        }
        citizens = [await world.citizen(1), await world.citizen(2)]
        for someone in citizens:
            await open_account(world, someone)
            await register_recipient(world, someone)
        await bind(world, channels["bank"], *citizens)
        telling = Tellings(
            world, channels, citizens, await a_verifier(world), await a_provider(world)
        )
        for step in story:
            await telling.step(*step)
        for name in OTHERS:
            for someone in citizens:
                await telling.look(channels[name], someone)
        return telling
    finally:
        await world.close()


@given(st.lists(steps, min_size=4, max_size=14))
@example(USUAL)
@settings(max_examples=10, deadline=None, database=None)
def test_unlinking_in_one_channel_changes_no_answer_of_any_other(story: list[Step]) -> None:
    story = told(story)
    without = [step for step in story if not (step[1] == A and step[0].startswith("unlink"))]

    async def both() -> tuple[Tellings, Tellings]:
        with TemporaryDirectory() as folder:
            one, other = Path(folder) / "with", Path(folder) / "without"
            return await tell(one, story, None), await tell(other, without, one)

    first, second = asyncio.run(both())

    assert first.said == second.said
    if story == told(USUAL):
        # Else the story would not be about what it says.
        assert (first.accepted_unlinks, second.accepted_unlinks) == (3, 0)
        assert len(first.said) > 25


def test_what_another_channel_may_change_is_marked_in_the_contract() -> None:
    """Nothing else may; the property above looks at everything that is not."""
    marked = {
        f"{file.package}.{message.name}.{each.name}"
        for file in CONTRACT
        for message in file.message_type
        for each in message.field
        if each.options.Extensions[options_pb2.national]
    }

    assert marked == {
        "essc.card.v1.Card.state",
        "essc.card.v1.Card.physical_card_status",
        "essc.card.v1.Card.blocked_reason",
        "essc.card.v1.Card.masked_name",
        "essc.card.v1.Card.masked_id_number",
        "essc.card.v1.Card.region",
        "essc.card.v1.Card.issue_time",
        "essc.card.v1.Card.expire_time",
        "essc.card.v1.Card.password_is_set",
        "essc.card.v1.Card.bank_account_is_open",
        "essc.card.v1.Link.level",
        "essc.card.v1.GetCardResponse.signed_card",
        "essc.certification.v1.CertifyResponse.certification",
        "essc.certification.v1.CertifyResponse.is_new",
        "essc.certification.v1.ListCertificationsResponse.certifications",
        "essc.certification.v1.ListCertificationsResponse.next_page_token",
        "essc.code.v1.Code.state",
        "essc.family.v1.Binding.relation",
        "essc.family.v1.Binding.masked_name",
        "essc.family.v1.Binding.masked_id_number",
        "essc.family.v1.Binding.add_time",
        "essc.family.v1.Binding.end_time",
        "essc.family.v1.Binding.card",
        "essc.family.v1.Binder.relation",
        "essc.family.v1.Binder.masked_name",
        "essc.family.v1.Binder.add_time",
        "essc.family.v1.Places.used",
        "essc.family.v1.ListMembersResponse.bindings",
        "essc.family.v1.ListBindersResponse.binders",
        "essc.family.v1.GetPlacesResponse.places",
        "essc.record.v1.ListRecordsResponse.records",
        "essc.record.v1.ListRecordsResponse.next_page_token",
    }


@pytest.mark.rule("R10")
async def test_every_other_link_goes_on_as_it_was(world: World) -> None:
    """The sentence that the whole is about, once more and plainly."""
    wechat, bank = await world.channel(A), await world.channel("bank")
    zhang = await world.citizen(1)
    of_wechat, of_bank = await wechat.apply(zhang), await bank.apply(zhang)
    before = await bank.get(of_bank)

    await wechat.unlink(zhang, of_wechat)

    after = await bank.get(of_bank)
    after.read_time.CopyFrom(before.read_time)
    assert after == before
    assert after.card.state == card_pb2.Card.STATE_USABLE
    assert await people.reason(wechat.get(of_wechat)) == "LINK_NOT_ACTIVE"


@pytest.mark.rule("R13", "R12")
async def test_linking_again_begins_a_new_serial_that_old_messages_do_not_touch(
    world: World,
) -> None:
    bank, zhang = await world.channel("bank"), person(1)
    await world.citizen(1)
    first = await bank.apply(zhang)
    ended = await bank.unlink(zhang, first)
    again = cards.UnlinkRequest(link_id=first.link_id, serial=1)
    repeated = await bank.do(bank.cards.Unlink, again)

    second = await bank.apply(zhang)
    late = bank.do(bank.cards.Unlink, again_of(again))

    assert repeated.link == ended
    assert (second.link_id, second.serial) == (first.link_id, 2)
    assert await people.reason(late) == "LINK_SERIAL_OLD"
    assert (await bank.get(second)).link.state == card_pb2.Link.STATE_ACTIVE


def again_of(request: cards.UnlinkRequest) -> cards.UnlinkRequest:
    """The same message under a new id."""
    return cards.UnlinkRequest(link_id=request.link_id, serial=request.serial)
