"""Why a drill came out as it did: the one sentence that stands above all else."""

from collections.abc import Iterable, Iterator

from essc_workbench.drills.report.numbers import seconds
from essc_workbench.drills.report.words import NOT_WHOLE
from essc_workbench.drills.results import AuditFinding, Objective, Result, Ruling, Words

_TOLD_MAX = 3
"""So many reasons are said in the sentence; the tables below have all."""


def why(result: Result) -> Words:
    """The sentence."""
    match result.ruling:
        case Ruling.PASSED:
            return _passed(result)
        case Ruling.FAILED:
            return _failed(result)
        case Ruling.VOID:
            return _void(result)
        case Ruling.BROKEN:
            told = result.failure or "?"
            return Words(
                en=f"The workbench itself failed, which says nothing of the platform: {told}",
                zh=f"工作台自身出错，不能据此评价平台：{told}",
            )


def unmet(result: Result) -> tuple[Objective, ...]:
    """The objectives that were not met."""
    return tuple(each for each in result.objectives if not each.is_met)


def broken(result: Result) -> tuple[AuditFinding, ...]:
    """What the audit found wrong, or could not make out."""
    findings = result.audit.findings if result.audit else ()
    return tuple(each for each in findings if each.ruling in ("broken", "unknown"))


def ended_early(result: Result) -> Words | None:
    """That it was ended before its time, and why; None if it was not."""
    if result.ended_early is None:
        return None
    did, wanted = seconds(result.load_s), seconds(result.wanted_s)
    return Words(
        en=f"Ended early, after {did} of {wanted}: {result.ended_early.en}.",
        zh=f"提前结束，仅进行 {did}（计划 {wanted}）：{result.ended_early.zh}。",
    )


def _passed(result: Result) -> Words:
    count = len(result.objectives)
    audit = _audited(result)
    few = {1: "The only objective was met", 2: "Both objectives were met"}
    met = few.get(count, f"All {count} objectives were met")
    return Words(en=f"{met}, and {audit.en}.", zh=f"{count} 项目标全部达成；{audit.zh}。")


def _audited(result: Result) -> Words:
    if result.audit is None:
        return Words(en="nothing was audited", zh="未审计")
    checks = sum(each.checks for each in result.audit.findings)
    return Words(
        en=f"the audit found everything that was acknowledged in place ({checks:,} checks)",
        zh=f"审计确认凡已应答者均已落实（{checks:,} 次比对）",
    )


def _failed(result: Result) -> Words:
    """What was lost weighs more than what was slow, so it is said first."""
    reasons = [*_of_audit(broken(result)), *_of_objectives(unmet(result), len(result.objectives))]
    if not result.counts.is_whole:
        reasons.append(NOT_WHOLE)
    if not reasons:
        reasons.append(
            Words(
                en="It did not last as long as it should have, so it shows nothing of the rest.",
                zh="演练未达到计划时长，其余部分无从证明。",
            )
        )
    return Words(
        en=" ".join(_ended(each.en, ".") for each in reasons),
        zh="".join(_ended(each.zh, "。") for each in reasons),
    )


def _of_objectives(missed: tuple[Objective, ...], count: int) -> Iterator[Words]:
    if not missed:
        return
    en = _few(f"{each.text.en} was {each.seen}, wanted {each.wanted}" for each in missed)
    zh = _few((f"{each.text.zh}实际 {each.seen}，目标 {each.wanted}" for each in missed), "；")
    if count == 1:
        some = "The only objective was not met"
    else:
        some = (
            f"{len(missed)} of {count} objectives {'was' if len(missed) == 1 else 'were'} not met"
        )
    yield Words(
        en=f"{some}: {en}",
        zh=f"{count} 项目标中有 {len(missed)} 项未达成：{zh}",
    )


def _of_audit(findings: tuple[AuditFinding, ...]) -> Iterator[Words]:
    wrong = [each for each in findings if each.ruling == "broken"]
    if wrong:
        first = [each.violations[0] if each.violations else each.text for each in wrong]
        yield Words(
            en=f"The audit found a rule broken: {_few(each.en for each in first)}",
            zh=f"审计发现违反规则：{_few((each.zh for each in first), '；')}",
        )
    elif findings:
        names = _few(each.judge for each in findings)
        yield Words(en=f"the audit could not be sure of {names}", zh=f"审计无法判定：{names}")


def _void(result: Result) -> Words:
    reasons = [*result.generator.void, *_of_audit(broken(result))]
    if not reasons and result.ended_early is not None:
        reasons.append(result.ended_early)
    if not reasons:
        reasons.append(Words(en="too little was seen", zh="观测不足"))
    return Words(
        en=f"Nothing can be said of the platform: {_few(each.en for each in reasons)}.",
        zh=f"不能据此评价平台：{_few((each.zh for each in reasons), '；')}。",
    )


def _few(texts: Iterable[str], between: str = "; ") -> str:
    told = list(texts)
    rest = len(told) - _TOLD_MAX
    return between.join([*told[:_TOLD_MAX], *([f"+{rest}"] if rest > 0 else [])])


def _ended(text: str, stop: str) -> str:
    return text if text.endswith((".", "。")) else text + stop
