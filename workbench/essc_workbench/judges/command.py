"""`essc judge`: a run's folder, judged again, by all judges or by another one."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console

from essc_workbench.failures import UsageError
from essc_workbench.judges import JUDGES
from essc_workbench.judges.findings import Finding, Judge, Ruling
from essc_workbench.judges.keeping import kept_evidence

_COLOURS = {
    Ruling.GOOD: "green",
    Ruling.NOT_JUDGED: "dim",
    Ruling.UNKNOWN: "yellow",
    Ruling.BROKEN: "red",
}


def judge_again(console: Console, folder: Path, others: Sequence[str] = ()) -> int:
    """Says what each judge finds. Answers 0 if all is good, 1 for broken, 2 for neither.

    `others` are judges of the caller's own, as `package.module:Name`. Raises UsageError.
    """
    judges = (*JUDGES, *map(other_judge, others))
    evidence = kept_evidence(folder)
    findings = [judge.judge(evidence) for judge in judges]
    for finding in findings:
        _tell(console, finding)
    rulings = {finding.ruling for finding in findings}
    if Ruling.BROKEN in rulings:
        return 1
    return 0 if Ruling.GOOD in rulings and Ruling.UNKNOWN not in rulings else 2


def other_judge(name: str) -> Judge:
    """A judge by module and name. Raises UsageError if there is none."""
    module, _, attribute = name.partition(":")
    try:
        found: Judge = getattr(import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise UsageError(f"--also {name}: {type(error).__name__}, not MODULE:NAME") from None
    return found


def _tell(console: Console, finding: Finding) -> None:
    ruling = f"[{_COLOURS[finding.ruling]}]{finding.ruling.value:<10}[/]"
    console.print(ruling, f"{finding.checks:>6}", end="  ", highlight=False)
    lines = [f"{finding.judge}: {finding.text.en} · {finding.text.zh}"]
    lines += [f"    not judged: {part}" for part in finding.not_judged]
    for each in finding.violations:
        calls = f" (calls {', '.join(map(str, each.calls))})" if each.calls else ""
        lines.append(f"    {each.text.en} · {each.text.zh}{calls}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
