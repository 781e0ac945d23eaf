"""Every table, every column. The bucket is the first key column of all that belongs to a citizen.

Nothing here needs what a distributed engine lacks: no sequences as keys, no foreign keys, no unique
constraint across buckets. Times are microseconds since 1970 UTC.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

SCHEMA_VERSION = 1

metadata = MetaData()


def _citizen_key() -> tuple[Column[int], Column[int]]:
    return (
        Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
        Column("citizen", BigInteger, primary_key=True, autoincrement=False),
    )


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    # Rows lie in key order, so what belongs to one citizen lies together.
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


citizens = _table(
    "citizens",
    *_citizen_key(),
    Column("id_number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("register_time", BigInteger, nullable=False),
    Column("cancel_time", BigInteger),
)

physical_cards = _table(
    "physical_cards",
    *_citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("region", Text, nullable=False),
    Column("generation", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("issue_time", BigInteger, nullable=False),
    Column("status_time", BigInteger, nullable=False),
    Column("lift_time", BigInteger),
    Index(
        "physical_cards_to_lift",
        "lift_time",
        "bucket",
        "citizen",
        sqlite_where=text("lift_time IS NOT NULL"),
        postgresql_where=text("lift_time IS NOT NULL"),
    ),
)

cards = _table(
    "cards",
    *_citizen_key(),
    Column("physical_card", BigInteger, nullable=False),
    Column("issue_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("is_expiry_noted", Boolean, nullable=False),
    Index(
        "cards_to_expire",
        "expire_time",
        "bucket",
        "citizen",
        sqlite_where=text("is_expiry_noted = 0"),
        postgresql_where=text("NOT is_expiry_noted"),
    ),
)

links = _table(
    "links",
    *_citizen_key(),
    Column("channel", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("deliver_time", BigInteger),
    Column("activate_time", BigInteger),
    Column("unlink_time", BigInteger),
    Column("payload", LargeBinary),
    Column("signature", LargeBinary),
    Column("key_id", Text),
    Index("links_of_channel", "channel", "bucket", "citizen"),
)

passwords = _table(
    "passwords",
    *_citizen_key(),
    Column("hash", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("change_time", BigInteger, nullable=False),
    Column("wrong_tries", SmallInteger, nullable=False),
    Column("unlock_time", BigInteger),
)

counters = _table(
    "counters",
    *_citizen_key(),
    Column("day", Integer, nullable=False),
    Column("text_messages", SmallInteger, nullable=False),
    Column("failed_faces", SmallInteger, nullable=False),
)

challenges = _table(
    "challenges",
    *_citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("purpose", SmallInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("tries_left", SmallInteger, nullable=False),
    Column("is_answered", Boolean, nullable=False),
    Index("challenges_by_end", "expire_time"),
)

proofs = _table(
    "proofs",
    *_citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("purpose", SmallInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("is_used", Boolean, nullable=False),
    Column("password_version", Integer),
    Index("proofs_by_end", "expire_time"),
)

parties = _table(
    "parties",
    Column("party", Text, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("register_time", BigInteger, nullable=False),
)

party_keys = _table(
    "party_keys",
    Column("party", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("is_removed", Boolean, nullable=False),
)

channels = _table(
    "channels",
    Column("party", Text, primary_key=True),
    Column("channel_class", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("vouch_kinds", Text, nullable=False),
    Column("receives_new_cards", Boolean, nullable=False),
    Column("state_time", BigInteger, nullable=False),
)

# The request ledger lies in the bucket of its own key: the same id with other content, about
# another citizen, must meet the first one.
requests = _table(
    "requests",
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("request", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answer", LargeBinary),
    Column("rejection", Text),
    Index("requests_by_time", "at"),
)

events = _table(
    "events",
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Index("events_of_channel", "channel", "position"),
)

entries = _table(
    "entries",
    *_citizen_key(),
    Column("position", BigInteger, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("is_by_bureau", Boolean, nullable=False),
)

signing_keys = _table(
    "signing_keys",
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("create_time", BigInteger, nullable=False),
)

# Facts about the store itself: schema version, platform id, clock offset.
facts = _table(
    "facts",
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
