"""What a journey costs the platform.

In a stretch of T seconds with n journeys of each kind at a rate of r in all, processor time is

    idle · T  +  Σ cost · n  +  waking · T · r / (1 + r / half)

The last part is real: a platform that is asked seldom finds its caches cold and its threads
asleep each time, one that is asked often does not. What a drill of ten calls a second says about a
thousand is wrong by a factor of two without it. `half` is the rate at which half of the wakings are
spared. Idle and waking are kept only if the drills show them.

Changes that come together share a commit, too, at rates that small drills do not reach. So beyond
the greatest rate R of the drills the cost of whatever may still be spared is taken times
(R / r) ^ power, with any power from 0 to `POWER_MAX`: that widens the range downwards.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from essc_workbench.drills.capacity.assumptions import WRITES

HALVES = (12.5, 25.0, 50.0)
"""Rates at which wakings may be half spared, journeys a second: caches are cold after some
hundredths of a second, not sooner. A greater one looks like a cost of every journey."""
POWER_MAX = 0.25
"""A tenfold rate makes a journey cost 0.56 of what it cost, at most. Measured were 0.55 for reads,
and 0.65 for codes that are shown and scanned."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor seconds of one platform process."""

    journeys: Mapping[str, float]
    """Of one journey, by its name."""
    idle: float = 0.0
    """A second, whether anything is asked or not."""
    waking: float = 0.0
    """Of one waking."""
    half: float = HALVES[0]
    rate_max: float = math.inf
    """The greatest rate at which any of this was seen."""
    power: float = 0.0

    def cores(self, rates: Mapping[str, float]) -> float:
        """The share of a core that one process uses at these rates a second.

        Raises KeyError for a journey whose cost is not known.
        """
        rate = sum(rates.values())
        beyond = (self.rate_max / rate) ** self.power if rate > self.rate_max else 1.0
        asked = sum(
            self.journeys[name] * each * (beyond if self._may_be_spared(name) else 1.0)
            for name, each in rates.items()
        )
        return self.idle + asked + self.waking * rate / (1 + rate / self.half)

    def times(self, factor: float) -> "Costs":
        """The same on a machine on which everything takes so many times as long."""
        return replace(
            self,
            journeys={name: cost * factor for name, cost in self.journeys.items()},
            idle=self.idle * factor,
            waking=self.waking * factor,
        )

    def _may_be_spared(self, name: str) -> bool:
        """Whether a part of a journey's cost is not known to be its own: commits, or wakings."""
        return WRITES.get(name, 1.0) > 0 or not self.waking
