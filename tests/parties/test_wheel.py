"""The wheel is a product: installed alone, it tells the demo's story."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_the_demo_passes_from_an_installed_wheel(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=REPOSITORY,
        check=True,
        timeout=300,
    )
    wheel = next(tmp_path.glob("*.whl"))
    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=True)
    lock = REPOSITORY / "requirements.lock"
    pip: list[str | Path] = [fresh / "bin" / "python", "-I", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-c", lock, wheel], cwd=tmp_path, check=True, timeout=600)

    done = subprocess.run(
        [fresh / "bin" / "essc", "demo", "--data", tmp_path / "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert str(REPOSITORY) not in done.stdout
