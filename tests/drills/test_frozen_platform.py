"""The proof of honest latency: a platform stands still for two seconds, and arithmetic says what
everybody waited; a closed loop would have asked almost nobody.
"""

from pathlib import Path

import pytest

from essc_workbench.drills.proofs import stood_still

INTENDED, FROZEN_S = 600, 2.0


@pytest.mark.soak
async def test_what_people_waited_is_what_arithmetic_says(tmp_path: Path) -> None:
    seen = await stood_still(tmp_path)

    total, claimed = seen.result.total, seen.result.closed_loop
    print(
        f"frozen for {seen.frozen_s:.3f} s: p99 {total.p99_us / 1e6:.3f} s "
        f"(arithmetic {seen.p99_s:.3f}), max {total.max_us / 1e6:.3f} s; a closed loop claims "
        f"{claimed}"
    )
    assert seen.frozen_s == pytest.approx(FROZEN_S, rel=0.02)
    assert seen.p99_s == pytest.approx(seen.frozen_s - 6 / 50)
    assert seen.result.counts.intended == seen.result.counts.ok == INTENDED
    assert seen.off <= 0.05
    assert claimed is not None
    assert claimed.p99_us < total.p99_us / 5
