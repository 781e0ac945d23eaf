"""Benefit eligibility certifications."""

from sqlalchemy import BigInteger, Boolean, Column

from essc_platform.store.tables.base import citizen_key, table

certifications = table(
    "certifications",
    *citizen_key(),
    Column("number", BigInteger, primary_key=True),
    Column("certify_time", BigInteger, nullable=False),
    Column("expire_time", BigInteger, nullable=False),
    Column("is_by_binder", Boolean, nullable=False),
)
