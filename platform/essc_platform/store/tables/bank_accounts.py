"""Bank accounts of physical cards."""

from sqlalchemy import BigInteger, Column, Text

from essc_platform.store.tables.base import citizen_key, table

bank_accounts = table(
    "bank_accounts",
    *citizen_key(),
    Column("physical_card", BigInteger, primary_key=True),
    Column("bank_id", Text, nullable=False),
    Column("reserved_phone", Text, nullable=False),
    Column("open_time", BigInteger, nullable=False),
    Column("close_time", BigInteger),
)
