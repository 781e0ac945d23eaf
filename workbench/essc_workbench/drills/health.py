"""How the generator itself did: whether what a drill saw is the parties' doing, or its own."""

from typing import Final

from essc_workbench.drills.histograms import Classes, add, latency_of, percentile
from essc_workbench.drills.reports import Report
from essc_workbench.drills.results import Generator, Words
from essc_workbench.drills.tallies import Totals

CPU_MAX: Final = 0.90
"""Of a core: a process that used more was the bottleneck."""
LAG_MAX_US: Final = 20_000
LATE_MAX: Final = 0.01
BEHIND: Final = "GENERATOR_BEHIND"


class Pulse:
    """One second of the clock, all processes together."""

    __slots__ = ("cpu_s", "in_flight", "late_sends", "sends", "wall_s")

    def __init__(self) -> None:
        self.sends = self.late_sends = self.in_flight = 0
        self.cpu_s = self.wall_s = 0.0


class Health:
    """What the processes said of themselves."""

    def __init__(self, processes: int) -> None:
        self._cpu_s = [0.0] * processes
        self._load_s = [0.0] * processes
        self.cpu_s = 0.0
        """Of all processes, while they waited for the last answers too."""
        self.sends = self.late_sends = 0
        self.loop_lag: Classes = {}
        self._pulses: dict[int, Pulse] = {}

    def add(self, shard: int, report: Report) -> None:
        """Adds what one said."""
        self._cpu_s[shard] += report.cpu_in_load_s
        self._load_s[shard] += report.in_load_s
        self.cpu_s += report.cpu_s
        self.sends += report.sends
        self.late_sends += report.late_sends
        add(self.loop_lag, report.loop_lag)
        pulse = self._pulses.setdefault(report.second, Pulse())
        pulse.sends += report.sends
        pulse.late_sends += report.late_sends
        pulse.in_flight += report.in_flight
        pulse.cpu_s += report.cpu_s
        pulse.wall_s += report.wall_s / len(self._cpu_s)

    def at(self, second: int) -> Pulse:
        """A second of the clock."""
        return self._pulses.get(second) or Pulse()

    def lateness(self, first: int, end: int) -> float:
        """The share of late sends of some seconds."""
        pulses = [self.at(second) for second in range(first, end)]
        return sum(p.late_sends for p in pulses) / max(sum(p.sends for p in pulses), 1)

    def told(self, totals: Totals) -> Generator:
        """The same for a result, with every reason why nothing can be said."""
        behind = totals.whole.reasons.get(BEHIND, 0)
        late = (self.late_sends + behind) / max(self.sends + behind, 1)
        cpu = tuple(
            round(used / load, 3) if load else 0.0
            for used, load in zip(self._cpu_s, self._load_s, strict=True)
        )
        lag_us = latency_of(self.loop_lag).p99_us
        return Generator(
            processes=len(cpu),
            cpu=cpu,
            loop_lag_p99_us=lag_us,
            late=late,
            cpu_us_per_call=round(self.cpu_s / max(self.sends, 1) * 1e6, 1),
            void=tuple(_void(max(cpu, default=0.0), lag_us, late)),
        )

    @property
    def lag_p99_us(self) -> int:
        """How much later than asked a loop came back to itself, one time of a hundred."""
        return percentile(self.loop_lag, 99)


def _void(cpu: float, lag_us: int, late: float) -> list[Words]:
    found = []
    if cpu > CPU_MAX:
        found.append(
            Words(
                zh=f"压力发生器的一个进程用去了一个核的 {cpu:.0%}，多于 {CPU_MAX:.0%}",
                en=f"a process of the generator used {cpu:.0%} of a core, more than {CPU_MAX:.0%}",
            )
        )
    if lag_us > LAG_MAX_US:
        found.append(
            Words(
                zh=f"压力发生器的事件循环滞后 {lag_us / 1000:.1f} 毫秒（p99），"
                f"多于 {LAG_MAX_US // 1000} 毫秒",
                en=f"the generator's loop lagged by {lag_us / 1000:.1f} ms (p99), "
                f"more than {LAG_MAX_US // 1000} ms",
            )
        )
    if late > LATE_MAX:
        found.append(
            Words(
                zh=f"{late:.1%} 的请求晚于预定时间 10 毫秒以上才发出，多于 {LATE_MAX:.0%}",
                en=f"{late:.1%} of the journeys were sent more than 10 ms after their time, "
                f"more than {LATE_MAX:.0%}",
            )
        )
    return found
