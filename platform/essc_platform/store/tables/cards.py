"""Electronic cards."""

from sqlalchemy import BigInteger, Boolean, Column, Index, text

from essc_platform.store.tables.base import citizen_key, table

cards = table(
    "cards",
    *citizen_key(),
    Column("physical_card", BigInteger, nullable=False),
    Column("issue_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("is_expiry_noted", Boolean, nullable=False),
    Index(
        "cards_to_expire",
        "expire_time",
        "bucket",
        "citizen",
        sqlite_where=text("is_expiry_noted = 0"),
        postgresql_where=text("NOT is_expiry_noted"),
    ),
)
