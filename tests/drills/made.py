"""A drill that never was, with every kind of thing that a drill can show.

Sixty seconds at 200 journeys a second; for two of them, from 30 s on, the platform is frozen.
"""

import random
from collections import Counter

from essc_workbench.drills.results import (
    Audit,
    AuditFinding,
    Baselines,
    Claim,
    Counts,
    FaultSeen,
    Generator,
    Latency,
    Line,
    Objective,
    Result,
    Ruling,
    Second,
    Store,
    Words,
)

HEAT_US = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000, 2_000_000)
MIX = (
    ("panel", "wechat", 5, 3_000),
    ("show_and_scan", "wechat", 3, 7_000),
    ("panel", "alipay", 2, 3_200),
)
REPLAY = "essc drill run drills/made-up.yaml --seed 7"
RATE, LASTS_S, FROZEN_S, THAWED_S = 200, 60, 30.0, 32.0
PLAN = {
    "title": {"en": "Codes at <rush> hour", "zh": "高峰时段扫码"},
    "seed": 7,
    "federation": {"channels": ["wechat", "alipay"], "tls": False, "admission": True},
    "population": {"citizens": 2000, "linked": 0.9, "families": 0.0, "hot": 1.1},
    "via": "platform",
    "journeys": {"wechat": {"panel": 5.0, "show_and_scan": 3.0}, "alipay": {"panel": 2.0}},
    "load": [{"steady": {"rate": 200.0, "lasts": "60s"}}],
    "faults": [{"at": "30s", "lasts": "2s", "freeze": "platform"}],
    "objectives": [{"latency": 99.0, "within": "100ms"}, {"good": 0.97}, {"recovers": "3s"}],
}


class _Played:
    """One journey of the drill that never was."""

    def __init__(self, chance: random.Random, second: int) -> None:
        self.due_s = second + chance.random()
        self.journey, self.channel, _, usual = chance.choices(MIX, [each[2] for each in MIX])[0]
        self.intended_us = int(usual * chance.lognormvariate(0, 0.5))
        self.outcome, self.reason = "ok", ""
        if FROZEN_S <= self.due_s < THAWED_S:
            self.intended_us += int((THAWED_S - self.due_s) * 1e6)
            if chance.random() < 0.1:
                self.outcome, self.reason = "unknown", "DEADLINE_EXCEEDED"
        elif THAWED_S <= self.due_s < THAWED_S + 1 and chance.random() < 0.3:
            self.outcome, self.reason = "shed", "PLATFORM_BUSY"
        elif chance.random() < 0.001:
            self.outcome, self.reason = "refused", "LINK_NOT_FOUND"
        self.sent_us = max(self.intended_us - int(chance.expovariate(1 / 400)), 1)


def made_result(*, seed: int = 7, slower: float = 1.0) -> Result:
    """The drill: an objective that is not met, an audit that finds nothing wrong.

    Of another seed it is another run of the same; `slower` multiplies every latency.
    """
    chance = random.Random(seed)
    played = [
        _Played(chance, second)
        for second in range(LASTS_S)
        for _ in range(round(chance.gauss(RATE, 12)))
    ]
    for each in played:
        each.intended_us = int(each.intended_us * slower)
        each.sent_us = int(each.sent_us * slower)
    total = _latency([each.intended_us for each in played])
    return Result(
        name="made-up",
        title=Words(en="Codes at <rush> hour", zh="高峰时段扫码"),
        plan={**PLAN, "seed": seed},
        replay=REPLAY,
        start_time="2026-11-24T08:00:00Z",
        took_s=71.4,
        load_s=float(LASTS_S),
        wanted_s=float(LASTS_S),
        ruling=Ruling.FAILED,
        counts=_counts(played),
        total=total,
        closed_loop=Claim(p99_us=24_000, max_us=2_004_000),
        lines=tuple(_line(played, journey, channel) for journey, channel, _, _ in MIX),
        seconds=tuple(
            _second(second, [each for each in played if int(each.due_s) == second])
            for second in range(LASTS_S)
        ),
        heat_us=HEAT_US,
        event_lag=_latency([each.intended_us * 2 for each in played[::10]]),
        objectives=(
            Objective(
                text=Words(en="latency p99, all journeys", zh="所有办事的 p99 延迟"),
                wanted="≤ 100 ms",
                seen="1.74 s",
                is_met=False,
            ),
            Objective(
                text=Words(en="share of good journeys", zh="成功办事占比"),
                wanted="≥ 97 %",
                seen="98.9 %",
                is_met=True,
            ),
            Objective(
                text=Words(en="recovery after each fault", zh="每次故障后的恢复时间"),
                wanted="≤ 3 s",
                seen="1.2 s",
                is_met=True,
            ),
        ),
        faults=(
            FaultSeen(
                text=Words(en="is frozen", zh="被冻结"),
                party="platform",
                at_s=FROZEN_S,
                until_s=THAWED_S,
                recovered_s=1.2,
            ),
        ),
        audit=Audit(
            findings=(
                AuditFinding(
                    judge="exactly-once",
                    text=Words(en="Every acknowledged change is there once", zh="恰好一次"),
                    ruling="good",
                    checks=4_812,
                ),
                AuditFinding(
                    judge="books",
                    text=Words(en="The books add up to zero", zh="账目平衡"),
                    ruling="not-judged",
                    checks=0,
                    notes=(Words(en="nobody paid", zh="没有支付"),),
                ),
            ),
            calls=17_204,
            took_s=2.1,
        ),
        generator=Generator(
            processes=2,
            cpu=(0.61, 0.58),
            loop_lag_p99_us=3_100,
            late=0.0007,
            cpu_us_per_call=411.0,
        ),
        baselines=Baselines(empty_rate=2_450.0, commit_rate=1_900.0),
        stores={"platform": Store(before_bytes=9_400_320, after_bytes=31_809_536)},
        environment={
            "processor": "made-up, 2 cores",
            "python": "3.11.2",
            "journal_mode": "wal",
            "synchronous": "full",
            "fsync": "0.9 ms",
        },
    )


