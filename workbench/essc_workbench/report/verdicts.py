"""What came of a run: one value, from which all that a run leaves behind is written."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from essc_workbench.failures import UsageError
from essc_workbench.judges.findings import Finding, Ruling, Text, Violation

VERSION = 1


class ExitStatus(IntEnum):
    """The exit status of `essc run`; of several files the worst, 3 before 1 before 2."""

    GOOD = 0
    BROKEN = 1
    UNKNOWN = 2
    """Something could not be decided, nothing was checked, or the file is wrong."""
    OWN_FAILURE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a step expected, and what was seen."""

    step: int
    """The step's number, from 1."""
    about: str
    expected: str
    seen: str
    is_met: bool
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one run of one scenario."""

    scenario: str
    """The file's name without its ending, or what the run was called in Python."""
    title: Text
    rules: tuple[str, ...]
    seed: int
    replay: str
    """The line that runs it again."""
    steps: tuple[str, ...]
    """Each step as it is written, from the first."""
    took_s: float
    start_time: str
    """When it began, ISO 8601 in UTC."""
    findings: tuple[Finding, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    pending: tuple[str, ...] = ()
    """Consequences that had not arrived when the run was judged."""
    skipped: tuple[str, ...] = ()
    """What could not be done to a party that is not ours."""
    environment: dict[str, str] = field(default_factory=dict)
    """Versions, cores, settings read back."""
    failure: str = ""
    """Why the workbench itself failed; empty if it did not."""
    is_idle: bool = False
    """No step made a call and nothing was expected: what judges compared is only the stage."""

    @property
    def checks(self) -> int:
        """How many comparisons were made in all."""
        return len(self.expectations) + sum(finding.checks for finding in self.findings)

    @property
    def unmet(self) -> tuple[Expectation, ...]:
        """The expectations that were not met."""
        return tuple(each for each in self.expectations if not each.is_met)

    @property
    def ruling(self) -> Ruling:
        """The worst of all. What was not judged does no harm, unless nothing was judged at all."""
        rulings = {finding.ruling for finding in self.findings}
        if self.unmet or Ruling.BROKEN in rulings:
            return Ruling.BROKEN
        if self.failure or Ruling.UNKNOWN in rulings or self.checks == 0 or self.is_idle:
            return Ruling.UNKNOWN
        return Ruling.GOOD

    @property
    def status(self) -> ExitStatus:
        """The exit status that it stands for."""
        if self.failure:
            return ExitStatus.OWN_FAILURE
        if self.ruling is Ruling.BROKEN:
            return ExitStatus.BROKEN
        return ExitStatus.GOOD if self.ruling is Ruling.GOOD else ExitStatus.UNKNOWN


def worst(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """The exit status of several runs; of none it is that nothing was checked."""
    order = (ExitStatus.OWN_FAILURE, ExitStatus.BROKEN, ExitStatus.UNKNOWN, ExitStatus.GOOD)
    seen = set(statuses)
    return next((each for each in order if each in seen), ExitStatus.UNKNOWN)


def to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the object of verdict.json; docs/verdicts.md says what each key means."""
    return {
        "version": VERSION,
        "scenario": verdict.scenario,
        "title": _text(verdict.title),
        "rules": list(verdict.rules),
        "ruling": verdict.ruling.value,
        "status": int(verdict.status),
        "checks": verdict.checks,
        "seed": verdict.seed,
        "replay": verdict.replay,
        "start_time": verdict.start_time,
        "took_s": round(verdict.took_s, 3),
        "steps": list(verdict.steps),
        "expectations": [
            {
                "step": each.step,
                "about": each.about,
                "expected": each.expected,
                "seen": each.seen,
                "is_met": each.is_met,
                "at_us": each.at_us,
            }
            for each in verdict.expectations
        ],
        "findings": [_finding(each) for each in verdict.findings],
        "pending": list(verdict.pending),
        "skipped": list(verdict.skipped),
        "environment": verdict.environment,
        "failure": verdict.failure,
        "is_idle": verdict.is_idle,
    }


def as_text(verdict: Verdict) -> str:
    """What verdict.json holds."""
    return json.dumps(to_json(verdict), indent=2, ensure_ascii=False) + "\n"


def from_json(values: dict[str, Any]) -> Verdict:
    """The verdict of such an object. Raises KeyError, TypeError or ValueError for what is none."""
    if values["version"] != VERSION:
        raise ValueError(values["version"])
    return Verdict(
        scenario=values["scenario"],
        title=Text(**values["title"]),
        rules=tuple(values["rules"]),
        seed=values["seed"],
        replay=values["replay"],
        start_time=values["start_time"],
        took_s=values["took_s"],
        steps=tuple(values["steps"]),
        expectations=tuple(Expectation(**each) for each in values["expectations"]),
        findings=tuple(_read_finding(each) for each in values["findings"]),
        pending=tuple(values["pending"]),
        skipped=tuple(values["skipped"]),
        environment=values["environment"],
        failure=values["failure"],
        is_idle=values.get("is_idle", False),  # an earlier verdict does not say
    )


def read_verdict(path: Path) -> Verdict:
    """A verdict from its file. Raises UsageError for what is none."""
    try:
        return from_json(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path}: not a verdict of this version of the workbench") from None


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "judge": finding.judge,
        "rules": list(finding.rules),
        "text": _text(finding.text),
        "ruling": finding.ruling.value,
        "checks": finding.checks,
        "violations": [
            {
                "text": _text(each.text),
                "calls": list(each.calls),
                "citizen": each.citizen,
                "channel": each.channel,
                "at_us": each.at_us,
            }
            for each in finding.violations
        ],
        "notes": [_text(each) for each in finding.notes],
        "not_judged": list(finding.not_judged),
    }


def _read_finding(values: dict[str, Any]) -> Finding:
    return Finding(
        judge=values["judge"],
        rules=tuple(values["rules"]),
        text=Text(**values["text"]),
        ruling=Ruling(values["ruling"]),
        checks=values["checks"],
        violations=tuple(
            Violation(
                text=Text(**each["text"]),
                calls=tuple(each["calls"]),
                citizen=each["citizen"],
                channel=each["channel"],
                at_us=each["at_us"],
            )
            for each in values["violations"]
        ),
        notes=tuple(Text(**each) for each in values["notes"]),
        not_judged=tuple(values["not_judged"]),
    )
