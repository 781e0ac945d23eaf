"""The catalogue of services."""

from sqlalchemy import Boolean, Column, SmallInteger, Text

from essc_platform.store.tables.base import table

services = table(
    "services",
    Column("service", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("needed_level", SmallInteger, nullable=False),
    Column("regions", Text, nullable=False),
    Column("is_open_everywhere", Boolean, nullable=False),
)
