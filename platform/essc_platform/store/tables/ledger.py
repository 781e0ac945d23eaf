"""The request ledger.

It lies in the bucket of its own key: the same id with other content, about another citizen, must
meet the first one.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Text

from essc_platform.store.tables.base import table

requests = table(
    "requests",
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("request", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answer", LargeBinary),
    Column("rejection", Text),
    Column("caller", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Index("requests_by_time", "at"),
    in_key_order=False,
)
