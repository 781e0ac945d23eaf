"""What was asked is kept as a digest, so that a request id with other content is noticed.

What 0.1.0 did not write down is empty: the repeat of a request that was under way meets a refusal.
"""

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Every row stays."""
    for name in ("vouches", "vouch_answers"):
        with op.batch_alter_table(name, recreate="always") as batch:
            batch.add_column(Column("content_digest", LargeBinary), insert_after="request_id")
        op.execute(f"UPDATE {name} SET content_digest = x''")  # noqa: S608 - a constant
        with op.batch_alter_table(name) as batch:
            batch.alter_column("content_digest", existing_type=LargeBinary(), nullable=False)
