"""The public side of the platform's signing keys."""

from sqlalchemy import BigInteger, Column, LargeBinary, Text

from essc_platform.store.tables.base import table

signing_keys = table(
    "signing_keys",
    Column("signs", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("sign_time", BigInteger, nullable=False),
    Column("compromise_time", BigInteger),
)
