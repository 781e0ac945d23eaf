"""What two places that play one drill must have in common, and whether they do."""

import hashlib
import platform
import socket
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypedDict

import essc_wire
import essc_workbench

PACKAGES: Final = ("essc-federation", "grpcio", "protobuf", "uvloop", "hdrhistogram", "distributed")
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Traits(TypedDict):
    """What a place is made of."""

    versions: dict[str, str]
    """By package, and `python` and `code`: all of it must agree."""
    machine: str
    """The same for two places that share a monotonic clock and a loopback."""
    host: str


@cache
def traits() -> Traits:
    """Those of this process."""
    return Traits(
        versions={
            "python": platform.python_version(),
            "code": _code(),
            **{name: _version(name) for name in PACKAGES},
        },
        machine=_machine(),
        host=socket.gethostname(),
    )


def differences(own: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """In which versions two places differ, in words."""
    return [
        f"{name} {other.get(name, 'none')} instead of {own.get(name, 'none')}"
        for name in sorted({*own, *other})
        if own.get(name) != other.get(name)
    ]


def _code() -> str:
    """A digest of the code that plays drills, so that two working copies are told apart."""
    digest = hashlib.sha256()
    for package in (essc_workbench, essc_wire):
        root = Path(package.__path__[0])
        for file in sorted(root.rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _machine() -> str:
    """A machine's boot has an id of its own on Linux; elsewhere its name has to do."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return platform.node()
