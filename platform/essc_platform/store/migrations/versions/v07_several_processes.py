"""From 0.1.0 to the schema that several platform processes share.

A code keeps its own check; a line of the ledger says who asked; an event lies in its channel's
bucket; challenges and proofs remember the bank account that they speak of.

What 0.1.0 did not write down is empty: who asked, in lines of the ledger; the account, in what was
under way.
"""

from zlib import crc32

from alembic import op
from sqlalchemy import BigInteger, Column, SmallInteger, Text, column, select, table, update

revision = "7"
down_revision = "2"
ADDS_ONLY = False

_BUCKETS = 1024
_IN_KEY_ORDER = {"sqlite_with_rowid": False}
_AS_THEY_COME = {"sqlite_with_rowid": True}
_CHECK_OF_CODE = (
    "FROM checks WHERE checks.bucket = codes.bucket AND checks.citizen = codes.citizen "
    "AND checks.code = codes.number"
)


def upgrade() -> None:
    """Every row stays; a check becomes a part of its code."""
    for name in ("challenges", "proofs"):
        op.add_column(name, Column("account_open_time", BigInteger))
    _keep_checks_in_codes()
    _name_callers()
    _move_events()
    op.execute("INSERT INTO facts (name, value) VALUES ('federation_version', '0')")


def _keep_checks_in_codes() -> None:
    op.add_column("codes", Column("verifier", Text))
    op.add_column("codes", Column("usage", SmallInteger))
    op.execute(
        f"UPDATE codes SET verifier = coalesce((SELECT checks.verifier {_CHECK_OF_CODE}), ''), "  # noqa: S608 - constants
        f"usage = (SELECT checks.usage {_CHECK_OF_CODE})"
    )
    with op.batch_alter_table("codes", table_kwargs=_IN_KEY_ORDER) as codes:
        codes.alter_column("verifier", existing_type=Text(), nullable=False)
    op.drop_table("checks")


def _name_callers() -> None:
    """The ledger's rows lie as they come, no longer by their random keys."""
    for name in ("caller", "request_id"):
        op.add_column("requests", Column(name, Text))
    op.execute("UPDATE requests SET caller = '', request_id = ''")
    with op.batch_alter_table("requests", table_kwargs=_AS_THEY_COME) as requests:
        requests.alter_column("caller", existing_type=Text(), nullable=False)
        requests.alter_column("request_id", existing_type=Text(), nullable=False)


def _move_events() -> None:
    """A position is its channel's alone, so no two rows meet on their way."""
    op.drop_index("events_of_channel", "events")
    events = table("events", column("bucket", SmallInteger), column("channel", Text))
    store = op.get_bind()
    for (name,) in store.execute(select(events.c.channel).distinct()).fetchall():
        bucket = crc32(name.encode()) % _BUCKETS
        moved = update(events).where(events.c.channel == name, events.c.bucket != bucket)
        store.execute(moved.values(bucket=bucket))
