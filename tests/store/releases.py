"""Stores as the releases before wrote them, with people in them; see `released/`."""

import lzma
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

RELEASED = Path(__file__).parent / "released"


def platform_of(release: str, folder: Path) -> Path:
    """Puts a platform's data folder there as the release left it; answers the store's file."""
    shutil.copytree(RELEASED / release, folder, ignore=shutil.ignore_patterns("*.xz"))
    return _restored(release, "platform", folder / "platform.db")


def channel_of(release: str, folder: Path) -> Path:
    """Puts a channel's data folder there, likewise."""
    folder.mkdir()
    shutil.copy(RELEASED / release / "digest.key", folder)
    _restored(release, "channel", folder / "channel.db")
    _restored(release, "lab", folder / "lab.db")
    return folder


def rows_of(path: Path, table: str, order: str) -> list[dict[str, Any]]:
    """All rows of a table of a file, by column."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found: Iterable[sqlite3.Row] = connection.execute(f"SELECT * FROM {table} ORDER BY {order}")
        return [dict(row) for row in found]


def shape_of(connection: Connection) -> dict[str, Any]:
    """Everything that a database says of its tables, to be compared with another's."""
    look = inspect(connection)
    return {name: _shape(look, name) for name in look.get_table_names()}


def _shape(look: Any, name: str) -> dict[str, Any]:
    return {
        "columns": [
            (each["name"], str(each["type"]), each["nullable"], each["default"])
            for each in look.get_columns(name)
        ],
        "key": look.get_pk_constraint(name)["constrained_columns"],
        "key_name": look.get_pk_constraint(name)["name"],
        "unique": sorted(each["column_names"] for each in look.get_unique_constraints(name)),
        "indexes": sorted(
            (
                each["name"],
                each["column_names"],
                bool(each["unique"]),
                str((each.get("dialect_options") or {}).get(f"{look.dialect.name}_where")),
            )
            for each in look.get_indexes(name)
        ),
        "options": look.get_table_options(name),
    }


def _restored(release: str, name: str, path: Path) -> Path:
    dump = lzma.decompress((RELEASED / release / f"{name}.sql.xz").read_bytes()).decode()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(dump)
    return path
