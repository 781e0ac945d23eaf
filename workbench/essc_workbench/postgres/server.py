"""A PostgreSQL server of our own: in a folder of its own, reached by a Unix socket in it.

    with Server() as server:
        create(server.url("essc"))

PostgreSQL refuses to run as root. So where the workbench does, the server runs as the user
`postgres` or `nobody`, in a folder under the system's temporary one that is that user's alone. The
server ends with the workbench, however that ends.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from essc_workbench.failures import WorkbenchError
from essc_workbench.postgres.binaries import binaries, copied
from essc_workbench.postgres.urls import SCHEME
from essc_workbench.processes import launched

USER: Final = "essc"
_SERVERS_USERS: Final = ("postgres", "nobody")
"""Whom a server runs as where the workbench is root: the first that there is."""
_READY_S: Final = 30.0
_END_S: Final = 10.0
_POLL_S: Final = 0.02
_INITDB_S: Final = 60.0
_SETTINGS: Final = {
    "listen_addresses": "",  # the socket in the folder is the only way in
    "max_connections": "300",
    "shared_buffers": "64MB",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "logging_collector": "off",
    "timezone": "UTC",
}
_FORGETFUL: Final = {"fsync": "off", "full_page_writes": "off"}
"""Quick, and good as long as the machine itself stays up; never where a kill is to be survived."""


class Server:
    """One server; it starts on entering, and its folder goes on leaving."""

    def __init__(self, *, is_durable: bool = False, programs: Path | None = None) -> None:
        """A durable one waits for the disk at every commit, as in earnest.

        `programs` is the folder with PostgreSQL's programs; by default what this machine has.
        """
        self._settings = _SETTINGS if is_durable else _SETTINGS | _FORGETFUL
        self._programs = programs or binaries()
        self._user = _servers_user()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Where everything of this server lies."""
        assert self._folder is not None
        return self._folder

    @property
    def pid(self) -> int:
        """The server's first process; 0 if it runs not."""
        is_running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and is_running else 0

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self._programs

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far, of those that have ended too."""
        ticks = 0
        for pid in (self.pid, *_children(self.pid)):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                # What has ended is counted at the process that has started it.
                ticks += sum(map(int, fields[11 : 15 if pid == self.pid else 13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def url(self, database: str) -> str:
        """The address of a database of this server, whether it is there or not."""
        return f"{SCHEME}://{USER}@/{quote(database, safe='')}?host={quote(str(self.folder))}"

    def start(self) -> None:
        """Starts the server, or starts it again, and waits until it answers."""
        until = time.monotonic() + _READY_S
        while True:
            self._launch()
            if self._is_answering(until):
                return
            self.kill()
            # Processes of the one that was killed may hold its memory for a moment.
            if time.monotonic() > until or "is still in use" not in self.last_words():
                raise WorkbenchError(f"PostgreSQL did not start: {self.last_words()}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Ends the server at once, but in order: its clients are cut off, nothing is to mend."""
        self._end_with(signal.SIGINT)

    def crash(self) -> None:
        """Ends the server without order (`pg_ctl stop -m immediate`); the next start mends."""
        self._end_with(signal.SIGQUIT)

    def kill(self) -> None:
        """Ends all processes of the server, as a power cut would."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGSTOP)  # it starts no further one
            for pid in (*_children(self._process.pid), self._process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def close(self) -> None:
        """Ends the server and removes its folder."""
        self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def last_words(self) -> str:
        """The last line of the server's log."""
        try:
            lines = (self.folder / "log").read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return "it said nothing"
        return lines[-1][:300] if lines else "it said nothing"

    def _make(self) -> None:
        """The folder, with an empty cluster in it."""
        self._folder = Path(tempfile.mkdtemp(prefix="essc-postgres-"))
        self._hand_over(self._folder)
        if not self._may_run(self._programs / "initdb"):
            self._programs = self._within_reach(self._programs)
        arguments = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", USER]
        try:
            self._run(
                str(self._programs / "initdb"), "-D", str(self.folder / "cluster"), *arguments
            )
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip()[-300:]
            raise WorkbenchError(f"PostgreSQL's initdb: {said}") from None

    def _may_run(self, program: Path) -> bool:
        """Whether the server's user reaches a program; a home folder is often its owner's only."""
        try:
            self._run(str(program), "--version")
        except PermissionError:
            return False
        return True

    def _run(self, *command: str) -> None:
        """Runs a short program as the server's user."""
        user = self._user
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd="/",
            timeout=_INITDB_S,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=() if user else None,
        )

    def _within_reach(self, programs: Path) -> Path:
        """The programs with what belongs to them, where the server's user reaches them."""
        copy = copied(programs, self.folder / "programs")
        for path in (self.folder / "programs").rglob("*"):
            self._hand_over(path)
        self._hand_over(self.folder / "programs")
        return copy

    def _hand_over(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)

    def _launch(self) -> None:
        settings = self._settings | {"unix_socket_directories": str(self.folder)}
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "cluster")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = launched(
                command,
                as_user=(self._user.pw_uid, self._user.pw_gid) if self._user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )

    def _is_answering(self, until: float) -> bool:
        """Waits until the server takes connections; False if it ends, or the time is over."""
        import psycopg

        assert self._process is not None
        while time.monotonic() < until and self._process.poll() is None:
            try:
                psycopg.connect(dbname="postgres", user=USER, host=str(self.folder)).close()
            except psycopg.OperationalError:
                time.sleep(_POLL_S)
            else:
                return True
        return False

    def _end_with(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None


def _children(pid: int) -> list[int]:
    """The processes that a process has started. Where nobody tells, they end by themselves."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _servers_user() -> pwd.struct_passwd | None:
    """Whom a server runs as; None for whoever runs the workbench."""
    if os.geteuid() != 0:
        return None
    for name in _SERVERS_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise WorkbenchError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(_SERVERS_USERS)}"
    )
