"""Recipients of benefits."""

from sqlalchemy import BigInteger, Column

from essc_platform.store.tables.base import citizen_key, table

recipients = table(
    "recipients",
    *citizen_key(),
    Column("register_time", BigInteger, nullable=False),
)
