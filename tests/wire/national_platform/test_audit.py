"""AuditService.Export: the platform's whole state, as its parties have met it over the wire."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from tests.wire import people, people_channels, people_codes, people_family, people_life
from tests.wire import people_services as services
from tests.wire.canary import LI, ZHANG, Canary
from tests.wire.people import (
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    FACE,
    NANTONG,
    TEXT_MESSAGE,
    UNLINK,
    World,
    person,
    refused,
)
from tests.wire.people_audit import export, joined, rows_of, told

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.event.v1 import event_pb2
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import audit_service_pb2 as audit
from essc.record.v1 import record_service_pb2 as records
from essc.registry.v1 import physical_card_pb2
from essc.settlement.v1 import order_pb2

TEMPORARILY_LOST = physical_card_pb2.PHYSICAL_CARD_STATUS_TEMPORARILY_LOST


def key_of(whole: audit.ExportResponse, someone: people.Person) -> str:
    """A person's key in a snapshot."""
    (key,) = [each.citizen for each in whole.citizens if each.id_number == someone.id_number]
    return key


def of(rows: Any, key: str) -> list[Any]:
    """A person's rows."""
    return [row for row in rows if row.citizen == key]


async def test_it_begins_with_a_header_and_ends_with_the_count(world: World) -> None:
    await world.citizen(1)

    first, *between, last = await told(world.lab.peer)

    assert first.header.party_id == people.PLATFORM_ID
    assert first.header.is_platform
    assert first.header.HasField("time")
    assert not first.header.cursor
    assert last.row_count == rows_of(joined(between)) > 0
    assert not any(each.HasField("header") or each.HasField("row_count") for each in between)


async def test_people_and_their_cards_are_as_the_bureau_knows_them(world: World) -> None:
    bank = await world.channel("bank")
    zhang, wang = await world.citizen(1), await world.citizen(2)
    await people_life.open_account(world, zhang)
    await people_family.register_recipient(world, zhang)
    await bank.apply(zhang)
    await world.report_loss(await people_life.newest_card(world, zhang), formal=False)
    await world.cancel_citizen(wang)

    whole = await export(world.lab.peer)

    seen = (await people_life.seen_by_bureau(world, zhang)).physical_cards[-1]
    (told_card,) = of(whole.physical_cards, key_of(whole, zhang))
    assert told_card.physical_card_id == seen.physical_card_id
    assert told_card.status == seen.status == TEMPORARILY_LOST
    assert told_card.lift_time == seen.lift_time
    assert told_card.status_time == seen.status_time
    assert (told_card.region, told_card.bank_id) == (NANTONG, people_life.BANK)
    (card,) = of(whole.cards, key_of(whole, zhang))
    assert card.physical_card_id == seen.physical_card_id
    by_number = {each.id_number: each for each in whole.citizens}
    assert by_number[zhang.id_number].is_recipient
    assert not by_number[zhang.id_number].HasField("cancel_time")
    assert by_number[wang.id_number].HasField("cancel_time")
    assert not by_number[wang.id_number].is_recipient


async def test_links_and_events_are_as_their_channels_know_them(world: World) -> None:
    bank, pond = await world.channel("bank"), await world.channel("pond", receives_new_cards=True)
    zhang = await world.citizen(1)
    kept = await pond.apply(zhang)
    gone = await bank.unlink(zhang, await bank.apply(zhang))
    newcomer = await world.enrol(person(3))
    await world.issue(newcomer, generation=3)

    whole = await export(world.lab.peer)

    by_channel = {each.channel_id: each for each in of(whole.links, key_of(whole, zhang))}
    assert by_channel["pond"].link_id == kept.link_id
    assert by_channel["pond"].state == card_pb2.Link.STATE_ACTIVE
    assert by_channel["pond"].activate_time == kept.activate_time
    assert by_channel["bank"].link_id == gone.link_id
    assert by_channel["bank"].state == card_pb2.Link.STATE_UNLINKED
    assert by_channel["bank"].unlink_time == gone.unlink_time
    assert by_channel["bank"].serial == gone.serial
    (delivered,) = of(whole.links, key_of(whole, newcomer))
    assert delivered.state == card_pb2.Link.STATE_DELIVERED
    assert not delivered.signing_key_id
    (signing,) = whole.signing_keys
    assert by_channel["pond"].signing_key_id == signing.key_id
    for channel in (bank, pond):
        feed = [each.event for each in whole.events if each.channel_id == channel.party_id]
        assert feed == await channel.feed()
        assert all(each.cursor == each.event.cursor for each in whole.events)


