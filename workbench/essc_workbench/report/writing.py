"""Writing what a run leaves behind, each file whole or not at all."""

from pathlib import Path

from essc_workbench.failures import UsageError
from essc_workbench.folders import reason
from essc_workbench.history.reading import History, read_history
from essc_workbench.report.junit import junit
from essc_workbench.report.page import page
from essc_workbench.report.verdicts import Verdict, as_text, read_verdict

HISTORY, VERDICT, JUNIT, REPORT = "history.jsonl", "verdict.json", "junit.xml", "report.html"


def write_report(folder: Path, verdict: Verdict, history: History) -> Path:
    """Writes verdict.json, junit.xml and report.html; answers the page's path.

    Raises UsageError if the folder cannot be written.
    """
    suites = junit(verdict).tostring()  # type: ignore[no-untyped-call]  # it has no types
    texts = {
        VERDICT: as_text(verdict).encode(),
        JUNIT: suites if isinstance(suites, bytes) else suites.encode(),
        REPORT: page(verdict, history).encode(),
    }
    for name, content in texts.items():
        try:
            fresh = folder / f".{name}.new"
            fresh.write_bytes(content)
            fresh.replace(folder / name)
        except OSError as error:
            raise UsageError(f"{folder / name}: {reason(error)}") from None
    return folder / REPORT


def write_again(folder: Path) -> Path:
    """Writes the report of a run folder again, from its history and its verdict."""
    verdict = read_verdict(folder / VERDICT)
    return write_report(folder, verdict, read_history(folder / HISTORY))
