"""Family bindings, a row on either side; photos that were used, each where its digest lies."""

from sqlalchemy import BigInteger, Column, SmallInteger, Text

from essc_platform.store.tables.base import citizen_key, table

bindings = table(
    "bindings",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("member_bucket", SmallInteger, nullable=False),
    Column("member", BigInteger, nullable=False),
    Column("relation", SmallInteger, nullable=False),
    Column("add_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
)

memberships = table(
    "memberships",
    *citizen_key(),
    Column("holder_bucket", SmallInteger, primary_key=True),
    Column("holder", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("relation", SmallInteger, nullable=False),
    Column("add_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
)

photo_uses = table(
    "photo_uses",
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, primary_key=True),
    Column("citizen_bucket", SmallInteger, nullable=False),
    Column("citizen", BigInteger, nullable=False),
)
