"""Notes: the history of a drill, kept so cheaply that it does not slow the drill down.

    notes = Notes(path, key=key, origin_ns=origin_ns)
    panel = notes.kind("wechat", "platform", GET_CARD, asked=("link_id",), told=("link.state",))
    notes.add(panel, began_us, ended_us, OK, "", "", (17,), (link_id,), (2,))

A note is one call with its end. What never varies (who calls whom, which fields are told) is
written once, as a kind of note; what varies is one short row in memory, and rows are written many
at a time. `reading_notes.py` makes history items of them, and fills in what rows leave out.

Lines of the file, each a JSON value:

    {"version": 1, "machine": "…", "origin_ns": 12345}            the first line
    {"kind": 0, "source": "wechat", "target": "platform", "method": "…",
     "asked": ["link_id"], "told": ["link.state"]}                before its first row
    {"happened": "killed", "at_us": 5, "party": "platform", "facts": {}}
    [[kind, began, ended, outcome, reason, request_id, places, asked, told], …]

Times are microseconds since `origin_ns` of that machine's monotonic clock; `ended` is null for a
call that nobody heard the end of. Outcomes are 0 ok, 1 refused, 2 unknown. Enums are numbers,
people are places of the population, secrets are digests: no row holds a name, an ID number, a
phone, a password, a code or a proof.
"""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

from pydantic_core import to_json

from essc_workbench.history.items import Fact

VERSION: Final = 1
OK, REFUSED, UNKNOWN = range(3)
ROWS_MAX: Final = 10_000_000
"""Rows of one file; how many more there were is told in its last line."""
ROWS_AT_ONCE: Final = 512
"""As many rows wait in memory before they are written: some 100 kB."""
_DIGEST_BYTES: Final = 8
"""A drill has a million codes; of so many no two have one digest."""


class Notes:
    """The notes of one process of a drill. Not for several threads."""

    def __init__(
        self,
        path: Path,
        *,
        key: bytes,
        origin_ns: int,
        machine: str = "",
        rows_max: int = ROWS_MAX,
    ) -> None:
        self.path, self._key, self._origin_ns = path, key, origin_ns
        self._left, self._left_out = rows_max, 0
        self._kinds: dict[tuple[object, ...], int] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._file = path.open("wb", buffering=0)
        self._write({"version": VERSION, "machine": machine, "origin_ns": origin_ns})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Writes what waits, and ends the file."""
        self.flush()
        if self._left_out:
            self.happened("skipped", reason=f"{self._left_out} calls are not noted")
        self._file.close()

    def now_us(self) -> int:
        """Microseconds since the drill's origin."""
        return (time.monotonic_ns() - self._origin_ns) // 1000

    def kind(
        self,
        source: str,
        target: str,
        method: str,
        *,
        asked: Sequence[str] = (),
        told: Sequence[str] = (),
    ) -> int:
        """A kind of note, new or known: its number."""
        what = (source, target, method, tuple(asked), tuple(told))
        number = self._kinds.get(what)
        if number is None:
            number = self._kinds[what] = len(self._kinds)
            line = {"kind": number, "source": source, "target": target, "method": method}
            self._write({**line, "asked": list(asked), "told": list(told)})
        return number

    def add(
        self,
        kind: int,
        began_us: int,
        ended_us: int | None,
        outcome: int,
        reason: str,
        request_id: str,
        places: tuple[int, ...],
        asked: tuple[Any, ...],
        told: tuple[Any, ...] = (),
    ) -> None:
        """Notes a call that is over, with values for the fields of its kind; None where absent."""
        rows = self._rows
        rows.append((kind, began_us, ended_us, outcome, reason, request_id, places, asked, told))
        if len(rows) >= ROWS_AT_ONCE:
            self.flush()

    def happened(self, what: str, *, party: str = "", **facts: Fact) -> None:
        """Notes something that is no call, as `Happened` of histories has it."""
        self.flush()
        self._write({"happened": what, "at_us": self.now_us(), "party": party, "facts": facts})

    def digest(self, word: str, secret: str) -> str:
        """A secret as it may be told: the same secret has the same digest all over the drill."""
        raw = hashlib.blake2b(secret.encode(), key=self._key, digest_size=_DIGEST_BYTES)
        return f"{word}#{raw.hexdigest()}"

    def flush(self) -> None:
        """Writes the rows that wait."""
        rows, self._rows = self._rows, []
        if len(rows) > self._left:
            self._left_out += len(rows) - self._left
            rows = rows[: self._left]
        self._left -= len(rows)
        if rows:
            self._write(rows)

    def _write(self, value: object) -> None:
        self._file.write(to_json(value) + b"\n")
