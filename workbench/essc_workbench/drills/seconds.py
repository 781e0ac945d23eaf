"""One second of a drill as views have it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from essc_workbench.drills.health import Pulse
from essc_workbench.drills.histograms import Classes, heat, percentile, summed
from essc_workbench.drills.orders import Kind
from essc_workbench.drills.results import Second
from essc_workbench.drills.tallies import Totals

HEAT_US: Final = (
    *(500, 700),
    *(base * 10**power for power in range(2, 6) for base in (10, 15, 20, 30, 50, 70)),
    *(10_000_000, 20_000_000),
)
"""Upper bounds of the heat map's classes, from half a millisecond on; the last class has none."""


@dataclass(slots=True)
class Gauge:
    """What was seen of the parties in a second of the clock."""

    event_lags: dict[str, Classes] = field(default_factory=dict)
    """By channel, of the events that arrived then; empty if nobody watched."""
    queue: int | None = None
    """The most commands that waited at the platform when it was asked; None if it never said."""
    cpu: dict[str, float] = field(default_factory=dict)
    """Share of a core, by party."""

    @property
    def event_lag(self) -> Classes:
        """Of the events of all channels."""
        return summed(self.event_lags)

    def see_queue(self, commands: int) -> None:
        """Takes in how many commands wait: of a second the greatest is kept."""
        self.queue = max(self.queue or 0, commands)


def second_of(
    second: int, totals: Totals, kinds: Sequence[Kind], pulse: Pulse, gauge: Gauge
) -> Second:
    """A second, as far as it has come."""
    tally = totals.at(second)
    journeys: dict[str, int] = {}
    for kind, good in zip(kinds, totals.good.get(second, ()), strict=False):
        journeys[kind.journey] = journeys.get(kind.journey, 0) + good
    lag = gauge.event_lag
    used = pulse.cpu_s / pulse.wall_s if pulse.wall_s else 0.0
    return Second(
        at_s=second,
        counts=tally.counts,
        ended=totals.ended.get(second, 0),
        prompt=sum(tally.ended_in.get(each, 0) for each in (second, second + 1)),
        p50_us=percentile(tally.due, 50),
        p99_us=percentile(tally.due, 99),
        max_us=percentile(tally.due, 100),
        heat=heat(tally.due, HEAT_US),
        reasons=dict(tally.reasons),
        event_lag_p50_us=percentile(lag, 50) if lag else None,
        event_lag_p99_us=percentile(lag, 99) if lag else None,
        in_flight=pulse.in_flight,
        queue=gauge.queue,
        cpu={**gauge.cpu, "generator": round(used, 3)},
        journeys=journeys,
    )