def passed(result: Result) -> Result:
    """The same, had it met everything."""
    met = tuple(each.model_copy(update={"is_met": True}) for each in result.objectives)
    return result.model_copy(update={"ruling": Ruling.PASSED, "objectives": met})


def void(result: Result) -> Result:
    """The same, had the generator been the bottleneck."""
    why = (Words(en="a generator process used 97 % of its core", zh="发生器进程占用 97% 的核心"),)
    generator = result.generator.model_copy(update={"void": why, "cpu": (0.97, 0.96)})
    return result.model_copy(update={"ruling": Ruling.VOID, "generator": generator})


def lossy(result: Result) -> Result:
    """The same, had the audit found something lost."""
    assert result.audit is not None
    lost = result.audit.findings[0].model_copy(
        update={
            "ruling": "broken",
            "violations": (
                Words(en="the link of resident 17 is gone", zh="第 17 位居民的关联丢失"),
            ),
        }
    )
    audit = result.audit.model_copy(update={"findings": (lost, *result.audit.findings[1:])})
    return passed(result).model_copy(update={"ruling": Ruling.FAILED, "audit": audit})


def _counts(played: list[_Played]) -> Counts:
    ended = Counter(each.outcome for each in played)
    late = sum(each.outcome == "ok" and each.intended_us > 2_000_000 for each in played)
    return Counts(intended=len(played), late=late, **ended)


def _latency(us: list[int]) -> Latency:
    ranked = sorted(us)
    at = {
        name: ranked[min(int(len(ranked) * share), len(ranked) - 1)]
        for name, share in (("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999))
    }
    return Latency(count=len(us), max_us=ranked[-1], mean_us=sum(us) / len(us), **at)


def _line(played: list[_Played], journey: str, channel: str) -> Line:
    own = [each for each in played if (each.journey, each.channel) == (journey, channel)]
    return Line(
        journey=journey,
        channel=channel,
        counts=_counts(own),
        reasons=dict(Counter(each.reason for each in own if each.reason)),
        intended=_latency([each.intended_us for each in own]),
        sent=_latency([each.sent_us for each in own]),
    )


def _second(second: int, played: list[_Played]) -> Second:
    seen = _latency([each.intended_us for each in played])
    classes = Counter(
        next((i for i, bound in enumerate(HEAT_US) if each.intended_us <= bound), len(HEAT_US))
        for each in played
    )
    is_frozen = FROZEN_S <= second < THAWED_S
    return Second(
        at_s=second,
        counts=_counts(played),
        p50_us=seen.p50_us,
        p99_us=seen.p99_us,
        max_us=seen.max_us,
        heat=tuple(classes[i] for i in range(len(HEAT_US) + 1)),
        reasons=dict(Counter(each.reason for each in played if each.reason)),
        event_lag_p50_us=None if is_frozen else seen.p50_us * 2,
        event_lag_p99_us=None if is_frozen else seen.p99_us * 2,
        in_flight=300 if is_frozen else 4,
        queue=None if is_frozen else second % 3,
        cpu={"platform": 0.0 if is_frozen else 0.52, "generator": 0.6, "wechat": 0.11},
    )
