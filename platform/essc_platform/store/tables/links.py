"""Links."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Text

from essc_platform.store.tables.base import citizen_key, table

links = table(
    "links",
    *citizen_key(),
    Column("channel", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("deliver_time", BigInteger),
    Column("activate_time", BigInteger),
    Column("unlink_time", BigInteger),
    Column("payload", LargeBinary),
    Column("signature", LargeBinary),
    Column("key_id", Text),
    Column("allow_time", BigInteger),
    Index("links_of_channel", "channel", "bucket", "citizen"),
)
