"""Judging a drill, in a process of its own, so that its memory is given back when it is over.

    python -I -m essc_workbench.drills.judging CASE.json

It reads the notes while the parties still export, waits for a line of input, reads the exports and
prints a verdict. The judges work in two processes, which share what was read: those who put each
citizen's operations in order, and all others.
"""

import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.drills.reading_notes import alias, items_of, read_notes
from essc_workbench.drills.reconciling import Totals
from essc_workbench.drills.results import AuditFinding, Words
from essc_workbench.history.items import Invoked, Item
from essc_workbench.history.reading import History
from essc_workbench.judges import JUDGES
from essc_workbench.judges.expectations import Expectations
from essc_workbench.judges.findings import Evidence, Finding, Judge, Text, Violation
from essc_workbench.judges.joint import JointAtomicity
from essc_workbench.judges.linearizability import Linearizability
from essc_workbench.seeding.people import resident

LISTS: Final = (
    "citizens",
    "physical_cards",
    "cards",
    "links",
    "passwords",
    "counters",
    "codes",
    "checks",
    "tickets",
    "bindings",
    "certifications",
    "orders",
    "postings",
    "entries",
    "events",
    "requests",
    "shadows",
    "applied_events",
)
"""What judges compare of the parties' state."""
DRILL_JUDGES: Final[tuple[Judge, ...]] = (
    Totals(),
    *(judge for judge in JUDGES if not isinstance(judge, Expectations | Linearizability)),
    Linearizability(leaves_out=True),
)
"""All judges, but for those of a scenario's own expectations, which a drill has not."""
_ORDERING = (Linearizability, JointAtomicity)
_GROUPS: Final = tuple(
    tuple(
        number
        for number, judge in enumerate(DRILL_JUDGES)
        if isinstance(judge, _ORDERING) is is_ordering
    )
    for is_ordering in (True, False)
)
"""The judges by number, as they share the work; each group takes about as long."""


class Case(BaseModel):
    """What is judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    notes: tuple[Path, ...]
    exports: dict[str, Path]
    """By party; a file that is not there, or not whole, is no snapshot."""
    channels: tuple[str, ...]
    seed: int
    """Of the population."""
    loss: str


class Verdict(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    findings: tuple[AuditFinding, ...]
    calls: int
    cpu_s: float
    """Processor time of this process and its helpers."""


def items(case: Case) -> list[Item]:
    """The history of the drill. Raises UsageError for notes that are none."""
    return items_of(read_notes(path) for path in case.notes)


def evidence_of(case: Case, history: History, *, settled: bool) -> Evidence:
    """All that judges may look at."""
    return Evidence(
        history=history,
        exports={party: _export(path) for party, path in case.exports.items() if path.exists()},
        channels=case.channels,
        loss=case.loss,
        citizens={alias(place): resident(place, case.seed).id_number for place in _places(history)},
        settled=settled,
    )


def _export(path: Path) -> ExportResponse:
    return ExportResponse.FromString(path.read_bytes())


def _places(history: History) -> list[int]:
    """Where in the population those live whom the history is about."""
    told: set[str] = set()
    for item in history.items:
        if isinstance(item, Invoked):
            told.update(item.citizens)
            told.update(each for each in item.facts.values() if isinstance(each, str))
    prefix = alias(0).removesuffix("0")
    numbers = (each.removeprefix(prefix) for each in told if each.startswith(prefix))
    return sorted(int(number) for number in numbers if number.isdecimal())


def findings(evidence: Evidence, judges: Iterable[Judge]) -> list[AuditFinding]:
    """What each of the judges says."""
    return [_told(judge.judge(evidence), evidence) for judge in judges]


def _told(finding: Finding, evidence: Evidence) -> AuditFinding:
    lacking = [Text(zh=f"未裁定：{part}", en=f"not judged: {part}") for part in finding.not_judged]
    return AuditFinding(
        judge=finding.judge,
        text=_words(finding.text),
        ruling=finding.ruling.value,
        checks=finding.checks,
        violations=tuple(_where(each, evidence) for each in finding.violations),
        notes=tuple(_words(each) for each in (*finding.notes, *lacking)),
    )


def _where(violation: Violation, evidence: Evidence) -> Words:
    """A violation, with whose it is and the request by which its notes are found."""
    calls = evidence.history.calls
    met = (calls[number - 1].invoked.request_id for number in violation.calls)
    parts = [violation.citizen, next((each for each in met if each), "")]
    about = ", ".join(part for part in parts if part)
    zh, en = violation.text.zh, violation.text.en
    return Words(zh=f"{zh}（{about}）", en=f"{en} ({about})") if about else Words(zh=zh, en=en)


def _words(text: Text) -> Words:
    return Words(zh=text.zh, en=text.en)


UNFINISHED: Final = AuditFinding(
    judge="notes",
    text=Words(zh="调用记录完整", en="The notes tell of every call"),
    ruling="unknown",
    checks=0,
    notes=(Words(zh="记录已满，其余未记", en="they are full, and the rest was left out"),),
)
_evidence: list[Evidence] = []
"""What the processes of the judges find where they began."""


def _judged(group: Sequence[int]) -> list[AuditFinding]:
    return findings(_evidence[0], (DRILL_JUDGES[number] for number in group))


def judged(evidence: Evidence) -> Iterator[AuditFinding]:
    """What all judges say, in their order; nothing good of notes that are not whole."""
    if evidence.history.happened("skipped"):
        yield UNFINISHED
        return
    _evidence[:] = [evidence]
    gc.freeze()  # or each process would copy all of it when it first collects
    with ProcessPoolExecutor(len(_GROUPS), get_context("fork")) as processes:
        found = dict(
            pair
            for group, told in zip(_GROUPS, processes.map(_judged, _GROUPS), strict=True)
            for pair in zip(group, told, strict=True)
        )
    yield from (found[number] for number in sorted(found))


def main(path: Path) -> None:
    """Judges a case; the line of input is `settled` if everything had arrived."""
    gc.disable()  # nothing of what is read goes before the end
    case = Case.model_validate(json.loads(path.read_bytes()))
    history = History(items(case))
    settled = sys.stdin.readline().strip() == "settled"
    evidence = evidence_of(case, history, settled=settled)
    found = tuple(judged(evidence))
    verdict = Verdict(findings=found, calls=len(history.calls), cpu_s=sum(os.times()[:4]))
    sys.stdout.write(verdict.model_dump_json())
    sys.stdout.flush()
    os._exit(0)  # freeing a million items one by one would take as long as reading them


if __name__ == "__main__":
    main(Path(sys.argv[1]))
