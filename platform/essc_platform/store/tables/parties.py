"""Parties, their keys, channels."""

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, SmallInteger, Text

from essc_platform.store.tables.base import table

parties = table(
    "parties",
    Column("party", Text, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("register_time", BigInteger, nullable=False),
    Column("verifier_class", SmallInteger),
    Column("service_ids", Text, nullable=False),
    Column("verifier_ids", Text, nullable=False),
)

party_keys = table(
    "party_keys",
    Column("party", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("is_removed", Boolean, nullable=False),
)

channels = table(
    "channels",
    Column("party", Text, primary_key=True),
    Column("channel_class", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("vouch_kinds", Text, nullable=False),
    Column("receives_new_cards", Boolean, nullable=False),
    Column("state_time", BigInteger, nullable=False),
    Column("bank_id", Text, nullable=False),
    Column("tier", SmallInteger, nullable=False),
    Column("parent", Text, nullable=False),
    Column("shows_all_channels", Boolean, nullable=False),
)
