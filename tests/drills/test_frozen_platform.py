"""The proof of honest latency: a platform stands still for two seconds, and arithmetic says what
everybody waited; a closed loop would have asked almost nobody.
"""

from pathlib import Path
from textwrap import dedent

import pytest
from rich.console import Console

from essc_workbench.drills.command import Wishes, run_plan
from essc_workbench.drills.results import read_result

RATE, LASTS_S, FROZEN_S = 50, 20, 2.0
PLAN = f"""\
title: {{en: A platform that stands still, zh: 平台停顿}}
seed: 3
federation: {{channels: [wechat]}}
population: {{citizens: 40}}
journeys: {{wechat: {{panel: 1}}}}
load: [{{steady: {{rate: {RATE}, lasts: {LASTS_S}s}}}}]
arrival: even
callers: {{deadline: 10s}}
faults: [{{at: 6s, freeze: platform, lasts: 2s}}]
objectives: [{{good: 0.99}}]
"""


@pytest.mark.soak
async def test_what_people_waited_is_what_arithmetic_says(tmp_path: Path) -> None:
    file = tmp_path / "frozen.yaml"
    file.write_text(dedent(PLAN), "utf-8")

    await run_plan(Console(), file, Wishes(report=tmp_path / "drill", is_plain=True))

    result = read_result(tmp_path / "drill")
    (fault,) = result.faults
    frozen_s = fault.until_s - fault.at_s
    # Whoever comes first waits all of it, the next a fiftieth of a second less, and so on.
    beyond_p99 = RATE * LASTS_S * 0.01
    p99_s = frozen_s - beyond_p99 / RATE
    assert frozen_s == pytest.approx(FROZEN_S, rel=0.02)
    assert result.counts.intended == result.counts.ok == RATE * LASTS_S
    assert result.total.max_us / 1e6 == pytest.approx(frozen_s, rel=0.05)
    assert result.total.p99_us / 1e6 == pytest.approx(p99_s, rel=0.05)
    print(
        f"frozen for {frozen_s:.3f} s: p99 {result.total.p99_us / 1e6:.3f} s "
        f"(arithmetic {p99_s:.3f}), max {result.total.max_us / 1e6:.3f} s; a closed loop claims "
        f"{result.closed_loop}"
    )
    assert result.closed_loop is not None
    assert result.closed_loop.p99_us < result.total.p99_us / 5
