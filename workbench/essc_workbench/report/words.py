"""The first words about a verdict that is not good: what was seen where, a line each."""

from essc_workbench.judges.expectations import Expectations
from essc_workbench.judges.findings import Finding, Ruling, Text
from essc_workbench.report.verdicts import Verdict

IDLE = Text(
    zh="没有任何一步发出调用，也没有任何期望：不算通过",
    en="no step made a call and nothing was expected, which is no pass",
)


def first_words(verdict: Verdict) -> list[str]:
    """What was not as it should be: the unmet line, or the first words of judges."""
    if verdict.failure:
        return [f"the workbench failed: {verdict.failure}"]
    words = [
        f"step {each.step}: {each.about}: expected {each.expected}, seen {each.seen}"
        for each in verdict.unmet
    ]
    judged = [each for each in verdict.findings if each.judge != Expectations.name]
    words += [line for finding in judged for line in _of_judge(finding)]
    words += [f"pending: {each}" for each in verdict.pending]
    if not verdict.checks:
        words.append("nothing was checked, which is no pass")
    elif verdict.is_idle:
        words.append(f"{IDLE.en} · {IDLE.zh}")
    return words


def _of_judge(finding: Finding) -> list[str]:
    if finding.ruling is Ruling.BROKEN:
        first = finding.violations[0].text if finding.violations else finding.text
        return [f"{finding.judge} ({', '.join(finding.rules)}): {first.en} · {first.zh}"]
    if finding.ruling is Ruling.UNKNOWN:
        return [f"{finding.judge}: unknown{': ' + finding.notes[0].en if finding.notes else ''}"]
    return []
