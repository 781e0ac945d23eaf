"""A party's data folder: one process at a time, and names that a crash does not lose."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


def take_folder(folder: Path) -> TextIO:
    """Takes a data folder for this process, until what is answered is closed or the process ends.

    Raises BlockingIOError if another process has it; OSError if it cannot be written.
    """
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def settle(folder: Path) -> None:
    """Makes what was created or renamed in a folder outlast a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
