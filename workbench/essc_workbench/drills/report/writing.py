"""Writing what a drill leaves behind for people, whole or not at all."""

from pathlib import Path

from essc_workbench.drills.report.page import page
from essc_workbench.drills.results import Result, read_result
from essc_workbench.failures import UsageError
from essc_workbench.folders import reason

REPORT = "report.html"


def write_report(result: Result, folder: Path) -> Path:
    """Writes report.html into a folder and answers its path. Raises UsageError if it cannot."""
    return write_page(page(result), folder / REPORT)


def write_page(text: str, path: Path) -> Path:
    """Writes a page. Raises UsageError if it cannot be written."""
    making = path.with_name(f".{path.name}.new")
    try:
        making.write_text(text, encoding="utf-8")
        return making.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from None


def write_again(folder: Path) -> Path:
    """Writes the report of a drill's folder again, from its drill.json. Raises UsageError."""
    result = read_result(folder)
    return write_report(result, folder if folder.is_dir() else folder.parent)
