"""Generators beside which the drills' own is measured, each a process: its errand, what it did."""

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from essc_workbench.failures import WorkbenchError
from essc_workbench.processes import launched

WITHIN_S: Final = 60.0
WARM_S: Final = 0.5
"""Calls of the first moments do not count: connections are opened, code is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The calls that a generator sends, one after the other, so many at once."""

    address: str
    method: str
    authorization: str
    requests: Sequence[bytes]
    seconds: float
    in_flight: int

    def line(self) -> bytes:
        """As it travels."""
        requests = [b64encode(each).decode("ascii") for each in self.requests]
        return json.dumps({**asdict(self), "requests": requests}).encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a generator did after it was warm."""

    calls: int
    cpu_s: float
    seconds: float

    @property
    def cpu_us(self) -> float:
        """Its own processor time for one call."""
        return self.cpu_s / max(self.calls, 1) * 1e6

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


async def done_by(program: str, errand: Errand) -> Done:
    """Has a program beside this module do an errand. Raises WorkbenchError if it fails."""
    path = Path(__file__).with_name(program)
    pipe = subprocess.PIPE
    process = launched([sys.executable, "-I", str(path)], stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        out, said = await asyncio.to_thread(process.communicate, errand.line(), WITHIN_S)
    except subprocess.TimeoutExpired:
        raise WorkbenchError(f"{program}: not done within {WITHIN_S:.0f} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise WorkbenchError(f"{program}: {''.join(last) or 'it said nothing'}")
    return Done(**json.loads(out.splitlines()[-1]))
