"""The top-level folders are source roots, and `platform` is the standard library's.

One `platform/__init__.py` would make our folder shadow a module that half of Python imports, but
only when run from the repository root; so this is asked there, in a process of its own.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = {
    "protos": {"essc_wire"},
    "platform": {"essc_platform"},
    "channels": {"essc_channels"},
    "workbench": {"essc_workbench"},
}
NOT_OURS = {".git", ".venv", "build", "dist"}


@pytest.mark.parametrize("isolated", [(), ("-I",)], ids=["plain", "isolated"])
def test_platform_is_the_standard_library(isolated: tuple[str, ...]) -> None:
    # pytest-xdist hands its own search path to children; a person's shell has none.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    origin = subprocess.run(
        [sys.executable, *isolated, "-c", "import platform; print(platform.__file__)"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()

    assert Path(origin).parent == Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_a_source_root_holds_packages_and_no_modules(root: str) -> None:
    folder = REPOSITORY / root

    assert sorted(path.name for path in folder.glob("*.py*")) == []
    assert {path.parent.name for path in folder.glob("*/__init__.py")} == SOURCE_ROOTS[root]


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    modules = [
        path for root in (*SOURCE_ROOTS, "tools") for path in (REPOSITORY / root).rglob("*.py")
    ]

    assert [str(path) for path in modules if len(path.read_text().splitlines()) > 400] == []
    assert len(modules) > 100


def test_only_one_folder_is_named_platform() -> None:
    named = [
        Path(folder) / name
        for folder, names, _ in walk_repository()
        for name in names
        if name == "platform"
    ]

    assert named == [REPOSITORY / "platform"]


def test_no_module_shadows_the_standard_library_from_the_root() -> None:
    """`python -m` and a prompt in the root see its loose modules first."""
    loose = {path.stem for path in REPOSITORY.glob("*.py")}

    assert loose & sys.stdlib_module_names == set()


def test_nothing_edits_the_search_path() -> None:
    words = ("sys.path.insert", "sys.path.append", "pythonpath")
    edits = [
        str(path)
        for folder, _, files in walk_repository()
        for path in (Path(folder) / name for name in files if name.endswith((".py", ".toml")))
        if path != Path(__file__).resolve() and any(word in path.read_text() for word in words)
    ]

    assert edits == []


def walk_repository() -> list[tuple[str, list[str], list[str]]]:
    found = []
    for folder, names, files in os.walk(REPOSITORY):
        names[:] = [name for name in names if name not in NOT_OURS]
        found.append((folder, list(names), files))
    return found
