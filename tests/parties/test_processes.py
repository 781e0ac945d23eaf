"""Parties as processes: ready, ended, and gone with the workbench whatever happens to it."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from essc_workbench.failures import WorkbenchError
from essc_workbench.ports import PortReservations
from essc_workbench.processes import PartyProcess

READY = json.dumps({"ready": True, "address": "127.0.0.1:1", "lab_address": None, "pid": 1})
PARTY = f"import time; print('{READY}', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PARTY}"


def party(tmp_path: Path, code: str) -> PartyProcess:
    return PartyProcess("party", [sys.executable, "-I", "-c", code], tmp_path)


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def test_a_party_is_ready_when_it_says_so_and_ends_when_asked(tmp_path: Path) -> None:
    process = party(tmp_path, PARTY)

    process.start()
    ready = await process.ready()
    await process.stop()

    assert (ready.address, ready.lab_address) == ("127.0.0.1:1", "")
    assert not process.is_running


async def test_a_party_that_does_not_end_is_ended(tmp_path: Path) -> None:
    process = party(tmp_path, STUBBORN)
    process.start()
    await process.ready()

    await process.stop(within_s=0.2)

    assert not process.is_running


async def test_a_party_that_dies_at_its_start_is_quoted(tmp_path: Path) -> None:
    process = party(tmp_path, "import sys; sys.exit('the disk is on holiday')")
    process.start()

    with pytest.raises(WorkbenchError, match="party did not start: the disk is on holiday"):
        await process.ready()


async def test_a_party_that_says_nothing_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    process = party(tmp_path, "import time; time.sleep(60)")
    process.start()

    with pytest.raises(WorkbenchError, match="was not ready within 0 s: it said nothing"):
        await process.ready(within_s=0.3)
    process.kill()


async def test_a_party_that_says_something_else_is_quoted(tmp_path: Path) -> None:
    process = party(tmp_path, "print('hello', flush=True); import time; time.sleep(60)")
    process.start()

    with pytest.raises(WorkbenchError, match="printed no ready line"):
        await process.ready()
    process.kill()


async def test_a_restarted_party_is_read_from_its_new_start(tmp_path: Path) -> None:
    process = party(tmp_path, PARTY)
    process.start()
    await process.ready()
    process.kill()

    process.command[-1] = "import sys; sys.exit('no second time')"
    process.start()

    with pytest.raises(WorkbenchError, match="no second time"):
        await process.ready()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_party_dies_with_the_workbench(tmp_path: Path, end: signal.Signals) -> None:
    workbench = f"""
import sys, time
from pathlib import Path
from essc_workbench.processes import PartyProcess
process = PartyProcess("party", [sys.executable, "-I", "-c", {PARTY!r}], Path({str(tmp_path)!r}))
process.start()
print(process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", workbench], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(end)

    until = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_alive(pid)


async def test_a_party_has_a_group_of_its_own(tmp_path: Path) -> None:
    """So that Ctrl-C in the terminal reaches the workbench only."""
    process = party(tmp_path, PARTY)
    process.start()
    await process.ready()

    assert os.getpgid(process.pid) == process.pid

    process.kill()


async def test_a_reserved_port_is_for_its_party_and_for_nobody_else(tmp_path: Path) -> None:
    ports, others = PortReservations(), PortReservations()
    address = ports.reserve()
    host, _, port = address.rpartition(":")

    server = await asyncio.start_server(lambda _r, _w: None, host, int(port), reuse_address=True)
    again = others.reserve(address)
    server.close()
    await server.wait_closed()

    assert again != address
    ports.release()
    others.release()


def test_two_workbenches_never_reserve_the_same_port() -> None:
    ports, others = PortReservations(), PortReservations()
    address = ports.reserve()

    other = others.reserve(address)
    ports.release()
    again = others.reserve(address)

    assert other != address
    assert again == address
    others.release()


async def test_a_party_that_was_killed_is_said_to_have_been(tmp_path: Path) -> None:
    process = party(tmp_path, PARTY)
    process.start()
    await process.ready()

    process.kill()

    assert process.last_words().startswith("ended by SIGKILL (see ")


async def test_a_full_disk_is_named_where_a_party_could_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    process = party(tmp_path, "import sys; sys.exit(2)")
    process.start()

    with pytest.raises(WorkbenchError, match=r"party did not start: the disk of .* is full"):
        await process.ready()
