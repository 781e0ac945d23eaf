"""The public side of the platform's signing keys."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Text

from essc_platform.store.tables.base import table

signing_keys = table(
    "signing_keys",
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("create_time", BigInteger, nullable=False),
)