async def test_authentication_is_told_without_what_admits(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await bank.set_password(zhang, link)
    proof = await bank.proof(zhang, TEXT_MESSAGE, UNLINK)
    challenge = await bank.start(zhang.named, CARD_PASSWORD, CHANGE_PASSWORD)
    await refused(bank.answer(challenge, card_password="975310"))

    messages = await told(world.lab.peer)

    whole = joined(messages)
    key = key_of(whole, zhang)
    (password,) = of(whole.passwords, key)
    assert (password.version, password.wrong_tries) == (1, 1)
    assert not password.HasField("unlock_time")
    (counters,) = of(whole.counters, key)
    assert (counters.text_messages, counters.failed_faces) == (1, 0)
    unused = [each for each in of(whole.proofs, key) if not each.is_used]
    assert [(each.method, each.purpose, each.channel_id) for each in unused] == [
        (TEXT_MESSAGE, identity_pb2.PURPOSE_UNLINK, "bank")
    ]
    assert len({each.proof_key for each in whole.proofs}) == len(whole.proofs) == 4
    assert proof not in str(whole)


async def test_codes_checks_and_tickets_are_tied_by_their_keys(world: World) -> None:
    bank = await world.channel("bank")
    till = await services.a_till(world, bank, await world.citizen(1))
    hospital, clinic = await people_codes.a_verifier(world), await services.a_provider(world)
    shown = await people_codes.show(bank, till.someone, till.link)
    checked = await people_codes.scan(hospital, shown.code)
    use = (await clinic.redeem(await till.ticket())).use
    left = await till.ticket()

    whole = await export(world.lab.peer)

    (code,) = whole.codes
    (check,) = whole.checks
    assert (check.check_number, check.verifier_id) == (checked.check_number, "hospital")
    assert check.code_key == code.code_key
    assert (code.channel_id, code.serial) == ("bank", till.link.serial)
    assert code.expire_time == shown.expire_time
    by_provider = {each.provider_id: each for each in whole.tickets}
    assert by_provider["clinic"].use_id == use.use_id
    assert by_provider["clinic"].redeem_time == use.redeem_time
    assert by_provider[""].service_id == "library"
    assert not by_provider[""].use_id
    for admits in (shown.code, left):
        assert admits not in str(whole)


async def test_the_family_has_a_row_on_either_side_and_certifications_their_numbers(
    world: World,
) -> None:
    home = await people_family.a_home(world)
    mother = people_family.born(date(1950, 3, 12), 61)
    await people_family.with_card(world, mother)
    await people_family.register_recipient(world, mother)
    binding = await home.add(mother)
    await home.certify(await home.member_proof(mother, binding), binding)
    await home.remove(binding)

    whole = await export(world.lab.peer)

    own, hers = sorted(whole.bindings, key=lambda each: each.is_on_members_side)
    assert not own.is_on_members_side
    assert hers.is_on_members_side
    assert own.binding_key == hers.binding_key
    assert {own.holder, hers.holder} == {key_of(whole, home.holder)}
    assert {own.member, hers.member} == {key_of(whole, mother)}
    assert own.relation == hers.relation == people_family.PARENT
    assert own.end_time == hers.end_time
    assert own.HasField("end_time")
    (certification,) = of(whole.certifications, key_of(whole, mother))
    assert certification.is_by_binder


async def test_orders_and_books_are_as_they_were_paid(world: World) -> None:
    bank = await world.channel("bank")
    till = await services.a_till(world, bank, await world.citizen(1))
    clinic = await services.a_provider(world)
    kept, back = [await till.order(clinic) for _ in range(2)]
    for order in (kept, back):
        await till.pay(order)
        await till.settled(order)
    await clinic.refund(back)
    await till.settled(back, services.State.STATE_REFUNDED)

    whole = await export(world.lab.peer)

    by_id = {each.order_id: each for each in whole.orders}
    assert by_id[kept.order_id].state == order_pb2.Order.STATE_SETTLED
    assert by_id[back.order_id].state == order_pb2.Order.STATE_REFUNDED
    assert (by_id[kept.order_id].insurance_fen, by_id[kept.order_id].own_fen) == (7_000, 3_000)
    assert (by_id[kept.order_id].provider_id, by_id[kept.order_id].channel_id) == ("clinic", "bank")
    sums: Counter[tuple[str, int]] = Counter()
    accounts: Counter[tuple[str, str]] = Counter()
    for posting in whole.postings:
        sums[posting.order_id, posting.step] += posting.amount_fen
        accounts[posting.order_id, posting.account] += posting.amount_fen
    assert set(sums.values()) == {0}
    assert accounts[kept.order_id, "provider"] == 10_000
    assert accounts[back.order_id, "provider"] == 0
    assert max(each.step for each in whole.postings) == by_id[back.order_id].step


async def test_records_requests_and_parties_are_what_happened(world: World) -> None:
    bank, pond = await world.channel("bank"), await world.channel("pond")
    reeds = await world.channel("reeds", tier=2, parent_channel_id="pond")
    zhang = await world.citizen(1)
    application = await bank.application(zhang)
    link = (await bank.do(bank.cards.Apply, application)).link
    await bank.set_password(zhang, link)
    challenge = await bank.start(zhang.named, CARD_PASSWORD, CHANGE_PASSWORD)
    wrong = people.new_id()
    await refused(bank.answer(challenge, wrong, card_password="975310"))
    await world.suspend(pond)
    await people_channels.rotate(world)

    whole = await export(world.lab.peer)

    entries = of(whole.entries, key_of(whole, zhang))
    seen = await bank.record(link)
    assert [each.kind for each in entries] == [each.kind for each in reversed(seen)]
    assert [each.entry_time for each in entries] == [each.record_time for each in reversed(seen)]
    positions = [int(each.position) for each in entries]
    assert positions == sorted(set(positions))
    activated = [e for e in entries if e.kind == records.Record.KIND_LINK_ACTIVATED]
    assert [each.channel_id for each in activated] == ["bank"]
    by_request = {(each.caller_id, each.request_id): each for each in whole.requests}
    assert by_request["bank", application.request_id].is_accepted
    assert not by_request["bank", wrong].is_accepted
    assert by_request["bank", wrong].reason == "PASSWORD_WRONG"
    states = {each.party_id: each for each in whole.parties}
    assert states["operator"].kind == party_pb2.PARTY_KIND_OPERATOR
    assert states["bank"].channel_state == party_pb2.Channel.STATE_LIVE
    assert states["pond"].channel_state == party_pb2.Channel.STATE_SUSPENDED
    assert states[reeds.party_id].parent_channel_id == "pond"
    assert len(whole.signing_keys) == 2


async def test_a_snapshot_that_is_taken_while_others_write_is_of_one_moment(world: World) -> None:
    bank = await world.channel("bank")
    tills = [await services.a_till(world, bank, await world.citizen(place)) for place in (1, 2)]
    clinic = await services.a_provider(world)
    mother = await people_family.with_card(world, people_family.born(date(1950, 3, 12), 61))
    home = people_family.Home(bank, tills[0].someone, tills[0].link)

    async def shop(till: services.Till) -> None:
        for _ in range(6):
            await till.pay(await till.order(clinic))

    async def be_a_family() -> None:
        await home.remove(await home.add(mother))

    writing = asyncio.gather(*map(shop, tills), be_a_family())
    taken: list[audit.ExportResponse] = []
    while not writing.done():
        taken.append(await export(world.lab.peer))
    await writing
    taken.append(await export(world.lab.peer))

    assert len(taken) > 3
    assert taken[0].row_count != taken[-1].row_count
    for whole in taken:
        consistent(whole)
    assert len(taken[-1].orders) == 12


def consistent(whole: audit.ExportResponse) -> None:
    """What one commit writes is there wholly or not at all, wherever it lies."""
    assert whole.row_count == rows_of(whole)
    sums: Counter[tuple[str, int]] = Counter()
    for posting in whole.postings:
        sums[posting.order_id, posting.step] += posting.amount_fen
    assert set(sums.values()) <= {0}
    steps = {each.order_id: each.step for each in whole.orders}
    booked = {order: max(step for other, step in sums if other == order) for order, _ in sums}
    assert {order: step for order, step in steps.items() if step} == booked
    sides = defaultdict(set)
    for each in whole.bindings:
        ends = each.end_time.ToMicroseconds() if each.HasField("end_time") else None
        sides[each.binding_key].add((each.holder, each.member, each.relation, ends))
    assert all(len(said) == 1 for said in sides.values())
    assert 2 * len(sides) == len(whole.bindings)
    counted = of_kind(whole.entries, records.Record.KIND_LINK_ACTIVATED)
    assert counted == of_kind(whole.events, event_pb2.Event.KIND_LINK_ACTIVATED, lambda e: e.event)
    paid = of_kind(whole.entries, records.Record.KIND_ORDER_PAID)
    assert paid == sum(1 for each in whole.orders if each.HasField("pay_time"))


def of_kind(rows: Any, kind: int, inner: Callable[[Any], Any] = lambda row: row) -> int:
    return sum(1 for row in rows if inner(row).kind == kind)


@pytest.mark.rule("R92")
async def test_no_snapshot_tells_a_name_a_phone_or_what_admits(world: World) -> None:
    canary = Canary(world, await world.channel("bank"), await world.channel("wechat"))

    await canary.tell()
    messages: list[Message] = [*await told(world.lab.peer)]

    # An ID number says which citizen a key stands for; the lab invents them all.
    numbers = {ZHANG.id_number, LI.id_number}
    said = "\n".join(MessageToJson(each, ensure_ascii=False) for each in messages)
    assert ZHANG.id_number in said
    assert set(canary.given_away(said)) <= {
        secret for secret in canary.secrets if any(secret in number for number in numbers)
    }
    assert FACE in {each.method for each in joined(messages).proofs}  # type: ignore[arg-type]
