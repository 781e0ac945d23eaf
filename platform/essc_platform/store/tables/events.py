"""The channels' feeds.

Rows lie feed by feed, in the order of their positions: new ones come at the end of their channel's
run of pages, and a feed is read as it lies. The bucket is part of the key, as everywhere, but last:
with it first every event would be written to a page of its own, and found by a second key.
"""

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, SmallInteger, Text

from essc_platform.store.tables.base import table

events = table(
    "events",
    Column("bucket", SmallInteger, autoincrement=False),
    Column("channel", Text),
    Column("position", BigInteger, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("channel", "position", "bucket"),
)
