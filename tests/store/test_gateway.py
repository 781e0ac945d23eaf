"""Every record comes back from the store as it went in."""

import sqlite3
from dataclasses import replace
from typing import get_args

import pytest
from tests.store import codes, services, stories
from tests.store.stories import LI, NOON, ZHANG

from essc_platform.core.records import (
    BankAccount,
    Binding,
    CancelCause,
    Challenge,
    Change,
    Channel,
    Citizen,
    CitizenKey,
    Counters,
    Entry,
    EntryKind,
    LinkState,
    Membership,
    Method,
    Party,
    PartyKey,
    PartyKind,
    Password,
    PhotoUse,
    PhysicalCardStatus,
    Purpose,
    Recipient,
    Relation,
    VerifierClass,
)
from essc_platform.core.snapshot import PREFIX_LENGTHS, many, one
from essc_platform.store.gateway import EventLine, load, save
from essc_platform.store.rows import MAPPINGS
from essc_platform.store.views import entries_before

# The widest numbers that ids and keys can hold.
WIDE = CitizenKey(1023, (1 << 63) - 1)
TAIL = (1 << 48) - 1

BARE_LINK = stories.link(
    ZHANG,
    "wechat",
    state=LinkState.DELIVERED,
    deliver_time=NOON,
    activate_time=None,
    licence=None,
)
CHALLENGE = next(each for each in stories.seeds() if isinstance(each, Challenge))
PROOF = stories.proof(ZHANG, "bank", Purpose.APPLY, Method.FACE)

ENDED = Binding(
    holder=WIDE, number=TAIL, member=LI, relation=Relation.OTHER, add_time=NOON, end_time=NOON
)

RECORDS: list[Change] = [
    *stories.bound(),
    ENDED,
    Membership(
        member=WIDE,
        holder=WIDE,
        number=TAIL,
        relation=Relation.SPOUSE,
        add_time=NOON,
        end_time=NOON,
    ),
    PhotoUse(bucket=1023, digest="f" * 32, citizen=WIDE),
    stories.certification(ZHANG),
    replace(stories.certification(WIDE), number=TAIL, is_by_binder=True),
    stories.citizen(ZHANG),
    replace(stories.citizen(WIDE), cancel_time=NOON, cancel_cause=CancelCause.EMIGRATION),
    stories.physical_card(ZHANG),
    stories.physical_card(
        WIDE, number=TAIL, status=PhysicalCardStatus.TEMPORARILY_LOST, lift_time=NOON
    ),
    stories.card(ZHANG),
    stories.card(WIDE, physical_card=TAIL, is_expiry_noted=True),
    BARE_LINK,
    stories.link(WIDE, "bank", number=TAIL, serial=1 << 40, unlink_time=NOON),
    Password(key=ZHANG, hash="hash", version=1, change_time=NOON),
    Password(key=WIDE, hash="h", version=9, change_time=NOON, wrong_tries=5, unlock_time=NOON),
    Counters(key=ZHANG, day=20_000, text_messages=10, failed_faces=3),
    Counters(key=WIDE, day=0),
    CHALLENGE,
    replace(CHALLENGE, citizen=WIDE, number=TAIL, is_answered=True, tries_left=0),
    replace(CHALLENGE, citizen=WIDE, account_open_time=NOON),
    PROOF,
    replace(PROOF, citizen=WIDE, number=TAIL, is_used=True),
    replace(PROOF, citizen=WIDE, account_open_time=NOON),
    stories.party("bank"),
    Party(
        key="bureau",
        kind=PartyKind.BUREAU,
        display_name="局 two",
        regions=("320500", "320600"),
        register_time=NOON,
    ),
    Party(
        key="hospital",
        kind=PartyKind.VERIFIER,
        display_name="医院",
        regions=("320500",),
        register_time=NOON,
        verifier_class=VerifierClass.HOSPITAL,
    ),
    Party(
        key="library",
        kind=PartyKind.PROVIDER,
        display_name="图书馆",
        regions=(),
        register_time=NOON,
        service_ids=("library", "tourism"),
        verifier_ids=("gate-1", "gate-2"),
    ),
    PartyKey(party="bank", key_id="k1", public_key=bytes(range(32))),
    PartyKey(party="bank", key_id="k.2_-", public_key=bytes(32), is_removed=True),
    stories.channel_record("bank"),
    replace(stories.channel_record("alipay"), vouch_kinds=()),
    replace(stories.channel_record("wechat"), vouch_kinds=(1, 2, 3, 4), bank_id="citybank"),
    stories.bank_account(ZHANG),
    BankAccount(
        citizen=WIDE,
        physical_card=TAIL,
        bank_id="b-2",
        reserved_phone="11100000000",
        open_time=NOON,
        close_time=NOON + 1,
    ),
    Recipient(key=WIDE, register_time=NOON),
    *codes.RECORDS,
    *services.RECORDS,
    replace(
        stories.channel_record("pond"),
        tier=2,
        parent="wechat",
        shows_all_channels=True,
    ),
    stories.SIGNING_KEY,
    replace(stories.SIGNING_KEY, key_id="k.2_-", sign_time=NOON + 1, compromise_time=NOON + 2),
]


