"""The channel's tables, every column explicit. Times are microseconds on the channel's clock.

No names, no ID numbers, no passwords, no codes, no photos: a session is a digest, a shadow holds
masks, an account holds the link it has met. What a person typed into a running flow is sealed with
a key of the phone, and what the flow has gathered is wiped when it ends.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

SCHEMA_VERSION: Final = 2

metadata: Final = MetaData()

# In the same order on both engines, whatever language a database was made for.
Text: Final = String().with_variant(String(collation="C"), "postgresql")

accounts: Final = Table(
    "accounts",
    metadata,
    Column("account", Text, primary_key=True),
    Column("link_id", Text, index=True),
    Column("displayed_serial", BigInteger, nullable=False),
    Column("looked_order", BigInteger, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("expire_time", BigInteger, nullable=False),
    Column("device", Text, nullable=False),  # as the platform knows the phone
)

flows: Final = Table(
    "flows",
    metadata,
    Column("flow_id", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("steps_taken", Integer, nullable=False),
    Column("step", Text),  # JSON, only while the flow is open
    Column("memory", Text),  # the same
    Column("sealed_draft", LargeBinary),  # the same; see docs/decisions/0015
    Index("flows_by_session", "session", "state"),
    Index("flows_by_state", "state", "expire_time"),
)

# What was answered to a request id (R91): the answer, without the card that it may have shown, and
# a keyed digest of the request.
answers: Final = Table(
    "answers",
    metadata,
    Column("session", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("content_digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("answer_time", BigInteger, nullable=False, index=True),
)


def _of_shadow() -> tuple[Column[Any], ...]:
    return (
        Column("link_id", Text, primary_key=True),
        Column("serial", BigInteger, nullable=False),
        Column("link_state", Integer, nullable=False),
        Column("level", Integer, nullable=False),
        Column("deliver_time", BigInteger),
        Column("activate_time", BigInteger),
        Column("unlink_time", BigInteger),
        Column("allow_until_time", BigInteger),
        Column("card_state", Integer),  # absent: nothing is known of the card
        Column("physical_card_status", Integer),
        Column("blocked_reason", Text),
        Column("masked_name", Text),
        Column("masked_id_number", Text),
        Column("region", Text),
        Column("issue_time", BigInteger),
        Column("expire_time", BigInteger),
        Column("password_is_set", Boolean),
        Column("bank_account_is_open", Boolean),
        Column("as_of_time", BigInteger, nullable=False),
        Column("delivered_order", BigInteger, nullable=False),  # 0 unless the link is delivered
    )


shadows: Final = Table(
    "shadows", metadata, *_of_shadow(), Index("shadows_delivered", "delivered_order")
)

# A new listing as far as it has come; it takes the place of the copy when it is whole.
staged_shadows: Final = Table("staged_shadows", metadata, *_of_shadow())

# One row: where the channel stands in the feed.
feed: Final = Table(
    "feed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("cursor", Text, nullable=False),
    Column("caught_up_time", BigInteger, nullable=False),  # 0: never
    Column("last_order", BigInteger, nullable=False),
)

# What was applied, once each and in order: for tests and audits, kept 90 days.
applied_events: Final = Table(
    "applied_events",
    metadata,
    Column("apply_order", BigInteger, primary_key=True, autoincrement=False),
    Column("cursor", Text, nullable=False, unique=True),
    Column("kind", Integer, nullable=False),
    Column("link_id", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("event_time", BigInteger, nullable=False),  # on the platform's clock
    Column("apply_time", BigInteger, nullable=False, index=True),
    Column("has_effect", Boolean, nullable=False),
)

# One row: how far the channel's clock is ahead of wall time.
clock: Final = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("offset_us", BigInteger, nullable=False),
)

clock_advances: Final = Table(
    "clock_advances",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("by_us", BigInteger, nullable=False),
)
