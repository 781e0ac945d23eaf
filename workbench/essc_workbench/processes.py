"""One party as a process: started without a shell, waited for until it is ready, ended by its pid.

Each process has its own group, so a Ctrl-C in the terminal reaches the workbench only, which then
stops the parties in order. Whatever happens to the workbench, launch.py sees to it that none stays.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from essc_workbench.failures import WorkbenchError

READY_S = 60.0  # a cold disk and modules that were never compiled take their time
STOP_S = 8.0
_ROOM_BYTES = 1 << 20
"""With less than this a party that said nothing most likely had no room to."""
_POLL_S = 0.01
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a party says of itself once it is ready."""

    address: str
    lab_address: str
    pid: int


def environment() -> dict[str, str]:
    """What the parties inherit: neither a search path nor a proxy between loopback ports."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "no_proxy": "localhost,127.0.0.1,::1"}


Take: TypeAlias = Callable[[str, Sequence[str], Path, Path], "subprocess.Popen[bytes] | None"]
"""Who gives a process of a program that serves with these arguments, if one has been kept ready;
the files are where its output and its log go."""


def launched(
    command: Sequence[str], *, as_user: tuple[int, int] | None = None, **streams: Any
) -> "subprocess.Popen[bytes]":
    """Starts a program that dies with the workbench, in a process group of its own.

    Where the workbench is root it may run as another user: its number, and that of its group.
    """
    who = ":".join(map(str, (os.getpid(), *(as_user or ()))))
    launcher = [sys.executable, "-I", "-S", str(_LAUNCH), who]
    return subprocess.Popen([*launcher, *command], env=environment(), process_group=0, **streams)


class PartyProcess:
    """A program that prints a ready line; its output goes to files in a folder."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        logs: Path,
        take: Take | None = None,
    ) -> None:
        """`take` gives a process that has loaded a program already, if there is one."""
        self.name = name
        self._take = take
        self.command = [str(part) for part in command]
        self.out_file = logs / f"{name}.out"
        self.log_file = logs / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._out_from = self._log_from = 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's id; 0 if it was never started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Starts the process. Call it from the main thread: a party dies with that thread."""
        with self.out_file.open("ab") as out, self.log_file.open("ab") as log:
            self._out_from, self._log_from = out.tell(), log.tell()
            program, word, *arguments = [*self.command, ""]
            if self._take is not None and word == "serve":
                self._process = self._take(program, arguments[:-1], self.out_file, self.log_file)
            else:
                self._process = None
            if self._process is None:
                self._process = launched(
                    self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=log
                )

    async def ready(self, within_s: float = READY_S) -> Ready:
        """Waits for the ready line."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            line = self._first_line()
            if line:
                return self._parse(line)
            if not self.is_running:
                raise WorkbenchError(f"{self.name} did not start: {self.last_words()}")
            await asyncio.sleep(_POLL_S)
        raise WorkbenchError(
            f"{self.name} was not ready within {within_s:.0f} s: {self.last_words()}"
        )

    async def stop(self, within_s: float = STOP_S) -> None:
        """Asks the process to end; if it does not in time, ends it."""
        if not self.is_running:
            return
        self.send(signal.SIGTERM)
        if not await self._ended(within_s):
            self.kill()

    def kill(self) -> None:
        """Ends the process at once, as a power cut would."""
        if self._process is not None and self.is_running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the process alone."""
        if self._process is not None:
            self._process.send_signal(number)

    def output(self) -> str:
        """What the process wrote to its standard output since its start."""
        return _tail(self.out_file, self._out_from)

    def last_words(self) -> str:
        """How it ended, if a signal ended it; else the last line of its log since the start."""
        code = self._process.poll() if self._process else None
        if code is not None and code < 0:
            return f"ended by {signal.Signals(-code).name} (see {self.log_file})"
        lines = _tail(self.log_file, self._log_from).strip().splitlines()
        said = lines[-1][:300] if lines else self._silence(code)
        return f"{said} (see {self.log_file})"

    def _silence(self, code: int | None) -> str:
        """Why nothing may have been said: on a full disk the log has no room either."""
        said = "it said nothing" if code is None else f"it said nothing and ended with {code}"
        free = shutil.disk_usage(self.log_file.parent).free
        if free >= _ROOM_BYTES:
            return said
        return f"the disk of {self.log_file.parent} is full ({free // 1024} KiB are left); {said}"

    async def _ended(self, within_s: float) -> bool:
        until = time.monotonic() + within_s
        while self.is_running and time.monotonic() < until:  # noqa: ASYNC110 - a pid sets no event
            await asyncio.sleep(_POLL_S)
        return not self.is_running

    def _first_line(self) -> str:
        text = self.output()
        return text.splitlines()[0] if "\n" in text else ""

    def _parse(self, line: str) -> Ready:
        try:
            values = json.loads(line)
            return Ready(
                address=values["address"],
                lab_address=values.get("lab_address") or "",
                pid=values["pid"],
            )
        except (ValueError, KeyError, TypeError):
            raise WorkbenchError(f"{self.name} printed no ready line but: {line[:200]}") from None


def _tail(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")
