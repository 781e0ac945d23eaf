"""The citizens' records."""

from sqlalchemy import BigInteger, Column, SmallInteger, Text

from essc_platform.store.tables.base import citizen_key, table

entries = table(
    "entries",
    *citizen_key(),
    Column("position", BigInteger, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("place", SmallInteger, nullable=False),
)
