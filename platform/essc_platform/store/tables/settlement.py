"""Orders, the double-entry books, password-free payment."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger, Text, text

from essc_platform.store.tables.base import citizen_key, table

AT_BANK = "state IN (2, 5)"
"""Settling or refunding: written out, because an index and a query must say it alike."""

orders = table(
    "orders",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("insurance_fen", BigInteger, nullable=False),
    Column("own_fen", BigInteger, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("state_time", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("bank", Text, nullable=False),
    Column("pay_time", BigInteger),
    Column("settle_time", BigInteger),
    Column("refund_time", BigInteger),
    Column("is_password_free", Boolean, nullable=False),
    Index("orders_of_link", "bucket", "citizen", "channel", "serial", "create_time", "number"),
    Index("orders_of_provider", "provider", "pay_time"),
    Index("orders_of_channel", "channel", "pay_time"),
    Index(
        "orders_at_bank",
        "state_time",
        "bucket",
        "citizen",
        "number",
        sqlite_where=text(AT_BANK),
        postgresql_where=text(AT_BANK),
    ),
)

postings = table(
    "postings",
    *citizen_key(),
    Column("order_number", BigInteger, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

password_free = table(
    "password_free",
    *citizen_key(),
    Column("channel", Text, primary_key=True),
    Column("serial", Integer, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("day", Integer, nullable=False),
    Column("spent_fen", BigInteger, nullable=False),
)
