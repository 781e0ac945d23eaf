"""What is done to a store while nobody serves it: it is brought to this program's schema, or moved
to another engine.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from essc_platform.store.copying import CopyRefused, copy_all
from essc_platform.store.engine import STORE_FILE
from essc_platform.store.errors import StoreError
from essc_platform.store.migrations.running import bring
from essc_platform.store.versions import mend_of, version_problem
from essc_platform.store.whole import found_version, name_of, opened, others_at
from essc_platform.vault import open_vault
from essc_wire.folders import settle, take_folder

_UNFINISHED: Final = f"{STORE_FILE}.copying"


def migrate(folder: Path, url: str | None) -> tuple[int, int]:
    """Brings a store to this program's schema; answers the versions before and now.

    Raises StoreError, OSError.
    """
    if url is not None:
        return bring(url)
    with _taken(folder):
        return bring(_file_of(folder))


def copy_store(
    folder: Path, source_url: str | None, target_url: str | None, say: Callable[[str], None]
) -> int:
    """Copies the store of a folder to another engine; None is the file in the folder. Answers the
    number of rows.

    The source stays as it is. Raises StoreError, CopyRefused, OSError, ValueError.
    """
    if source_url == target_url:
        raise CopyRefused("source and target are the same")
    platform_id = open_vault(folder).platform_id
    with _taken(folder):
        source = _file_of(folder) if source_url is None else source_url
        if target_url is not None:
            return _copy(source, target_url, platform_id, say)
        target = folder / STORE_FILE
        if target.exists():
            raise CopyRefused(f"{target}: is there already; move it away")
        unfinished = folder / _UNFINISHED
        unfinished.unlink(missing_ok=True)  # of a copy that was cut off
        try:
            rows = _copy(source, unfinished, platform_id, say)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.rename(target)
        settle(folder)
        return rows


def _copy(
    source: Path | str, target: Path | str, platform_id: str, say: Callable[[str], None]
) -> int:
    with opened(source) as reading, opened(target) as writing:
        found = found_version(reading)
        problem = version_problem(found, mend_of(source))
        if problem is not None:
            raise CopyRefused(f"{name_of(source)}: {problem}")
        others = others_at(reading)
        if others:
            raise CopyRefused(f"{name_of(source)}: is in use, by {others} other connections")
        return copy_all(reading, writing, platform_id, say)


def _file_of(folder: Path) -> Path:
    path = folder / STORE_FILE
    if not path.is_file():
        raise StoreError(f"{folder}: not made by `essc-platform init`, or its store is elsewhere")
    return path


@contextmanager
def _taken(folder: Path) -> Iterator[None]:
    try:
        lock = take_folder(folder)
    except BlockingIOError as error:
        raise StoreError(f"{folder}: another platform is using this data folder") from error
    with lock:
        yield
