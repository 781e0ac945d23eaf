"""Two drills side by side: what was set and found otherwise, and whether they can be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from essc_workbench.drills.comparison.figures import Figure, all_figures
from essc_workbench.drills.report import numbers, words
from essc_workbench.drills.results import Objective, Result, Ruling, Words

DIFFERENCES_MAX: Final = 60
_OF_THE_DRILL: Final = frozenset(
    ("federation", "population", "via", "journeys", "load", "arrival", "callers", "gate", "faults")
)
"""What of a plan makes it another drill. Title, seed, objectives and stop conditions do not."""
_OF_THE_MACHINE: Final = frozenset(("processor", "cpu", "cores", "memory", "system", "store"))
_BASELINE_SHIFT: Final = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that was set, or found, otherwise in one than in the other."""

    name: str
    zh: str = ""
    """The name in Chinese, where it is no word of the plan's own."""
    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two drills side by side."""

    a: Result
    b: Result
    warnings: tuple[Words, ...]
    """Why figures of the two must not be compared, or only with care."""
    plan: tuple[Difference, ...]
    environment: tuple[Difference, ...]
    figures: tuple[Figure, ...]
    lines: tuple[Figure, ...]
    """By journey and channel."""
    objectives: tuple[Difference, ...]
    audit: tuple[Difference, ...]


def compare(a: Result, b: Result) -> Comparison:
    """Sets B beside A."""
    plan = _differences(_flat(a.plan), _flat(b.plan))
    environment = tuple(
        replace(each, zh=words.ENVIRONMENT[each.name].zh if each.name in words.ENVIRONMENT else "")
        for each in _differences(a.environment, b.environment)
    )
    figures, by_kind = all_figures(a, b)
    return Comparison(
        a=a,
        b=b,
        warnings=tuple(_warnings(a, b, plan, environment)),
        plan=plan,
        environment=environment,
        figures=figures,
        lines=by_kind,
        objectives=_objectives(a, b),
        audit=_differences(_audit(a), _audit(b), all_of_them=True),
    )


def _warnings(
    a: Result, b: Result, plan: Sequence[Difference], environment: Sequence[Difference]
) -> Iterator[Words]:
    for name, each in (("A", a), ("B", b)):
        if each.ruling in (Ruling.VOID, Ruling.BROKEN):
            yield Words(
                en=f"{name} is {each.ruling.value}: its figures say nothing of the platform",
                zh=f"{name} 无效或出错：其数据不能说明平台",
            )
        if each.ended_early is not None:
            told = numbers.seconds(each.load_s)
            yield Words(en=f"{name} ended early, after {told}", zh=f"{name} 提前结束（{told}）")
    other = sorted({each.name.partition(".")[0] for each in plan} & _OF_THE_DRILL)
    if other:
        names = ", ".join(other)
        yield Words(
            en=f"not the same drill: the plans differ in {names}",
            zh=f"不是同一演练：计划在 {names} 上不同",
        )
    machine = [each for each in environment if each.name in _OF_THE_MACHINE]
    if machine:
        names, zh = (
            ", ".join(each.name for each in machine),
            "、".join(each.zh or each.name for each in machine),
        )
        yield Words(
            en=f"not the same machine ({names}): compare ratios, not figures",
            zh=f"不是同一机器（{zh}）：请比较比值而非绝对值",
        )
    yield from _shifted(a, b)


def _shifted(a: Result, b: Result) -> Iterator[Words]:
    """Whether the machine itself was another while B ran, whatever it is called."""
    for about, x, y in (
        (Words(en="empty handler", zh="空处理器"), a.baselines.empty_rate, b.baselines.empty_rate),
        (
            Words(en="durable commit", zh="持久提交"),
            a.baselines.commit_rate,
            b.baselines.commit_rate,
        ),
    ):
        if x and y and abs(y / x - 1) > _BASELINE_SHIFT:
            yield Words(
                en=f"the machine itself differed: {about.en} {numbers.ratio(y, x)} times A's rate",
                zh=f"机器本身有变化：{about.zh}速率为 A 的 {numbers.ratio(y, x)} 倍",
            )


def _objectives(a: Result, b: Result) -> tuple[Difference, ...]:
    """By position where the plans ask for the same: a text may name what was worst in its run."""
    same = a.plan.get("objectives") == b.plan.get("objectives")
    if not same or len(a.objectives) != len(b.objectives):
        zh = {each.text.en: each.text.zh for each in (*a.objectives, *b.objectives)}
        found = _differences(_by_text(a), _by_text(b), all_of_them=True)
        return tuple(replace(each, zh=zh[each.name]) for each in found)
    pairs = list(zip(a.objectives, b.objectives, strict=True))[:DIFFERENCES_MAX]
    return tuple(
        Difference(
            name=_either(x.text.en, y.text.en),
            zh=_either(x.text.zh, y.text.zh),
            a=_found(x),
            b=_found(y),
        )
        for x, y in pairs
    )


def _either(one: str, other: str) -> str:
    return " / ".join(dict.fromkeys((one, other)))


def _by_text(result: Result) -> dict[str, str]:
    return {each.text.en: _found(each) for each in result.objectives}


def _found(objective: Objective) -> str:
    return f"{'✓' if objective.is_met else '✗'} {objective.seen} ({objective.wanted})"


def _audit(result: Result) -> dict[str, str]:
    findings = result.audit.findings if result.audit else ()
    found = {}
    for each in findings:
        told = words.AUDIT_RULINGS[each.ruling]
        checks = "check" if each.checks == 1 else "checks"
        found[each.judge] = f"{told.en} {told.zh}, {each.checks:,} {checks} 项检查"
    return found


def _differences(
    a: Mapping[str, str], b: Mapping[str, str], *, all_of_them: bool = False
) -> tuple[Difference, ...]:
    names = list(dict.fromkeys([*a, *b]))
    found = [
        Difference(name=name, a=a.get(name, "–"), b=b.get(name, "–"))
        for name in names
        if all_of_them or a.get(name) != b.get(name)
    ]
    return tuple(found[:DIFFERENCES_MAX])


def _flat(value: Any, name: str = "") -> dict[str, str]:
    """A plan as one line for each value, by where it stands."""
    if isinstance(value, Mapping):
        inner = [(str(key), each) for key, each in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(str(place), each) for place, each in enumerate(value, start=1)]
    else:
        return {name: str(value)}
    found: dict[str, str] = {}
    for key, each in inner:
        found |= _flat(each, f"{name}.{key}" if name else key)
    return found
