"""One unlink as `pgbench` repeats it: the very statements that a platform has sent for one.

The server is told to log what it is asked while one unlink is made. Out of that comes a script: the
same statements, each a round trip of its own, in one transaction, prepared; where the holder's key
stood the number of one of many holders is drawn. A copy of the database has its citizens renumbered
for it, so that a number is all that a holder needs.
"""

import asyncio
import re
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from essc_workbench.failures import WorkbenchError
from essc_workbench.postgres.databases import create
from essc_workbench.postgres.server import Server
from essc_workbench.postgres.urls import for_library

if TYPE_CHECKING:
    import psycopg

CLIENTS, THREADS = 64, 2
_WARM_S, _SECONDS = 2.0, 4.0
_BUCKETS = 1024
_ENTRY: Final = re.compile(r"^~(\d+)~(\w+):  (.*?)(?=^~\d+~|\Z)", re.MULTILINE | re.DOTALL)
_EXECUTED: Final = re.compile(r"execute [^:]*: (.*)", re.DOTALL)
_PARAMETER: Final = re.compile(r"\$(\d+) = ('(?:[^']|'')*'|NULL)")
_WRITES_LINK: Final = "INSERT INTO links"


@dataclass(frozen=True, slots=True)
class Rate:
    """What pgbench brought about in a stretch of time."""

    rate: float
    cpu_us: float
    """Processor time of the server for each transaction."""


async def capture(server: Server, url: str, act: Callable[[], Awaitable[None]]) -> list[str]:
    """The statements of the one transaction that unlinks while this acts, values written out."""
    log = server.folder / "log"
    with _connected(url) as connection:
        connection.execute("ALTER SYSTEM SET log_line_prefix = '~%p~'")
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.5)  # the other sessions read their settings between two statements
        start = log.stat().st_size
        await act()
        await asyncio.sleep(0.2)
        said = log.read_bytes()[start:].decode()
        connection.execute("ALTER SYSTEM RESET ALL")
        connection.execute("SELECT pg_reload_conf()")
    found = [each for each in transactions(said) if any(_WRITES_LINK in one for one in each)]
    if len(found) != 1:
        raise WorkbenchError(f"{len(found)} transactions have unlinked where one was made")
    return found[0]


def script(statements: list[str], holder: tuple[int, int], holders: int) -> str:
    """The transaction for pgbench, of a random one of so many holders."""
    bucket, citizen = holder
    lines = [
        f"\\set citizen random(1, {holders})",
        f"\\set bucket :citizen % {_BUCKETS}",
        "\\set place random(1, 9000000000000000000)",
    ]
    for statement in statements:
        text = " ".join(statement.split())
        text = text.replace(f"'{{{citizen}}}'", "ARRAY[:citizen::bigint]")
        text = text.replace(f"'{{{bucket}}}'", "ARRAY[:bucket::smallint]")
        # What has to be new in every transaction: places, and a request's digest.
        text = re.sub(r"'\{\d{18,19}\}'", "ARRAY[:place::bigint]", text)
        text = re.sub(r"'\{[0-9a-f]{32,}\}'", "ARRAY['r' || :place]", text)
        lines.append(f"{text};")
    return "\n".join(lines) + "\n"


def copy(server: Server, url: str, target: str) -> None:
    """A database again, which goes on being used meanwhile."""
    create(target)
    programs = server.programs
    dumped = subprocess.run(
        [programs / "pg_dump", "--no-owner", for_library(url)], check=True, capture_output=True
    )
    subprocess.run(
        [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", for_library(target)],
        input=dumped.stdout,
        check=True,
        capture_output=True,
    )


def renumber(url: str) -> int:
    """Gives the citizens of a database the numbers from 1 on; answers how many there are."""
    with _connected(url) as connection:
        connection.execute(
            "CREATE TEMP TABLE renumbered AS SELECT bucket, citizen, "
            "row_number() OVER (ORDER BY bucket, citizen) AS number FROM citizens"
        )
        names = connection.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name IN ('bucket', 'citizen') GROUP BY table_name HAVING count(*) = 2"
        ).fetchall()
        for (name,) in names:
            update = (
                f"UPDATE {name} AS own SET citizen = r.number, bucket = r.number % {_BUCKETS} "  # noqa: S608 - the schema's own names
                "FROM renumbered AS r WHERE own.bucket = r.bucket AND own.citizen = r.citizen"
            )
            connection.execute(update.encode())
        connection.execute("VACUUM FULL")
        connection.execute("ANALYZE")
        return int(connection.execute("SELECT count(*) FROM renumbered").fetchall()[0][0])


def holder_of(url: str) -> tuple[int, int]:
    """The bucket and the number of whoever has unlinked last."""
    with _connected(url) as connection:
        rows = connection.execute(
            "SELECT bucket, citizen FROM links WHERE unlink_time IS NOT NULL "
            "ORDER BY unlink_time DESC LIMIT 1"
        ).fetchall()
    return rows[0][0], rows[0][1]


async def repeat(server: Server, url: str, path: Path) -> Rate:
    """Runs a script of pgbench for some seconds. Raises WorkbenchError if a transaction fails."""
    program = server.programs / "pgbench"
    if not program.is_file():
        raise WorkbenchError(f"{server.programs}: no pgbench is there to measure beside")
    command = [str(program), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(THREADS)]
    command += ["-T", str(int(_WARM_S + _SECONDS + 2)), "-f", str(path), for_library(url)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        await asyncio.sleep(_WARM_S)
        with _connected(url) as connection:
            count, cpu, began = _count(connection), server.cpu_seconds(), time.perf_counter()
            await asyncio.sleep(_SECONDS)
            seconds, used = time.perf_counter() - began, server.cpu_seconds() - cpu
            count = _count(connection) - count
        said, _ = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or "number of failed transactions: 0 " not in said.decode():
        raise WorkbenchError(f"pgbench: {said.decode()[-400:]}")
    return Rate(count / seconds, used / count * 1e6)


def _count(connection: "psycopg.Connection[Any]") -> int:
    """Grows by one with every transaction that writes."""
    return int(connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()[0][0])


def transactions(said: str) -> list[list[str]]:
    """The statements of each session's transactions, with the values that came for them."""
    done: list[list[str]] = []
    open_: dict[str, list[str]] = {}
    for session, kind, text in _ENTRY.findall(said):
        statement = text.strip()
        executed = _EXECUTED.fullmatch(statement)
        if kind == "DETAIL" and open_.get(session):
            open_[session][-1] = _filled(open_[session][-1], statement)
        elif kind != "LOG":
            continue
        elif executed:
            open_.setdefault(session, []).append(executed[1])
        elif statement.startswith("statement: BEGIN"):
            whole = statement.removeprefix("statement: ")
            open_[session] = [each.strip() for each in whole.split(";") if each.strip()]
        if executed and executed[1].strip() == "COMMIT":
            done.append(open_.pop(session))
        elif statement == "statement: COMMIT":
            done.append([*open_.pop(session, []), "COMMIT"])
    return done


def _filled(statement: str, detail: str) -> str:
    """A statement with its parameters in their places, the last ones first: $1 begins $12."""
    values = _PARAMETER.findall(detail)
    for number, value in sorted(values, key=lambda each: -int(each[0])):
        statement = statement.replace(f"${number}", value)
    return statement


def _connected(url: str) -> "psycopg.Connection[Any]":
    import psycopg

    return psycopg.connect(for_library(url), autocommit=True)
