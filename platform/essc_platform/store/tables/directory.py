"""The catalogue of services, and tickets to them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger, Text, text

from essc_platform.store.tables.base import citizen_key, table

services = table(
    "services",
    Column("service", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("needed_level", SmallInteger, nullable=False),
    Column("regions", Text, nullable=False),
    Column("is_open_everywhere", Boolean, nullable=False),
)

tickets = table(
    "tickets",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("binding", BigInteger),
    Column("member_bucket", SmallInteger),
    Column("member", BigInteger),
    Column("service", Text, nullable=False),
    Column("issue_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("provider", Text, nullable=False),
    Column("redeem_time", BigInteger),
    Column("close_time", BigInteger),
    Column("outcome", SmallInteger),
    Index(
        "tickets_left",
        "expire_time",
        sqlite_where=text("redeem_time IS NULL"),
        postgresql_where=text("redeem_time IS NULL"),
    ),
    Index(
        "uses_of_link",
        "bucket",
        "citizen",
        "channel",
        "serial",
        "redeem_time",
        "number",
        sqlite_where=text("redeem_time IS NOT NULL"),
        postgresql_where=text("redeem_time IS NOT NULL"),
    ),
)
