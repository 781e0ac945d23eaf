"""Spare processes: programs that are loaded already and wait to be told whom to be.

A federation is started many times in a run of scenarios, and loading its programs is most of what
that costs. So some processes of each program are kept waiting. Which of them becomes which party is
decided when it is needed; each serves once, with the state of the folder that it is given. All of
them end with the workbench.
"""

import asyncio
import json
import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from essc_workbench.failures import WorkbenchError
from essc_workbench.processes import launched
from essc_workbench.programs import program

SPARES_MAX: Final = 16
"""Of one program. Each takes some 80 MB."""
READY_S: Final = 60.0


class Spares:
    """Waiting processes by program: `Spares({"essc-platform": 1, "essc-channel": 4})`."""

    def __init__(self, wanted: Mapping[str, int]) -> None:
        if any(not 0 <= count <= SPARES_MAX for count in wanted.values()):
            raise WorkbenchError(f"of each program 0 to {SPARES_MAX} processes are kept spare")
        self._wanted = {str(program(name)): count for name, count in wanted.items()}
        self._waiting: dict[str, deque[subprocess.Popen[bytes]]] = {
            path: deque() for path in self._wanted
        }

    def fill(self) -> None:
        """Starts what is missing, and what takes the place of those that died.

        Call it from the main thread, and where nobody waits for anything: loading takes time.
        """
        for path, count in self._wanted.items():
            waiting = self._alive(path)
            for _ in range(count - len(waiting)):
                waiting.append(
                    launched(
                        [path, "spare"],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                    )
                )

    async def ready(self) -> None:
        """Waits until all that wait have loaded. Raises WorkbenchError if one does not."""
        for waiting in self._waiting.values():
            for process in waiting:
                await _has_loaded(process)

    def take(
        self, path: str, arguments: Sequence[str], out: Path, log: Path
    ) -> "subprocess.Popen[bytes] | None":
        """A process of a program that serves with these arguments; None if none waits."""
        waiting = self._alive(path)
        while waiting:
            process = waiting.popleft()
            order = {"arguments": list(arguments), "out": str(out), "log": str(log)}
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                # One that still loads will find it.
                process.stdin.write(json.dumps(order).encode() + b"\n")
                process.stdin.flush()
            except OSError:
                _end(process)
                continue
            process.stdin.close()
            process.stdout.close()
            return process
        return None

    def count(self, name: str) -> int:
        """How many processes of a program wait."""
        return len(self._alive(str(program(name))))

    def pids(self) -> list[int]:
        """The processes that wait."""
        return [process.pid for path in self._waiting for process in self._alive(path)]

    def close(self) -> None:
        """Ends all that wait."""
        for waiting in self._waiting.values():
            while waiting:
                _end(waiting.popleft())

    def _alive(self, path: str) -> "deque[subprocess.Popen[bytes]]":
        """Those of a program that wait; the dead ones are forgotten."""
        waiting = self._waiting.get(path, deque())
        for process in [each for each in waiting if each.poll() is not None]:
            waiting.remove(process)
            _end(process)
        return waiting


async def _has_loaded(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            line = await asyncio.to_thread(_peeked, process)
    except TimeoutError:
        line = b""
    if b"spare" not in line:
        raise WorkbenchError(f"a spare process did not load: {process.args!r}")


def _peeked(process: "subprocess.Popen[bytes]") -> bytes:
    """The line that a process says once it has loaded; it is left where it is for who asks next."""
    assert process.stdout is not None
    peek: bytes = process.stdout.peek(1)  # type: ignore[attr-defined]
    return peek


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process that serves nobody, and lets go of its pipes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
