"""Measures what citizens cost in PostgreSQL: bytes each, by table, and how deep the indexes are.

It fills a database of its own, on a server of its own, through the platform's store layer: people
with a card, then their links, channel by channel, as life brings them. Their keys lie as digests
do, all over the tables. Signed cards, events and answers are bytes of the length of real ones.

    python -I tools/store_sizes.py 20000 100000      bytes a citizen, at these numbers of citizens
    python -I tools/store_sizes.py --depth 1000000   rows copied straight in: how deep the indexes
"""

import argparse
import hashlib
import math
import time
from collections.abc import Iterable, Iterator

import psycopg

from essc_platform.core.records import (
    BankAccount,
    Card,
    Change,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Generation,
    Level,
    Licence,
    Link,
    LinkState,
    PhysicalCard,
    PhysicalCardStatus,
)
from essc_platform.store.definitions import Dialect, definitions
from essc_platform.store.gateway import EventLine, LedgerLine, RequestKey, save
from essc_platform.store.postgresql import PostgresqlConnection
from essc_workbench.postgres.databases import create
from essc_workbench.postgres.server import Server
from essc_workbench.postgres.urls import for_library

CHANNELS = ("wechat", "alipay", "bank-east", "nantong")
BATCH = 500
NOON = 1_795_533_867_923_582
YEAR = 365 * 24 * 3600 * 1_000_000
PAYLOAD, SIGNATURE, EVENT, ANSWER = 92, 64, 150, 102
"""Bytes, as a running platform makes them."""
GROUPS = {
    "what is true": ("citizens", "physical_cards", "bank_accounts", "cards", "links"),
    "the record": ("entries",),
    "events, 90 days": ("events",),
    "request ids, 30 days": ("requests",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("citizens", type=int, nargs="*", help="measure at each of these numbers")
    parser.add_argument("--depth", type=int, default=0, help="copy so many citizens in")
    arguments = parser.parse_args()
    with Server() as server:
        if arguments.citizens:
            grow(fresh(server, "sizes"), sorted(arguments.citizens))
        if arguments.depth:
            measure_depth(fresh(server, "depth"), arguments.depth)


def fresh(server: Server, name: str) -> psycopg.Connection:
    """A database with our tables and nothing in them."""
    url = server.url(name)
    create(url)
    connection = psycopg.connect(for_library(url), autocommit=True)
    connection.execute(definitions(Dialect.POSTGRESQL).encode())
    return connection


# --- bytes


def grow(driver: psycopg.Connection, sizes: list[int]) -> None:
    """Fills, and measures at each size."""
    connection = PostgresqlConnection(lambda: driver)
    first = 0
    for size in sizes:
        began = time.perf_counter()
        people = [key_of(place) for place in range(first, size)]
        for some in portions(people):
            register(connection, some)
        for channel in CHANNELS:
            for some in portions(sorted(people, key=lambda key: digest(channel, *key))):
                link_all(connection, channel, some)
        driver.execute("VACUUM ANALYZE")
        print(f"\n{size:,} citizens, {time.perf_counter() - began:.0f} s more")
        print_sizes(driver, size)
        first = size
    driver.execute("REINDEX SCHEMA public")
    print("\nwith all indexes packed")
    print_sizes(driver, sizes[-1])


def register(connection: PostgresqlConnection, people: list[CitizenKey]) -> None:
    """A batch of an import: each a person with an enabled card and its bank account."""
    changes: list[Change] = []
    entries: list[tuple[int, Entry]] = []
    requests: list[LedgerLine] = []
    for key in people:
        number = key.number & ((1 << 48) - 1)
        changes += [
            Citizen(
                key=key,
                id_number=f"990000{key.number % 10**12:012d}",
                name="测试人",
                phone=f"111{key.number % 10**8:08d}",
                register_time=NOON,
            ),
            PhysicalCard(
                citizen=key,
                number=number,
                region="320600",
                generation=Generation.THIRD,
                status=PhysicalCardStatus.NORMAL,
                issue_time=NOON,
                status_time=NOON,
            ),
            BankAccount(
                citizen=key,
                physical_card=number,
                bank_id="bank-east",
                reserved_phone=f"111{key.number % 10**8:08d}",
                open_time=NOON,
            ),
            Card(
                key=key,
                physical_card=number,
                issue_time=NOON,
                expire_time=next(POSITIONS) // 1024 + YEAR,
                is_expiry_noted=False,
            ),
        ]
        entries += [
            entry(key, kind, "", EntryPlace.BUREAU)
            for kind in (EntryKind.CITIZEN_REGISTERED, EntryKind.PHYSICAL_CARD_ISSUED)
        ]
        requests += [request("bureau", key, what) for what in ("person", "card")]
    with connection.transaction():
        save(connection, changes, entries, [], requests)


def link_all(connection: PostgresqlConnection, channel: str, people: list[CitizenKey]) -> None:
    """A batch of applications in one channel, each with a signed card."""
    changes: list[Change] = []
    entries: list[tuple[int, Entry]] = []
    events: list[EventLine] = []
    requests: list[LedgerLine] = []
    for key in people:
        signed = Licence(
            payload=bytes_of(PAYLOAD, channel, *key),
            signature=bytes_of(SIGNATURE, channel, *key),
            key_id="2bf275b6bc042f05",
        )
        link = Link(
            citizen=key,
            channel=channel,
            number=key.number & ((1 << 48) - 1),
            serial=1,
            state=LinkState.ACTIVE,
            level=Level.PAYMENT,
            activate_time=NOON,
            licence=signed,
        )
        changes.append(link)
        if channel == CHANNELS[0]:
            entries.append(entry(key, EntryKind.CARD_ISSUED, channel, EntryPlace.CHANNEL))
        entries.append(entry(key, EntryKind.LINK_ACTIVATED, channel, EntryPlace.CHANNEL))
        bucket = CHANNELS.index(channel)  # of the channel: whichever, it is one
        events.append(EventLine(bucket, channel, next(POSITIONS), bytes_of(EVENT, channel, *key)))
        requests.append(request(channel, key, "apply"))
    with connection.transaction():
        save(connection, changes, entries, events, requests)


def entry(key: CitizenKey, kind: EntryKind, channel: str, place: EntryPlace) -> tuple[int, Entry]:
    """A line of a citizen's record, at its position."""
    line = Entry(citizen=key, kind=kind, at=NOON, channel=channel, place=place)
    return next(POSITIONS), line


def request(caller: str, key: CitizenKey, what: str) -> LedgerLine:
    """A line of the ledger, in a bucket of its own."""
    drawn = digest(caller, what, *key)
    place = int.from_bytes(drawn[:2]) % 1024
    return LedgerLine(
        key=RequestKey(place, drawn[:16].hex()),
        content=drawn[16:32],
        at=NOON + next(POSITIONS) // 1000,
        answer=bytes_of(ANSWER, caller, what, *key),
        rejection=None,
        caller=caller,
        request_id=f"{drawn[:4].hex()}-0000-4000-8000-{drawn[4:10].hex()}",
    )


def print_sizes(driver: psycopg.Connection, citizens: int) -> None:
    """Bytes a citizen, of each table and of its indexes."""
    rows = driver.execute(
        "SELECT relname, reltuples, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 100 "
        "ORDER BY pg_total_relation_size(oid) DESC"
    ).fetchall()
    of_table: dict[str, float] = {}
    for name, count, table, indexes in rows:
        of_table[name] = (table + indexes) / citizens
        print(
            f"  {name:16} {count / citizens:5.2f} rows each, {of_table[name]:7.0f} bytes: "
            f"{table / citizens:6.0f} and {indexes / citizens:6.0f} in indexes"
        )
    for group, names in GROUPS.items():
        total = sum(of_table.get(name, 0) for name in names)
        print(f"  {group:28} {total:6.0f} bytes a citizen")


# --- depth


def measure_depth(driver: psycopg.Connection, citizens: int) -> None:
    """How deep each index is, with keys that lie as digests do, and would be."""
    began = time.perf_counter()
    driver.execute("CREATE EXTENSION pageinspect")
    driver.execute(COPIED.encode(), {"count": citizens})
    driver.execute(LINKED.encode(), {"channels": list(CHANNELS)})
    driver.execute("VACUUM ANALYZE")
    print(f"\n{citizens:,} citizens copied in {time.perf_counter() - began:.0f} s")
    for name, entries, pages, level, fan in driver.execute(DEPTHS).fetchall():
        later = math.ceil(math.log(pages * 1000, float(fan)))
        print(
            f"  {name:18} {entries:11,.0f} entries, {entries / pages:4.0f} a page, "
            f"{fan:4.0f} pages under an inner one: {level} levels above the leaves, "
            f"{later} at a thousand times"
        )


COPIED = """
INSERT INTO citizens
SELECT ('x' || substr(md5(n::text), 1, 4))::bit(16)::int %% 1024,
  ('x' || substr(md5(n::text), 5, 16))::bit(64)::bigint & 9223372036854775807,
  lpad(n::text, 18, '9'), '测试人', lpad(n::text, 11, '1'), n
FROM generate_series(1, %(count)s) AS n
"""
LINKED = """
INSERT INTO links (bucket, citizen, channel, number, serial, state, level, activate_time)
SELECT bucket, citizen, channel, citizen & 281474976710655, 1, 2, 2, register_time
FROM citizens, unnest(%(channels)s::text[]) AS channel
"""
DEPTHS = """
SELECT relname, reltuples, relpages, (bt_metap(relname)).level, (
  SELECT avg(live_items) FROM generate_series(1, relpages - 1) AS page, bt_page_stats(relname, page)
  WHERE type = 'i' OR (bt_metap(relname)).level = 1 AND type = 'r'
)
FROM pg_class WHERE relkind = 'i' AND relname ~ '^(citizens|links)' ORDER BY relname
"""

# --- invented bytes


def positions() -> Iterator[int]:
    """Of a hybrid clock: each in a microsecond of its own."""
    place = NOON
    while True:
        place += 1
        yield place << 10


POSITIONS = positions()


def key_of(place: int) -> CitizenKey:
    """Where a citizen lies: a digest says it."""
    drawn = digest("citizen", place)
    return CitizenKey(int.from_bytes(drawn[:2]) % 1024, int.from_bytes(drawn[2:10]) >> 1)


def digest(*parts: str | int) -> bytes:
    """The same for the same, and otherwise anything."""
    return hashlib.sha256(repr(parts).encode()).digest()


def bytes_of(length: int, *parts: str | int) -> bytes:
    """So many bytes that do not compress."""
    return hashlib.shake_128(repr(parts).encode()).digest(length)


def portions(people: Iterable[CitizenKey]) -> Iterator[list[CitizenKey]]:
    """People by the batch."""
    some = list(people)
    for begin in range(0, len(some), BATCH):
        yield some[begin : begin + BATCH]


if __name__ == "__main__":
    main()
