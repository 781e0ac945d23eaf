"""A data folder that is prepared once, and copied for each federation of a run of the workbench.

It holds what every federation sets up alike: an initialised platform, the counters with their keys,
the personas; no channel. It is made by starting a federation without channels and stopping it, so
by the very code that sets up any other. A copy is fresh: nothing is ever reset. Where the platform
keeps its data in a database, that is copied too, by whoever gives the copy its own.
"""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from essc_workbench.failures import WorkbenchError
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.spares import Spares
from essc_workbench.stores import AS_BEFORE, Deployment

_NOT_COPIED = ("lock", "logs")


class Template:
    """The prepared folder. It is made when it is asked for first."""

    def __init__(
        self, root: Path, spares: Spares | None = None, deployment: Deployment = AS_BEFORE
    ) -> None:
        self._folder = DataFolder(root)
        # One process is enough to prepare what any number of them will find.
        platforms = None if deployment.platforms is None else 1
        self._spares = spares
        self._deployment = replace(deployment.kept(), platforms=platforms)
        self._turn = asyncio.Lock()
        self._is_made = False

    async def make(self) -> None:
        """Prepares it, once."""
        async with self._turn:
            if not self._is_made:
                async with federation_in(
                    self._folder, channels=(), spares=self._spares, deployment=self._deployment
                ):
                    pass
                self._is_made = True

    async def copy_to(self, folder: DataFolder) -> None:
        """Puts a fresh copy into a folder; one that holds a federation is left as it is."""
        if folder.state_file.exists():
            return
        await self.make()
        try:
            await asyncio.to_thread(_copy, self._folder.root, folder.root)
        except OSError as error:
            raise WorkbenchError(f"{folder.root}: {error}") from None

    def drop(self) -> None:
        """Drops its database, if it has one."""
        if self._deployment.store is not None:
            self._deployment.store.drop(self._folder.root)


def _copy(source: Path, target: Path) -> None:
    ignore: Callable[[str, list[str]], list[str]] = lambda _, names: [  # noqa: E731 - its type
        name for name in names if name in _NOT_COPIED
    ]
    shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)
