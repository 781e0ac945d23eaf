"""One consistent look at all that the store holds, for audits.

What is committed meanwhile is not seen. Rows come one after the other in the order of their keys,
never all at once.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, select

from essc_platform.core.records import (
    Change,
    Channel,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Party,
    PhysicalCard,
)
from essc_platform.store import tables
from essc_platform.store.connections import Glance
from essc_platform.store.gateway import EventLine, LedgerLine, ledger_line
from essc_platform.store.rows import MAPPINGS, Row
from essc_platform.store.statements import Statement, compiled

R = TypeVar("R", bound=Change)


class AuditStore:
    """An open look; by one thread at a time. Raises what `errors.FAILURES` lists."""

    def __init__(self, glance: Glance) -> None:
        self._glance = glance

    def close(self) -> None:
        """Lets go."""
        self._glance.close()

    def records(self, kind: type[R]) -> Iterator[R]:
        """All records of a kind."""
        mapping = MAPPINGS[kind]  # type: ignore[index]
        return map(mapping.from_row, self._rows(_all_of(mapping.table)))

    def citizens(self) -> Iterator[tuple[Citizen, bool]]:
        """All citizens, and whether each is registered as a recipient."""
        for row in self._rows(_CITIZENS):
            yield MAPPINGS[Citizen].from_row(row[:-1]), row[-1] is not None

    def physical_cards(self) -> Iterator[tuple[PhysicalCard, str]]:
        """All physical cards, each with the bank of its open account; empty if it has none."""
        for row in self._rows(_PHYSICAL_CARDS):
            yield MAPPINGS[PhysicalCard].from_row(row[:-1]), row[-1] or ""

    def parties(self) -> Iterator[tuple[Party, Channel | None]]:
        """All parties; with a channel's life where one is a channel."""
        for row in self._rows(_PARTIES):
            party, life = row[:_PARTY_WIDTH], row[_PARTY_WIDTH:]
            channel = None if life[0] is None else MAPPINGS[Channel].from_row(life)
            yield MAPPINGS[Party].from_row(party), channel

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """All lines of all citizens' records, each with its position."""
        for row in self._rows(_all_of(tables.entries)):
            yield (
                row[2],
                Entry(
                    citizen=CitizenKey(row[0], row[1]),
                    kind=EntryKind(row[3]),
                    at=row[4],
                    channel=row[5],
                    place=EntryPlace(row[6]),
                ),
            )

    def events(self) -> Iterator[EventLine]:
        """All events of all feeds, feed by feed, in their order."""
        return map(EventLine._make, self._rows(_EVENTS))

    def requests(self) -> Iterator[LedgerLine]:
        """All lines of the ledger of requests."""
        return map(ledger_line, self._rows(_all_of(tables.requests)))

    def _rows(self, statement: Statement) -> Iterator[Row]:
        return self._glance.rows(statement)


@cache
def _all_of(table: Table) -> Statement:
    return _in_order(select(table), table)


def _in_order(statement: Select[Any], table: Table) -> Statement:
    return compiled(statement.order_by(*table.primary_key.columns))


def _is_same_card(account: Any, card: Any) -> ColumnElement[bool]:
    return and_(
        account.bucket == card.bucket,
        account.citizen == card.citizen,
        account.physical_card == card.number,
        account.close_time.is_(None),
    )


_C, _R = tables.citizens.c, tables.recipients.c
_CITIZENS = _in_order(
    select(tables.citizens, _R.register_time).join(
        tables.recipients,
        and_(_R.bucket == _C.bucket, _R.citizen == _C.citizen),
        isouter=True,
    ),
    tables.citizens,
)
_PHYSICAL_CARDS = _in_order(
    select(tables.physical_cards, tables.bank_accounts.c.bank_id).join(
        tables.bank_accounts,
        _is_same_card(tables.bank_accounts.c, tables.physical_cards.c),
        isouter=True,
    ),
    tables.physical_cards,
)
_PARTY_WIDTH = len(tables.parties.columns)
_PARTIES = _in_order(
    select(tables.parties, tables.channels).join(
        tables.channels, tables.channels.c.party == tables.parties.c.party, isouter=True
    ),
    tables.parties,
)
_EVENTS = compiled(
    select(tables.events).order_by(tables.events.c.channel, tables.events.c.position)
)
