"""The channels' feeds.

The bucket is that of the channel, see `feed_bucket`: rows lie feed by feed, in the order of their
positions, so that new ones come at the end of their channel's run and a feed is read as it lies.
"""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Text

from essc_platform.store.tables.base import table

events = table(
    "events",
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
