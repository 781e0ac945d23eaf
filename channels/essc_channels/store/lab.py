"""The simulated authority's state: accounts, started checks, and the phones' inbox."""

import hmac
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.records import Instant, Person
from essc_channels.store.lab_tables import messages, persons, vouch_answers, vouches
from essc_channels.store.upserts import upsert

_INBOX_MAX = 20
# Longer than any flow waits, so a repeat of its calls still finds the recorded answer.
_VOUCHES_KEPT_US = 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabAccount:
    """A real-name account as the authority knows it."""

    account: str
    person: Person
    reserved_phone: str = field(repr=False)
    wallet_password_digest: bytes = field(repr=False)


class Asked(NamedTuple):
    """A request, and a keyed digest of what it asks."""

    request_id: str
    content_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouch:
    """A started check."""

    vouch_id: str
    account: str
    kind: VouchKind
    expire_time: Instant
    tries_left: int
    masked_phone: str = ""
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchAnswer:
    """What was judged."""

    vouch_id: str
    passed: bool
    tries_left: int


def put_account(connection: Connection, account: LabAccount) -> None:
    values = {
        "name": account.person.name,
        "id_number": account.person.id_number,
        "reserved_phone": account.reserved_phone,
        "wallet_password_digest": account.wallet_password_digest,
    }
    upsert(connection, persons, {"account": account.account}, values)


def find_account(connection: Connection, account: str) -> LabAccount | None:
    row = connection.execute(select(persons).where(persons.c.account == account)).first()
    if row is None:
        return None
    return LabAccount(
        account=row.account,
        person=Person(name=row.name, id_number=row.id_number),
        reserved_phone=row.reserved_phone,
        wallet_password_digest=row.wallet_password_digest,
    )


def is_reused(connection: Connection, asked: Asked) -> bool:
    """Whether the request's id came before with other content."""
    for table in (vouches, vouch_answers):
        statement = select(table.c.content_digest).where(table.c.request_id == asked.request_id)
        known = connection.execute(statement).scalar()
        if known is not None and not hmac.compare_digest(known, asked.content_digest):
            return True
    return False


def add_vouch(connection: Connection, asked: Asked, vouch: Vouch, now: Instant) -> None:
    """Adds a check, and forgets those that nobody can ask about any more, with their answers."""
    is_old = vouches.c.expire_time <= now - _VOUCHES_KEPT_US
    old = select(vouches.c.vouch_id).where(is_old)
    connection.execute(delete(vouch_answers).where(vouch_answers.c.vouch_id.in_(old)))
    connection.execute(delete(vouches).where(is_old))
    connection.execute(
        insert(vouches).values(
            vouch_id=vouch.vouch_id,
            request_id=asked.request_id,
            content_digest=asked.content_digest,
            account=vouch.account,
            kind=int(vouch.kind),
            masked_phone=vouch.masked_phone,
            code=vouch.code,
            expire_time=vouch.expire_time,
            tries_left=vouch.tries_left,
        )
    )


def find_vouch(connection: Connection, vouch_id: str) -> Vouch | None:
    row = connection.execute(select(vouches).where(vouches.c.vouch_id == vouch_id)).first()
    return _vouch(row) if row is not None else None


def find_vouch_of_request(connection: Connection, asked: Asked) -> Vouch | None:
    statement = select(vouches).where(vouches.c.request_id == asked.request_id)
    row = connection.execute(statement).first()
    return _vouch(row) if row is not None else None


def find_vouch_answer(connection: Connection, asked: Asked) -> VouchAnswer | None:
    statement = select(vouch_answers).where(vouch_answers.c.request_id == asked.request_id)
    row = connection.execute(statement).first()
    if row is None:
        return None
    return VouchAnswer(vouch_id=row.vouch_id, passed=row.passed, tries_left=row.tries_left)


def add_vouch_answer(connection: Connection, asked: Asked, answer: VouchAnswer) -> None:
    """Stores the judgement, and what it leaves of the tries."""
    connection.execute(
        insert(vouch_answers).values(
            request_id=asked.request_id,
            content_digest=asked.content_digest,
            vouch_id=answer.vouch_id,
            passed=answer.passed,
            tries_left=answer.tries_left,
        )
    )
    connection.execute(
        update(vouches)
        .where(vouches.c.vouch_id == answer.vouch_id)
        .values(tries_left=answer.tries_left)
    )


def add_message(connection: Connection, phone: str, words: str, now: Instant) -> None:
    """Puts a message into a phone's inbox, which holds the newest only."""
    connection.execute(insert(messages).values(phone=phone, text=words, receive_time=now))
    newest_first = (
        select(messages.c.message_id)
        .where(messages.c.phone == phone)
        .order_by(messages.c.message_id.desc())
    )
    too_old = connection.execute(newest_first.offset(_INBOX_MAX)).scalars().all()
    connection.execute(delete(messages).where(messages.c.message_id.in_(too_old)))


def list_messages(connection: Connection, phone: str) -> tuple[tuple[str, Instant], ...]:
    """The newest messages of a phone, newest first."""
    statement = (
        select(messages.c.text, messages.c.receive_time)
        .where(messages.c.phone == phone)
        .order_by(messages.c.message_id.desc())
        .limit(_INBOX_MAX)
    )
    return tuple((row.text, row.receive_time) for row in connection.execute(statement))


def _vouch(row: Any) -> Vouch:
    return Vouch(
        vouch_id=row.vouch_id,
        account=row.account,
        kind=VouchKind(row.kind),
        masked_phone=row.masked_phone,
        code=row.code,
        expire_time=row.expire_time,
        tries_left=row.tries_left,
    )
