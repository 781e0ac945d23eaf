"""The stubs in use come from the protos in the tree."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_stubs_are_fresh() -> None:
    check = subprocess.run(
        [sys.executable, "-I", "hatch_build.py", "--check"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.returncode == 0, check.stdout + check.stderr
