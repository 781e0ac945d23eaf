"""What is done to a channel's databases while no channel uses them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from essc_channels.store.copying import copy_all, owner_problem
from essc_channels.store.database import CHANNEL_FILE, LAB_FILE, mend_of
from essc_channels.store.engines import StoreFault
from essc_channels.store.migrations.running import bring
from essc_channels.store.versions import CHANNEL, LAB, found_version, version_problem
from essc_channels.store.whole import name_of, opened, others_at
from essc_wire.folders import settle, take_folder


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


def copy_store(folder: Path, source_url: str | None, target_url: str | None) -> dict[str, int]:
    """Copies a channel's store to the other engine; None is the file in the folder. Answers the
    number of rows of each table.

    The source stays as it is, and the lab's file where it is. Raises StoreFault, OSError.
    """
    if source_url == target_url:
        raise StoreFault("source and target are the same")
    with _taken(folder):
        file = folder / CHANNEL_FILE
        if target_url is not None:
            return _copy(file if source_url is None else source_url, target_url, folder)
        if file.exists():
            raise StoreFault(f"{file}: is there already; move it away")
        assert source_url is not None
        unfinished = folder / f"{CHANNEL_FILE}.copying"
        unfinished.unlink(missing_ok=True)  # of a copy that was cut off
        try:
            rows = _copy(source_url, unfinished, folder)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.rename(file)
        settle(folder)
        return rows


def _copy(source: Path | str, target: Path | str, folder: Path) -> dict[str, int]:
    if isinstance(source, Path) and not source.is_file():
        raise StoreFault(f"{source}: no channel has used it yet")
    with opened(source) as reading, opened(target) as writing:
        problem = version_problem(found_version(reading), CHANNEL, mend_of(folder))
        problem = problem or owner_problem(reading, (folder / "digest.key").read_bytes())
        if problem is not None:
            raise StoreFault(f"{name_of(source)}: {problem}")
        others = others_at(reading)
        if others:
            raise StoreFault(f"{name_of(source)}: is in use, by {others} other connections")
        return copy_all(reading, writing)


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
