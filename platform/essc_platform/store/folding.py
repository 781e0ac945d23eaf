"""The write-ahead log is folded into the file beside the writer, not between two of its commits.

By itself SQLite folds at the end of the commit that makes the log too long: thousands of pages, and
whoever waits for that commit waits for them all. Folding needs no lock that a writer or a reader
wants, so a thread of its own does it, on a connection of its own and in small portions. The log
begins anew whenever everything in it is folded, which the last and shortest rounds bring about.
"""

import sqlite3
import threading
from typing import Final

import structlog

INTERVAL_S: Final = 0.5
"""A fold that finds nothing costs nothing, so the pause only spaces out those that do."""
_ROUNDS_MAX: Final = 8
"""Each takes up what was committed during the one before."""


class Folding:
    """Folds a store's log until it is stopped."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folding", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns once the last fold is over."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL_S):
            try:
                fold(self._connection)
            except sqlite3.Error as error:
                # As on a full disk: the writer finds out by itself, and the next fold tries again.
                structlog.get_logger("store").error("folding failed", error=str(error))


def fold(connection: sqlite3.Connection) -> bool:
    """Folds what is committed, in a few rounds; whether that was all. Raises sqlite3.Error."""
    for _ in range(_ROUNDS_MAX):
        is_busy, in_log, folded = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if is_busy or folded >= in_log:
            return not is_busy
    return False
