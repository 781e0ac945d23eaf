"""What can go wrong with a store, as whoever uses it has to know it."""

import sqlite3
from typing import Final


class StoreError(Exception):
    """The store cannot be opened or used; the text is one clear line for an operator."""


class StoreFailure(Exception):  # noqa: N818 - a state of affairs, not an error of ours
    """The store did not do it, and nothing has happened: it is away, or full."""


class StoreConflict(StoreFailure):
    """Somebody else was at the same rows; everything was rolled back. Worth running again."""


class StoreLost(StoreFailure):
    """The connection was lost before the commit; the server rolls back. Worth running again."""


class StoreDoubt(StoreFailure):
    """The connection was lost at the commit: it may have happened. The ledger knows."""


FAILURES: Final = (sqlite3.Error, StoreFailure)
"""What a store in use raises. SQLite's own come as they are, from rows that are read one by one."""
