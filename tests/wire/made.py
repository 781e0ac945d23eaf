"""Data folders of platforms, made once in a process and then copied: making one takes long."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from essc_platform.making import initialise
from essc_wire.keys import PartyKeyPair


def made(folder: Path, platform_id: str) -> PartyKeyPair:
    """Makes a platform's data folder. Answers the first operator's key.

    All such folders of a process have the same secrets and keys. A test of what is made, or of two
    platforms that must differ, initialises its own.
    """
    operator_key, files = _first(platform_id)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
    return operator_key


@cache
def _first(platform_id: str) -> tuple[PartyKeyPair, dict[str, bytes]]:
    with TemporaryDirectory() as name:
        folder = Path(name) / "platform"
        operator_key = initialise(folder, platform_id)
        there = [path for path in folder.rglob("*") if path.is_file()]
        return operator_key, {str(path.relative_to(folder)): path.read_bytes() for path in there}
