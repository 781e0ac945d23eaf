"""Family bindings: one row where the holder lives, one where the member lives."""

from sqlalchemy import BigInteger, Column, SmallInteger

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
