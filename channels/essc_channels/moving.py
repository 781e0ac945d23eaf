"""What is done to a channel's databases while no channel uses them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from essc_channels.store.database import CHANNEL_FILE, LAB_FILE, mend_of
from essc_channels.store.engines import StoreFault
from essc_channels.store.migrations.running import bring
from essc_channels.store.versions import CHANNEL, LAB
from essc_wire.folders import take_folder


def migrate(folder: Path, url: str | None) -> dict[str, tuple[int, int]]:
    """Brings a channel's databases to this program's schemas; answers the versions before and now,
    by the name of the database.

    Raises StoreFault, OSError.
    """
    moved: dict[str, tuple[int, int]] = {}
    with _taken(folder):
        mend = mend_of(folder)
        if url is not None:
            moved["channel"] = bring(url, CHANNEL, mend)
        elif (folder / CHANNEL_FILE).is_file():
            moved["channel"] = bring(folder / CHANNEL_FILE, CHANNEL, mend)
        if (folder / LAB_FILE).is_file():
            moved["lab"] = bring(folder / LAB_FILE, LAB, mend)
    if not moved:
        raise StoreFault(f"{folder}: no channel has used it yet")
    return moved


@contextmanager
def _taken(folder: Path) -> Iterator[None]:
    if not folder.is_dir():
        raise StoreFault(f"{folder}: no channel has used it yet")
    try:
        lock = take_folder(folder)
    except BlockingIOError as error:
        raise StoreFault(f"{folder}: another channel is using this data folder") from error
    with lock:
        yield
