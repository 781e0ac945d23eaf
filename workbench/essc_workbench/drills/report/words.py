"""What the views of a drill say, in both languages."""

from typing import Final

from essc_workbench.drills.results import Counts, Ruling, Words

RULINGS: Final = {
    Ruling.PASSED: Words(en="passed", zh="通过"),
    Ruling.FAILED: Words(en="failed", zh="未通过"),
    Ruling.VOID: Words(en="void", zh="无效"),
    Ruling.BROKEN: Words(en="broken off", zh="工具故障"),
}
CLASSES: Final = {
    Ruling.PASSED: "good",
    Ruling.FAILED: "broken",
    Ruling.VOID: "unknown",
    Ruling.BROKEN: "broken",
}
"""The badge of each ruling, as the scenarios' report has them."""

AUDIT_RULINGS: Final = {
    "good": Words(en="good", zh="通过"),
    "broken": Words(en="a rule is broken", zh="违反规则"),
    "unknown": Words(en="unknown", zh="无法判定"),
    "not-judged": Words(en="not judged", zh="未裁定"),
}

ENVIRONMENT: Final = {
    "processor": Words(en="processor", zh="处理器"),
    "load before": Words(en="load before", zh="此前负载"),
    "system": Words(en="system", zh="操作系统"),
    "python": Words(en="python", zh="Python 版本"),
    "packages": Words(en="packages", zh="软件包"),
    "memory": Words(en="memory", zh="内存"),
    "fsync": Words(en="fsync", zh="落盘耗时"),
    "store": Words(en="store", zh="存储"),
    "TLS": Words(en="TLS", zh="传输加密"),
    "admission": Words(en="admission", zh="过载保护"),
    "generator": Words(en="generator", zh="发生器"),
}
"""What a drill's environment tells, by its name in the result."""

UNAUDITED: Final = Words(en="not audited", zh="未审计")

OUTCOMES: Final = {
    "ok": Words(en="ok", zh="成功"),
    "refused": Words(en="refused", zh="拒绝"),
    "shed": Words(en="shed", zh="过载舍弃"),
    "failed": Words(en="failed", zh="错误"),
    "unknown": Words(en="unknown", zh="结果未知"),
    "not_sent": Words(en="not sent", zh="未发出"),
}
"""In the order of the sum that they make."""
INTENDED: Final = Words(en="intended", zh="应发")
LATE: Final = Words(en="of the ok ones late", zh="成功但迟到")

FROM_INTENDED: Final = Words(en="from intended time", zh="自应发时刻起")
FROM_SENT: Final = Words(en="from send", zh="自发出时刻起")
PERCENTILES: Final = ("p50", "p90", "p99", "p99.9", "max")

WHOLE: Final = Words(en="The parts are the whole, to the unit.", zh="各项之和与应发总数逐笔相符。")
NOT_WHOLE: Final = Words(
    en="The parts are not the whole: this report cannot be relied on.",
    zh="各项之和与应发总数不符：本报告不可信。",
)
CLOSED_LOOP: Final = Words(
    en="A closed loop waits for an answer before it sends the next, so it never asks while the "
    "party stands still, and leaves out everybody who would have waited.",
    zh="闭环压测等到应答才发下一笔，对方停顿时便不再发问，本应等待的人因此全被漏掉。",
)
MEANINGS: Final = {
    "better": Words(en="better", zh="更好"),
    "worse": Words(en="worse", zh="更差"),
    "alike": Words(en="alike: within what seconds vary", zh="相当：在逐秒波动之内"),
    "untold": Words(en="–", zh=""),
}
NOISE_TOLD: Final = Words(
    en="Each figure has a range (in the page, below it) in which it might as well have been, going "
    "by how much the seconds of that run vary. Where two ranges meet, the difference may be "
    "chance: alike. What differs from run to run shows only when the same plan is run twice.",
    zh="每个数值都有按该次演练逐秒波动推算的可能范围（网页中列于其下）；两个范围相交，差异可能纯属偶然，"
    "记为“相当”。不同次运行之间的差异，须将同一计划运行两次才能看出。",
)
OF_ALL: Final = Words(en="Of all journeys together", zh="全部办事合计")
BY_KIND: Final = Words(en="By journey and channel", zh="按办事与渠道")
OBJECTIVES_SEEN: Final = Words(en="Objectives: seen (wanted)", zh="目标：实际（要求）")
OBJECTIVE: Final = Words(en="Objective", zh="目标")
AUDITS_FOUND: Final = Words(en="What the audit found", zh="审计结果")
JUDGE: Final = Words(en="Judge", zh="裁判")
PLANS_DIFFER: Final = Words(en="Where the plans differ", zh="计划的差异")
ENVIRONMENTS_DIFFER: Final = Words(en="Where the environments differ", zh="环境的差异")
WHERE: Final = Words(en="Where", zh="位置")


def parts(counts: Counts) -> list[int]:
    """The parts of the whole, in the order of OUTCOMES."""
    return [int(getattr(counts, name)) for name in OUTCOMES]


def missing(counts: Counts) -> int:
    """How many are unaccounted for; none, if all is well."""
    return counts.intended - sum(parts(counts))
