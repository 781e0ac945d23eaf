"""`essc up --unkind` and `essc fault` as people type them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from essc_workbench.history.reading import read_history

ESSC = Path(sys.executable).parent / "essc"


class Up:
    """A federation that stands, and a shell beside it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.data = folder / "data"
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        self.environment.pop("PYTHONPATH", None)
        self.process = subprocess.Popen(
            [ESSC, "up", "--data", self.data, "--channels", "wechat", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError("\n".join(self.lines))

    def run(self, *arguments: str) -> tuple[int, str]:
        """A command's status, and all it said."""
        done = subprocess.run(
            [ESSC, *arguments],
            env={**self.environment, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def stop(self) -> str:
        """Stops it; answers its last words."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=40)
        return said


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path, "--unkind", "7")
    yield up
    if up.process.poll() is None:
        up.process.kill()
        up.process.communicate()


@pytest.mark.timeout(110)
def test_faults_are_added_to_an_unkind_federation_and_listed_and_removed_while_it_runs(
    up: Up,
) -> None:
    banner = "\n".join(up.lines)
    lost = ("--lose-answer", "--method", "Apply", "--source", "wechat", "--name", "lost")

    added = up.run("fault", "add", *lost, "--lease", "60s")
    killed = up.run("fault", "add", "--kill", "wechat", "--name", "down")
    listed = up.run("fault", "list")
    removed = up.run("fault", "remove", "--all")
    again = up.run("fault", "list")
    wrong = up.run("fault", "add", "--kill", "wechatt")
    source = up.run("fault", "add", "--source", "nobody", "--lose-answer")
    absent = up.run("fault", "remove", "dwn")
    nothing = up.run("fault", "remove")
    last_words = up.stop()
    afterwards = up.run("fault", "list")

    assert "with the seed 7" in banner
    assert "Never more than two" in banner
    assert "history.jsonl" in banner
    assert added[0] == killed[0] == 0
    assert "lost: lasts until" in added[1]
    assert "kill wechat" in listed[1]
    assert "wechat to anybody, Apply" in listed[1]
    assert "lost: has ended after 0 hits" in removed[1]
    assert "down: has ended after 1 hit" in removed[1]
    assert again[1].count("has ended") == 2
    assert wrong[0] == 2
    assert "--kill: no party 'wechatt'; did you mean 'wechat'?" in wrong[1]
    assert "BadRequest" not in wrong[1]
    assert source[0] == absent[0] == 2
    assert "--source: no party 'nobody'; there are: " in source[1]
    assert "no fault 'dwn'; did you mean 'down'?" in absent[1]
    assert nothing[0] == 2
    assert "unkind with the seed 7: refuse" in last_words
    assert "ended unexpectedly" not in last_words
    assert up.process.returncode == 0
    assert afterwards[0] == 2
    assert "no federation runs" in afterwards[1]
    happened = read_history(up.data / "history.jsonl").happened("killed", "started")
    told = [(item.what, item.party) for item in happened]
    assert ("killed", "wechat") in told
    assert ("started", "wechat") in told
