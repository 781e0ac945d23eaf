"""The tables of a channel's lab in 0.1.0, the first release. They never change."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String

revision = "1"
down_revision = None


def upgrade() -> None:
    """All of them, where there is nothing."""
    op.create_table(
        "messages",
        Column("message_id", Integer, primary_key=True, autoincrement=True),
        Column("phone", String, nullable=False),
        Column("text", String, nullable=False),
        Column("receive_time", BigInteger, nullable=False),
    )
    op.create_index("ix_messages_phone", "messages", ["phone"])
    op.create_table(
        "persons",
        Column("account", String, primary_key=True),
        Column("name", String, nullable=False),
        Column("id_number", String, nullable=False),
        Column("reserved_phone", String, nullable=False),
        Column("wallet_password_digest", LargeBinary, nullable=False),
    )
    op.create_table(
        "vouch_answers",
        Column("request_id", String, primary_key=True),
        Column("vouch_id", String, nullable=False),
        Column("passed", Boolean, nullable=False),
        Column("tries_left", Integer, nullable=False),
    )
    op.create_index("ix_vouch_answers_vouch_id", "vouch_answers", ["vouch_id"])
    op.create_table(
        "vouches",
        Column("vouch_id", String, primary_key=True),
        Column("request_id", String, nullable=False, unique=True),
        Column("account", String, nullable=False),
        Column("kind", Integer, nullable=False),
        Column("masked_phone", String, nullable=False),
        Column("code", String, nullable=False),
        Column("expire_time", BigInteger, nullable=False),
        Column("tries_left", Integer, nullable=False),
    )
    op.create_index("ix_vouches_expire_time", "vouches", ["expire_time"])
