"""Facts about the store itself: schema version, platform id, clock offset."""

from sqlalchemy import Column, Text

from essc_platform.store.tables.base import table

facts = table(
    "facts",
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
