"""How a federation's platform is deployed: as how many processes, and where it keeps its data: in
its folder, or in a database of PostgreSQL that all its processes share.

`--store URL` names a database of a server. `essc up` uses that one, and makes it where it is not
there. A run of scenarios, a drill or the demo makes one for each of its federations beside the one
that was named, `NAME_` and a digest of the federation's folder, and drops it when that federation
ends; the database that was named is not touched, nor need it be there.
"""

import asyncio
import hashlib
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol, Self

from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.fleet import PLATFORMS_MAX
from essc_workbench.postgres.databases import create, drop, exists
from essc_workbench.postgres.urls import checked, database_of, with_database

_DIGEST: Final = 12


class Store(Protocol):
    """Gives a federation its database."""

    @property
    def url(self) -> str:
        """The address as it was named."""
        ...

    async def give(self, root: Path, before: str) -> str:
        """The address of the database for the federation in a folder, which is there afterwards.

        `before` is the one that the folder's federation had, or that of the folder which it is a
        copy of; "" if it had none. Raises WorkbenchError.
        """
        ...

    async def take_back(self, url: str) -> None:
        """The federation has ended."""
        ...

    def kept(self) -> "Store":
        """The same, but its databases outlive their federations."""
        ...

    def drop(self, root: Path) -> None:
        """Drops what was kept for the federation in a folder, but nothing that was named."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How the platform of a federation is run. What is not said is as the last time, and at first
    one process that keeps its data in its folder.
    """

    store: Store | None = None
    platforms: int | None = None
    """How many processes."""
    is_watched: bool = False
    """Whether each process of the federation has an operations port."""

    def __post_init__(self) -> None:
        """Raises UsageError for a number of processes that cannot be."""
        if self.platforms is not None and not 1 <= self.platforms <= PLATFORMS_MAX:
            raise UsageError(f"a platform is 1 to {PLATFORMS_MAX} processes, not {self.platforms}")

    def options(self) -> str:
        """The options that say the same, for a shell."""
        words = ["--store", self.store.url] if self.store is not None else []
        words += ["--platforms", str(self.platforms)] if self.platforms is not None else []
        return shlex.join(words)

    def told(self) -> str:
        """The same in a few words, without the server's address."""
        kind = "SQLite" if self.store is None else "PostgreSQL"
        count = self.platforms or 1
        return f"{count} process{'es' if count > 1 else ''} on {kind}"

    def kept(self) -> Self:
        """The same, but its databases outlive their federations."""
        return replace(self, store=self.store.kept() if self.store is not None else None)


AS_BEFORE: Final = Deployment()


@dataclass(frozen=True, slots=True)
class NamedStore:
    """The database that was named; it stays."""

    url: str

    async def give(self, root: Path, before: str) -> str:
        if not await asyncio.to_thread(exists, checked(self.url)):
            await asyncio.to_thread(create, self.url)
        return self.url

    async def take_back(self, url: str) -> None:
        return

    def kept(self) -> Self:
        return self

    def drop(self, root: Path) -> None:
        return


@dataclass(frozen=True, slots=True)
class OwnStores:
    """A database for each federation, beside the one that was named."""

    url: str
    is_kept: bool = False
    """Whether databases outlive their federations, as the folders do."""

    def at(self, root: Path) -> str:
        """The address of the database for the federation in a folder."""
        digest = hashlib.sha256(str(root).encode()).hexdigest()[:_DIGEST]
        return with_database(checked(self.url), f"{database_of(self.url)}_{digest}")

    def kept(self) -> Self:
        return replace(self, is_kept=True)

    async def give(self, root: Path, before: str) -> str:
        url = self.at(root)
        if url != before:
            await asyncio.to_thread(self.drop, root)  # of one that was killed in this folder
            await asyncio.to_thread(create, url, template=database_of(before))
        return url

    async def take_back(self, url: str) -> None:
        if not self.is_kept:
            # A server that is away keeps it; its name says whose it was.
            with suppress(WorkbenchError):
                await asyncio.to_thread(drop, url)

    def drop(self, root: Path) -> None:
        drop(self.at(root))


def deployment_of_runs(store: str, platforms: int | None) -> Deployment:
    """What the options of a run of many federations say. Raises UsageError."""
    if platforms is not None and platforms > 1 and not store:
        raise UsageError("several processes of a platform need one database: name it, --store")
    return Deployment(store=OwnStores(checked(store)) if store else None, platforms=platforms)
