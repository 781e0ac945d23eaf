"""The tables of the simulated authority behind the channel's vouching. The people are invented."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table

SCHEMA_VERSION: Final = 2

metadata: Final = MetaData()

persons: Final = Table(
    "persons",
    metadata,
    Column("account", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("id_number", String, nullable=False),
    Column("reserved_phone", String, nullable=False),
    Column("wallet_password_digest", LargeBinary, nullable=False),  # empty: there is none
)

vouches: Final = Table(
    "vouches",
    metadata,
    Column("vouch_id", String, primary_key=True),
    Column("request_id", String, nullable=False, unique=True),
    Column("content_digest", LargeBinary, nullable=False),
    Column("account", String, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("masked_phone", String, nullable=False),
    Column("code", String, nullable=False),
    Column("expire_time", BigInteger, nullable=False, index=True),
    Column("tries_left", Integer, nullable=False),
)

vouch_answers: Final = Table(
    "vouch_answers",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("content_digest", LargeBinary, nullable=False),
    Column("vouch_id", String, nullable=False, index=True),
    Column("passed", Boolean, nullable=False),
    Column("tries_left", Integer, nullable=False),
)

messages: Final = Table(
    "messages",
    metadata,
    Column("message_id", Integer, primary_key=True, autoincrement=True),
    Column("phone", String, nullable=False, index=True),
    Column("text", String, nullable=False),
    Column("receive_time", BigInteger, nullable=False),
)
