"""Citizens and their physical cards."""

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Text, text

from essc_platform.store.tables.base import citizen_key, table

citizens = table(
    "citizens",
    *citizen_key(),
    Column("id_number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("register_time", BigInteger, nullable=False),
    Column("cancel_time", BigInteger),
    Column("cancel_cause", SmallInteger),
)

physical_cards = table(
    "physical_cards",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("region", Text, nullable=False),
    Column("generation", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("issue_time", BigInteger, nullable=False),
    Column("status_time", BigInteger, nullable=False),
    Column("lift_time", BigInteger),
    Index(
        "physical_cards_to_lift",
        "lift_time",
        "bucket",
        "citizen",
        sqlite_where=text("lift_time IS NOT NULL"),
        postgresql_where=text("lift_time IS NOT NULL"),
    ),
)
