"""The tables of a channel in 0.1.0, the first release. They never change."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String

revision = "2"
down_revision = None

# In the same order on both engines, whatever language a database was made for.
_TEXT = String().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    """All of them, where there is nothing."""
    _phones()
    _flows()
    _feed()
    _clock()


def _phones() -> None:
    op.create_table(
        "accounts",
        Column("account", _TEXT, primary_key=True),
        Column("link_id", _TEXT),
        Column("displayed_serial", BigInteger, nullable=False),
        Column("looked_order", BigInteger, nullable=False),
    )
    op.create_index("ix_accounts_link_id", "accounts", ["link_id"])
    op.create_table(
        "sessions",
        Column("digest", _TEXT, primary_key=True),
        Column("account", _TEXT, nullable=False),
        Column("expire_time", BigInteger, nullable=False),
        Column("device", _TEXT, nullable=False),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])


def _flows() -> None:
    op.create_table(
        "flows",
        Column("flow_id", _TEXT, primary_key=True),
        Column("session", _TEXT, nullable=False),
        Column("account", _TEXT, nullable=False),
        Column("kind", Integer, nullable=False),
        Column("state", Integer, nullable=False),
        Column("reason", _TEXT, nullable=False),
        Column("expire_time", BigInteger, nullable=False),
        Column("steps_taken", Integer, nullable=False),
        Column("step", _TEXT),
        Column("memory", _TEXT),
        Column("sealed_draft", LargeBinary),
    )
    op.create_index("flows_by_session", "flows", ["session", "state"])
    op.create_index("flows_by_state", "flows", ["state", "expire_time"])
    op.create_table(
        "answers",
        Column("session", _TEXT, primary_key=True),
        Column("request_id", _TEXT, primary_key=True),
        Column("content_digest", LargeBinary, nullable=False),
        Column("answer", LargeBinary, nullable=False),
        Column("answer_time", BigInteger, nullable=False),
    )
    op.create_index("ix_answers_answer_time", "answers", ["answer_time"])


def _feed() -> None:
    op.create_table(
        "shadows",
        *_of_shadow(),
    )
    op.create_index("shadows_delivered", "shadows", ["delivered_order"])
    op.create_table(
        "staged_shadows",
        *_of_shadow(),
    )
    op.create_table(
        "feed",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("cursor", _TEXT, nullable=False),
        Column("caught_up_time", BigInteger, nullable=False),
        Column("last_order", BigInteger, nullable=False),
    )
    op.create_table(
        "applied_events",
        Column("apply_order", BigInteger, primary_key=True, autoincrement=False),
        Column("cursor", _TEXT, nullable=False, unique=True),
        Column("kind", Integer, nullable=False),
        Column("link_id", _TEXT, nullable=False),
        Column("serial", BigInteger, nullable=False),
        Column("event_time", BigInteger, nullable=False),
        Column("apply_time", BigInteger, nullable=False),
        Column("has_effect", Boolean, nullable=False),
    )
    op.create_index("ix_applied_events_apply_time", "applied_events", ["apply_time"])


def _clock() -> None:
    op.create_table(
        "clock",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("offset_us", BigInteger, nullable=False),
    )
    op.create_table(
        "clock_advances",
        Column("request_id", _TEXT, primary_key=True),
        Column("by_us", BigInteger, nullable=False),
    )


def _of_shadow() -> tuple[Column[Any], ...]:
    return (
        Column("link_id", _TEXT, primary_key=True),
        Column("serial", BigInteger, nullable=False),
        Column("link_state", Integer, nullable=False),
        Column("level", Integer, nullable=False),
        Column("deliver_time", BigInteger),
        Column("activate_time", BigInteger),
        Column("unlink_time", BigInteger),
        Column("allow_until_time", BigInteger),
        Column("card_state", Integer),
        Column("physical_card_status", Integer),
        Column("blocked_reason", _TEXT),
        Column("masked_name", _TEXT),
        Column("masked_id_number", _TEXT),
        Column("region", _TEXT),
        Column("issue_time", BigInteger),
        Column("expire_time", BigInteger),
        Column("password_is_set", Boolean),
        Column("bank_account_is_open", Boolean),
        Column("as_of_time", BigInteger, nullable=False),
        Column("delivered_order", BigInteger, nullable=False),
    )
