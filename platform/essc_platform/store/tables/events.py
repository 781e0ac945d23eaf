"""The channels' feeds."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Text

from essc_platform.store.tables.base import table

events = table(
    "events",
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Index("events_of_channel", "channel", "position"),
)
