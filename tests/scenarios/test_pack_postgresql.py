"""The pack on PostgreSQL, with a platform of one process and of three."""

import subprocess
from pathlib import Path

import pytest
from tests.support.postgres import Postgres

from essc_workbench.postgres.databases import named
from essc_workbench.programs import program

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
# A shared database cannot be given a full disk by a scenario.
WITHOUT = {"disk-full"}


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("platforms", [1, 3])
def test_the_pack_is_good_on_postgresql(postgres: Postgres, tmp_path: Path, platforms: int) -> None:
    files = [each for each in sorted(SCENARIOS.glob("*.yaml")) if each.stem not in WITHOUT]
    url = postgres.url("essc_test_pack")

    command = [str(program("essc")), "run", *map(str, files), "--report", str(tmp_path / "runs")]
    options = ["--store", url, "--platforms", str(platforms)]
    done = subprocess.run([*command, *options], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert len(files) >= 70
    assert named(url, "essc_test_pack") == []  # each federation's database went with it
