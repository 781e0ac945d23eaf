"""Files that people wrote, as text."""

from pathlib import Path

from essc_workbench.failures import UsageError
from essc_workbench.folders import reason
from essc_workbench.scenarios.mistakes import FileMistakes, Mistake

BYTES_MAX = 256 * 1024


def text_of(path: Path) -> str:
    """What a file holds. Raises UsageError, and FileMistakes where it is no UTF-8."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= BYTES_MAX else b""
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from None
    if size > BYTES_MAX:
        raise UsageError(f"{path}: longer than {BYTES_MAX // 1024} KiB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileMistakes(str(path), [Mistake(line, 1, "not UTF-8")]) from None
