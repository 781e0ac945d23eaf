"""A federation that an older release left: the stores of all its parties are brought here."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.folders import DataFolder, up_again
from essc_workbench.programs import channel_migrate, platform_migrate

_TOO_OLD: Final = re.compile(r"run `essc-(platform|channel) migrate")


async def bring_here(folder: DataFolder, say: Callable[[str], None]) -> None:
    """Brings each party's store to its program's schema; again is a repeat.

    Raises WorkbenchError at the first that cannot be brought here; those before it stay here.
    """
    if folder.platform.is_dir():
        say("bringing the platform's store to this release")
        await asyncio.to_thread(platform_migrate, folder, folder.load().store)
    for data in _channels(folder):
        say(f"bringing {data.name}'s stores to this release")
        await asyncio.to_thread(channel_migrate, data)


def with_a_way(error: WorkbenchError, folder: DataFolder) -> WorkbenchError:
    """The same error; where a party's store is too old, with the one command for all of them."""
    if _TOO_OLD.search(str(error)) is None:
        return error
    return UsageError(
        f"{folder.root}: an older release made it: keep a copy of it, then `{up_again(folder)} "
        "--migrate` brings it to this release 由旧版本创建：请先备份，再加 --migrate 升级"
    )


def _channels(folder: DataFolder) -> Iterator[Path]:
    """The data folders of channels of ours that were started once."""
    channels = folder.channel("any").parent
    for data in sorted(channels.iterdir()) if channels.is_dir() else ():
        if (data / "channel.db").is_file():
            yield data
