"""Passwords, counters, challenges, proofs."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger, Text

from essc_platform.store.tables.base import citizen_key, table

passwords = table(
    "passwords",
    *citizen_key(),
    Column("hash", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("change_time", BigInteger, nullable=False),
    Column("wrong_tries", SmallInteger, nullable=False),
    Column("unlock_time", BigInteger),
)

counters = table(
    "counters",
    *citizen_key(),
    Column("day", Integer, nullable=False),
    Column("text_messages", SmallInteger, nullable=False),
    Column("failed_faces", SmallInteger, nullable=False),
)

challenges = table(
    "challenges",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("purpose", SmallInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("tries_left", SmallInteger, nullable=False),
    Column("is_answered", Boolean, nullable=False),
    Column("account_open_time", BigInteger),
    Index("challenges_by_end", "expire_time"),
)

proofs = table(
    "proofs",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("purpose", SmallInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("is_used", Boolean, nullable=False),
    Column("password_version", Integer),
    Column("account_open_time", BigInteger),
    Index("proofs_by_end", "expire_time"),
)
