"""Codes, with their checks, and what links remember of them."""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Text

from essc_platform.store.tables.base import STAYS, citizen_key, table

codes = table(
    "codes",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False, info=STAYS),
    Column("serial", Integer, nullable=False, info=STAYS),
    Column("binding", BigInteger, info=STAYS),
    Column("member_bucket", SmallInteger, info=STAYS),
    Column("member", BigInteger, info=STAYS),
    Column("issue_time", BigInteger, nullable=False, info=STAYS),
    Column("expire_time", BigInteger, nullable=False, info=STAYS),
    Column("use_time", BigInteger),
    Column("verifier", Text, nullable=False),
    Column("usage", SmallInteger),
    Index("codes_by_end", "expire_time"),
)

link_codes = table(
    "link_codes",
    *citizen_key(),
    Column("channel", Text, primary_key=True),
    Column("serial", Integer, nullable=False),
    Column("newest", BigInteger, nullable=False),
    Column("devices", Text, nullable=False),
)