def test_there_is_a_round_trip_for_every_record_type() -> None:
    assert {type(record) for record in RECORDS} == set(MAPPINGS) == set(get_args(Change))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_went_in(record: Change) -> None:
    kind, key = type(record), record.key

    with stories.memory([record]) as connection:
        found = load(connection, {one(kind, key)}).view(frozenset({one(kind, key)})).one(kind, key)

    assert found == record
    assert type(found.key) is type(key)


def test_what_is_not_there_is_known_to_be_absent() -> None:
    reads = frozenset({one(record, key) for record, key in ((Citizen, LI), (Channel, "pond"))})

    with stories.memory([]) as connection:
        view = load(connection, reads).view(reads)

    assert view.one(Citizen, LI) is None
    assert view.one(Channel, "pond") is None


@pytest.mark.parametrize("kind", PREFIX_LENGTHS, ids=lambda kind: kind.__name__)
def test_what_lies_under_a_prefix_comes_back_and_nothing_else(kind: type[Change]) -> None:
    records = [each for each in stories.seeds() if type(each) is kind]
    length = PREFIX_LENGTHS[kind]
    prefix = records[0].key[:length]
    reads = frozenset({many(kind, prefix), many(kind, ("nothing", 0)[:length])})

    with stories.memory() as connection:
        view = load(connection, reads).view(reads)

    wanted = [each for each in records if each.key[:length] == prefix]
    assert view.many(kind, prefix) == tuple(sorted(wanted, key=lambda each: each.key))
    assert view.many(kind, ("nothing", 0)[:length]) == ()


def test_the_last_change_of_a_key_wins() -> None:
    first, last = stories.link(ZHANG, "bank"), stories.link(ZHANG, "bank", serial=2, licence=None)

    with stories.memory([first, last]) as connection:
        rows = connection.driver.execute("SELECT serial, payload FROM links").fetchall()
        stories.put(connection, [first])
        again = connection.driver.execute("SELECT serial, payload FROM links").fetchall()

    assert rows == [(2, None)]
    assert again == [(1, b"payload")]


def test_a_thousand_keys_are_one_statement() -> None:
    keys = [CitizenKey(bucket, 1) for bucket in range(1000)]
    reads = frozenset(one(Citizen, key) for key in keys)

    with stories.memory(map(stories.citizen, keys)) as connection:
        view = load(connection, reads).view(reads)
        statements = len(connection.statements)

    assert all(view.one(Citizen, key) for key in keys)
    assert statements == 1


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 33, 64, 65, 1023, 1024, 1025, 2050])
def test_every_key_is_found_however_many_are_asked_for(count: int) -> None:
    keys = [CitizenKey(bucket % 1024, bucket // 1024) for bucket in range(2050)]
    reads = frozenset(one(Citizen, key) for key in keys[:count])

    with stories.memory(map(stories.citizen, keys)) as connection:
        view = load(connection, reads).view(reads)

    assert [view.one(Citizen, key) for key in keys[:count]] == list(
        map(stories.citizen, keys[:count])
    )


def test_batches_of_many_sizes_are_asked_for_with_few_texts() -> None:
    keys = [CitizenKey(bucket, 1) for bucket in range(512)]

    with stories.memory([]) as connection:
        for count in range(1, 513):
            load(connection, [one(Citizen, key) for key in keys[:count]])
        texts = set(connection.statements)

    # One for each length up to 8, then four up to each power of two: what the driver keeps.
    assert len(texts) == 8 + 4 * 6


@pytest.mark.rule("R93")
def test_the_record_is_append_only_and_comes_newest_first_in_pages() -> None:
    entries = [
        (place, Entry(citizen=ZHANG, kind=EntryKind(place), at=NOON + place, channel="bank"))
        for place in range(1, 8)
    ]

    with stories.memory([]) as connection:
        with connection.transaction():
            save(connection, [], entries, [], [])
        first = entries_before(connection, ZHANG, 1 << 62, 5)
        rest = entries_before(connection, ZHANG, first[-1][0], 5)
        with pytest.raises(sqlite3.IntegrityError), connection.transaction():
            save(connection, [], entries[:1], [], [])

    assert first + rest == list(reversed(entries))


def test_two_events_of_a_channel_never_share_a_place() -> None:
    line = EventLine(bucket=7, channel="bank", position=5, body=b"a")

    with stories.memory([]) as connection:
        save(connection, [], [], [line], [])

        with pytest.raises(sqlite3.IntegrityError):
            save(connection, [], [], [line], [])
