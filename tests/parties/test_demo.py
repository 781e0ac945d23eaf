"""`essc demo` as a newcomer runs it, and what it leaves behind: nothing."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ESSC = Path(sys.executable).with_name("essc")


def running(marker: str) -> list[str]:
    """The processes that name a folder on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if marker in command and "essc-" in command:
            found.append(command)
    return found


def _told(output: str) -> str:
    """The lines of the story, without the marks before them."""
    return "\n".join(line.strip() for line in output.splitlines() if "✓" in line)


@pytest.mark.rule("R4", "R10", "R11", "R20", "R21", "R41", "R50", "R62")
def test_the_demo_tells_its_story_and_leaves_nothing_running(tmp_path: Path) -> None:
    data = tmp_path / "demo"

    done = subprocess.run(
        [ESSC, "demo", "--data", data], capture_output=True, text=True, timeout=110, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert "待开通" in done.stdout
    assert not re.search(r",,|: :|,:|\S  \S|\.\.|\bNone\b|STATE_", _told(done.stdout))
    assert re.search(r"[0-9]+ lines checked, all as expected.*story [0-9.]+ s\.", done.stdout)
    assert running(str(data)) == []


def test_the_demo_needs_a_fresh_folder(tmp_path: Path) -> None:
    (tmp_path / "something").touch()

    done = subprocess.run(
        [ESSC, "demo", "--data", tmp_path], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert done.stderr == f"essc: {tmp_path}: the demo needs a new or empty folder\n"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_stopped_leaves_nothing_running(tmp_path: Path, end: signal.Signals) -> None:
    data = tmp_path / "demo"
    demo = subprocess.Popen(
        [ESSC, "demo", "--data", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while len(running(str(data))) < 3 and time.monotonic() < until:
        time.sleep(0.05)

    demo.send_signal(end)
    _, errors = demo.communicate(timeout=30)

    while running(str(data)) and time.monotonic() < until:
        time.sleep(0.05)
    assert running(str(data)) == []
    assert demo.returncode == (-signal.SIGKILL if end is signal.SIGKILL else 130)
    assert "Traceback" not in errors


def test_a_story_that_nobody_knows_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    done = subprocess.run(
        [ESSC, "demo", "--story", "romance", "--data", tmp_path / "demo"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "romance: no such story; there are: channels, family" in done.stderr
    assert not (tmp_path / "demo").exists()
