"""One consistent look at what the channel keeps, for audits: rows in the order of their keys."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.exc import DBAPIError

from essc_channels.store import shadows as feed
from essc_channels.store.database import Database
from essc_channels.store.engines import StoreUnavailable
from essc_channels.store.tables import accounts, applied_events, flows, shadows

FAILURES: Final = (StoreUnavailable, DBAPIError)
"""What a look raises when the file cannot be read."""
_ROWS_AT_ONCE = 500


class AuditStore:
    """An open look; by one thread at a time. Raises FAILURES."""

    def __init__(self, database: Database) -> None:
        self._connection = database.look()
        self.cursor = feed.cursor(self._connection)
        """Where the channel stands in its feed; with this read the look is fixed."""

    def close(self) -> None:
        """Lets go."""
        self._connection.close()

    def accounts(self) -> Iterator[Any]:
        return self._rows(select(accounts).order_by(accounts.c.account))

    def shadows(self) -> Iterator[Any]:
        return self._rows(select(shadows).order_by(shadows.c.link_id))

    def applied_events(self) -> Iterator[Any]:
        return self._rows(select(applied_events).order_by(applied_events.c.apply_order))

    def flows(self) -> Iterator[Any]:
        columns = (flows.c.flow_id, flows.c.account, flows.c.kind, flows.c.state, flows.c.reason)
        return self._rows(select(*columns).order_by(flows.c.flow_id))

    def _rows(self, statement: Select[Any]) -> Iterator[Any]:
        """Rows with their columns as attributes, never all at once."""
        return iter(self._connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)))
