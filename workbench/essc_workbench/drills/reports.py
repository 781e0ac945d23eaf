"""What a process of the generator says every second, one JSON line each."""

from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json, to_json

from essc_workbench.drills.histograms import Classes
from essc_workbench.drills.tallies import Row
from essc_workbench.failures import WorkbenchError

LATE_US: Final = 10_000
"""A send so long after its time is late."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What happened in a process since its last report."""

    second: int = 0
    """Of the clock, from the start of the load."""
    rows: list[Row] = field(default_factory=list)
    sends: int = 0
    late_sends: int = 0
    in_flight: int = 0
    """The most at once."""
    cpu_s: float = 0.0
    """Processor time, of all threads."""
    wall_s: float = 0.0
    in_load_s: float = 0.0
    """How much of `wall_s` belongs to the load and not to waiting for its last answers."""
    cpu_in_load_s: float = 0.0
    loop_lag: Classes = field(default_factory=dict)
    """How much later than asked the loop came back to itself."""
    closed: Classes = field(default_factory=dict)
    """Times from when it was sent, of those journeys that a closed loop would have sent."""
    is_last: bool = False
    failure: str = ""
    """Why the process cannot go on; a mistake of the workbench's own."""

    def line(self) -> bytes:
        """As it travels."""
        return to_json({name: getattr(self, name) for name in self.__slots__}) + b"\n"


def read_report(line: bytes) -> Report:
    """What a process said. Raises WorkbenchError for what is no report."""
    try:
        values: dict[str, Any] = from_json(line)
        for name in ("loop_lag", "closed"):
            values[name] = {int(each): count for each, count in values[name].items()}
        return Report(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        told = line[:200].decode("utf-8", "replace").strip()
        raise WorkbenchError(f"a process of the generator said no report but: {told}") from None
