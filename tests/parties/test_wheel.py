"""The wheel is a product too: installed into an empty environment, it tells the whole story."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_the_demo_passes_from_an_installed_wheel(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    run(sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel", "-d", wheels, at=ROOT)
    (wheel,) = wheels.glob("*.whl")
    home = tmp_path / "empty"
    venv.create(home, with_pip=True)
    installer = [home / "bin" / "python", "-m", "pip"]
    if shutil.which("uv") and not subprocess.run(["uv", "--version"], check=False).returncode:
        installer = ["uv", "pip"]
    run(*installer, "install", "--quiet", f"{wheel}", at=tmp_path, home=home)

    said = run(home / "bin" / "essc", "demo", at=tmp_path, home=home)

    assert "zhang-san" in said or "张三" in said


def run(*command: object, at: Path, home: Path | None = None) -> str:
    """Runs a command that must succeed, without the source tree; answers what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if home:
        environment["VIRTUAL_ENV"] = str(home)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=at,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
