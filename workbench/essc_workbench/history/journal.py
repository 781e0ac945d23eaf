"""Writing a history: one file, one line an item, on disk before what it tells of goes on."""

import json
import time
from pathlib import Path
from typing import Final, Self

from essc_workbench.history.items import Answered, Facts, Happened, Invoked, Item, Outcome, to_json

ITEMS_MAX: Final = 2_000_000


class Journal:
    """The history of one run, as it grows. Not for several threads.

    After `items_max` items one more says that the rest is left out.
    """

    def __init__(self, path: Path, items_max: int = ITEMS_MAX) -> None:
        self.path, self._items_max = path, items_max
        self._items = 0
        self._began_ns = time.monotonic_ns()
        self._calls = 0
        self._file = path.open("w", encoding="utf-8", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the file."""
        self._file.close()

    def now_us(self) -> int:
        """Microseconds since the run began."""
        return (time.monotonic_ns() - self._began_ns) // 1000

    def write(self, item: Item) -> None:
        """Adds an item as it is."""
        self._items += 1
        if self._items > self._items_max + 1:
            return
        if self._items > self._items_max:
            facts = {"reason": f"the history holds {self._items_max} items; the rest is left out"}
            item = Happened(at_us=self.now_us(), what="skipped", facts=facts)
        self._file.write(json.dumps(to_json(item), ensure_ascii=False) + "\n")

    def invoked(
        self,
        source: str,
        target: str,
        method: str,
        *,
        request_id: str = "",
        cause: int = 0,
        step: int = 0,
        citizens: tuple[str, ...] = (),
        facts: Facts | None = None,
    ) -> int:
        """Notes a call before it is sent on. Answers its number."""
        self._calls += 1
        self.write(
            Invoked(
                at_us=self.now_us(),
                call=self._calls,
                source=source,
                target=target,
                method=method,
                request_id=request_id,
                cause=cause,
                step=step,
                citizens=citizens,
                facts=facts or {},
            )
        )
        return self._calls

    def answered(
        self, call: int, outcome: Outcome, reason: str = "", facts: Facts | None = None
    ) -> None:
        """Notes a call's end."""
        self.write(
            Answered(
                at_us=self.now_us(), call=call, outcome=outcome, reason=reason, facts=facts or {}
            )
        )

    def happened(self, what: str, *, party: str = "", step: int = 0, **facts: object) -> None:
        """Notes something that is no call."""
        told = {
            name: value if isinstance(value, str | int | bool | None) else str(value)
            for name, value in facts.items()
        }
        self.write(Happened(at_us=self.now_us(), what=what, party=party, step=step, facts=told))
