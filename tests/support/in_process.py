"""Platforms in the test's own process on a PostgreSQL database that they share.

See deployments.py for what asks for them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from essc_platform.making import initialise
from essc_workbench.postgres.databases import create
from essc_workbench.postgres.urls import database_of

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

    from essc_wire.keys import PartyKeyPair


class SharedStores:
    """The databases of the data folders that tests make, each a copy of one that was filled."""

    def __init__(self, postgres: Postgres, platforms: int, prefix: str) -> None:
        self.platforms = platforms
        """How many platforms serve one folder."""
        self._postgres, self._prefix = postgres, prefix
        self._urls: dict[Path, str] = {}
        self._first = cache(self._filled)

    def made(self, folder: Path, platform_id: str) -> PartyKeyPair:
        """Makes a data folder and its database. Answers the first operator's key."""
        key, files, template = self._first(platform_id)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(content)
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        url = self._postgres.url(f"{self._prefix}_{digest}")
        create(url, template=template)
        self._urls[folder] = url
        return key

    def url(self, folder: Path) -> str | None:
        """The database of a folder; None where it is a file in it."""
        return self._urls.get(folder)

    def _filled(self, platform_id: str) -> tuple[PartyKeyPair, dict[str, bytes], str]:
        """The folder that all others are copies of, and its database."""
        digest = hashlib.sha256(platform_id.encode()).hexdigest()[:6]
        url = self._postgres.url(f"{self._prefix}_filled_{digest}")
        create(url)
        with TemporaryDirectory() as name:
            folder = Path(name) / "platform"
            key = initialise(folder, platform_id, url=url)
            there = [path for path in folder.rglob("*") if path.is_file()]
            files = {str(path.relative_to(folder)): path.read_bytes() for path in there}
        return key, files, database_of(url)


IN_USE: list[SharedStores] = []
"""Those that the environment asks for, if it does."""


def shared_stores() -> SharedStores | None:
    """Those that the environment asks for; None where stores are files."""
    return IN_USE[-1] if IN_USE else None
