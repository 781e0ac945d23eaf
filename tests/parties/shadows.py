"""A look into a channel's own database, read-only: its shadow copy, and what it has applied."""

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple


class Applied(NamedTuple):
    """An event that a channel has applied."""

    cursor: str
    kind: int
    link_id: str
    serial: int
    event_time: int


def shadow_links(folder: Path) -> dict[str, tuple[int, int]]:
    """Serial and state by link."""
    rows = _rows(folder, "SELECT link_id, serial, link_state FROM shadows")
    return {link_id: (serial, state) for link_id, serial, state in rows}


def applied(folder: Path) -> list[Applied]:
    """All applied events, in the order in which they took effect."""
    sql = "SELECT cursor, kind, link_id, serial, event_time FROM applied_events"
    return [Applied(*row) for row in _rows(folder, f"{sql} ORDER BY apply_order")]


def _rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    (path,) = [file for file in folder.glob("*.db") if file.stem != "lab"]
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
