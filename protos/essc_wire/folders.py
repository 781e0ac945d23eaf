"""A party's data folder: one process at a time, and names that a crash does not lose."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final, TextIO

PATIENCE_S: Final = 1.0
_PAUSE_S: Final = 0.05


def take_folder(folder: Path) -> TextIO:
    """Takes a data folder for this process, until what is answered is closed or the process ends.

    Waits a moment for one that was killed just now and is not gone yet. Raises BlockingIOError if
    another process has it; OSError if it cannot be written.
    """
    file = (folder / "lock").open("w")
    try:
        lock_patiently(file)
    except BlockingIOError:
        file.close()
        raise
    return file


def lock_patiently(file: TextIO, patience_s: float = PATIENCE_S) -> None:
    """Locks an open file for this process. Raises BlockingIOError if it is locked for longer."""
    for _ in range(round(patience_s / _PAUSE_S)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def settle(folder: Path) -> None:
    """Makes what was created or renamed in a folder outlast a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
