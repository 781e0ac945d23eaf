"""Writes the generated side of the contract: `build/stubs`, from `protos/` and `third_party/`.

Runs as hatchling's build hook, for editable installs and for wheels, and by hand for `make stubs`:

    python -I hatch_build.py          # generate, unless what is there is fresh
    python -I hatch_build.py --check  # only say whether it is fresh

Beside the stubs lie two files that tests and documents read: `essc/stubs_digest.txt` says from
which protos and with which tools the stubs were made, and `essc/contract.binpb` is the contract
as a descriptor set with its comments. A wheel also carries the .proto files themselves, in
`essc_wire/_protos`, because whoever integrates in another language needs them.
"""

import fcntl
import hashlib
import os
import sys
import tempfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
ROOTS = (ROOT / "protos", ROOT / "third_party")
STUBS = ROOT / "build" / "stubs"
DIGEST = STUBS / "essc" / "stubs_digest.txt"
TOOLS = ("grpcio-tools", "mypy-protobuf")


class StubsHook(BuildHookInterface[Any]):
    """What hatchling calls before it collects files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        generate()
        # An editable install finds build/stubs on its path; a copy of it would only grow stale.
        if version != "editable":
            build_data["force_include"].update(wheel_files())


def wheel_files() -> dict[str, str]:
    """Source to place in the wheel: the stub packages, and the .proto files with their licences."""
    placed = {str(STUBS / package): package for package in ("essc", "buf")}
    for root in ROOTS:
        for path in sorted([*root.rglob("*.proto"), *root.rglob("LICENSE")]):
            placed[str(path)] = f"essc_wire/_protos/{path.relative_to(root).as_posix()}"
    return placed


def proto_files() -> list[tuple[Path, str]]:
    """Every .proto file: its root, and its name as other files import it."""
    return [
        (root, path.relative_to(root).as_posix())
        for root in ROOTS
        for path in sorted(root.rglob("*.proto"))
    ]


def digest() -> str:
    """Two lines: what the stubs are made from, and what makes them."""
    sources = hashlib.sha256()
    for root, name in proto_files():
        # Line ends differ between checkouts and mean nothing.
        text = (root / name).read_bytes().replace(b"\r\n", b"\n")
        sources.update(f"{name}\0{len(text)}\0".encode())
        sources.update(text)
    generator = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    tools = " ".join(f"{tool}={version(tool)}" for tool in TOOLS)
    return f"protos sha256={sources.hexdigest()}\ntools {tools} hatch_build={generator}\n"


def is_fresh() -> bool:
    return DIGEST.is_file() and DIGEST.read_text() == digest()


def generate() -> bool:
    """Generates unless fresh, and says whether it did. Parallel calls wait for one another."""
    STUBS.parent.mkdir(exist_ok=True)
    with (STUBS.parent / "stubs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_fresh():
            os.utime(DIGEST)  # make compares times
            return False
        with tempfile.TemporaryDirectory(dir=STUBS.parent, prefix="stubs-") as folder:
            made_from = digest()
            made = Path(folder) / "new"
            run_protoc(made, Path(folder))
            (made / "essc" / DIGEST.name).write_text(made_from)
            # Moved into place whole: a failed or interrupted run leaves the old stubs alone.
            if STUBS.exists():
                STUBS.rename(Path(folder) / "old")
            made.rename(STUBS)
        return True


def run_protoc(out: Path, scratch: Path) -> None:
    from grpc_tools import protoc  # here, because it is heavy and a fresh tree needs none of it

    (out / "essc").mkdir(parents=True)
    # Stubs for google/ come from googleapis-common-protos.
    names = [name for _, name in proto_files() if not name.startswith("google/")]
    arguments = [
        "protoc",
        *(f"--proto_path={root}" for root in ROOTS),
        f"--proto_path={files('grpc_tools') / '_proto'}",
        *(f"--plugin=protoc-gen-{name}={plugin(name, scratch)}" for name in ("mypy", "mypy_grpc")),
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        # Not --pyi_out: it writes the same files and knows nothing of services.
        f"--mypy_out=quiet:{out}",
        f"--mypy_grpc_out=quiet:{out}",
        "--include_imports",
        "--include_source_info",
        f"--descriptor_set_out={out / 'essc' / 'contract.binpb'}",
        *names,
    ]
    if protoc.main(arguments) != 0:
        # protoc has already said what is wrong, on stderr.
        sys.exit("hatch_build.py: protoc refused the protos; build/stubs is left as it was")
    for package in ("essc", "buf"):
        (out / package / "py.typed").touch()


def plugin(name: str, scratch: Path) -> Path:
    """A mypy-protobuf plugin as an executable that imports what this interpreter imports.

    The installed script would have to be searched for: in an isolated build it is neither beside
    the interpreter nor certain to be on PATH.
    """
    module = {"mypy": "main", "mypy_grpc": "grpc"}[name]
    code = scratch / f"{name}.py"
    code.write_text(
        f"import sys\nsys.path[:] = {sys.path!r}\n"
        f"from mypy_protobuf.main import {module} as main\nmain()\n"
    )
    script = scratch / f"protoc-gen-{name}"
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I '{code}'\n")
    script.chmod(0o755)
    return script


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        if is_fresh():
            return 0
        print("build/stubs is not made from these protos with these tools: run `make stubs`")
        return 1
    if arguments:
        print(__doc__)
        return 2
    print("stubs: generated" if generate() else "stubs: fresh")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
