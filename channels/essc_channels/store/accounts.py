"""Accounts and sessions: who is signed in, and which link an account has met."""

from typing import Any, Final

from sqlalchemy import Connection, delete, exists, insert, select

from essc_channels.core.records import Account, Instant, Session
from essc_channels.store.flows import cancel_flows
from essc_channels.store.tables import accounts, sessions, shadows
from essc_channels.store.upserts import upsert

SESSIONS_MAX: Final = 20
"""Live ones of an account. A session has one open flow at most, so this bounds the flows too."""


def find_account(connection: Connection, account: str) -> Account:
    """The account; a fresh one if it was never seen."""
    row = connection.execute(select(accounts).where(accounts.c.account == account)).first()
    return _account(row) if row else Account(account=account)


def save_account(connection: Connection, account: Account) -> None:
    values = {
        "link_id": account.link_id,
        "displayed_serial": account.displayed_serial,
        "looked_order": account.looked_order,
    }
    upsert(connection, accounts, {"account": account.account}, values)


def _account(row: Any) -> Account:
    return Account(
        account=row.account,
        link_id=row.link_id,
        displayed_serial=row.displayed_serial,
        looked_order=row.looked_order,
    )


def unclaimed_order(connection: Connection) -> int:
    """How far in the feed's order a delivered link waits that no account has met; 0 if none."""
    is_claimed = exists().where(accounts.c.link_id == shadows.c.link_id)
    statement = (
        select(shadows.c.delivered_order)
        .where(shadows.c.delivered_order > 0, ~is_claimed)
        .order_by(shadows.c.delivered_order.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none() or 0


def add_session(connection: Connection, session: Session) -> None:
    """Adds a session; the account's oldest ones beyond the limit end, and their flows with them."""
    of_account = select(sessions.c.digest).where(sessions.c.account == session.account)
    newest_first = of_account.order_by(sessions.c.expire_time.desc(), sessions.c.digest)
    for digest in connection.execute(newest_first.offset(SESSIONS_MAX - 1)).scalars().all():
        remove_session(connection, digest)
        cancel_flows(connection, digest)
    connection.execute(
        insert(sessions).values(
            digest=session.digest,
            account=session.account,
            expire_time=session.expire_time,
            device=session.device,
        )
    )


def find_session(connection: Connection, digest: str, now: Instant) -> Session | None:
    """The session behind a digest, unless it has expired."""
    row = connection.execute(select(sessions).where(sessions.c.digest == digest)).first()
    if row is None or now >= row.expire_time:
        return None
    return Session(
        digest=row.digest, account=row.account, expire_time=row.expire_time, device=row.device
    )


def remove_session(connection: Connection, digest: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.digest == digest))
