"""At the peak: a platform is killed in the middle of it, and events come while it works hard."""

from pathlib import Path

import pytest

from essc_workbench.drills.proofs import killed_at_the_peak, lagging


@pytest.mark.soak
@pytest.mark.rule("R91")
@pytest.mark.timeout(300)
async def test_a_kill_at_the_peak_loses_nothing_and_is_soon_over(tmp_path: Path) -> None:
    result = await killed_at_the_peak(tmp_path)

    assert result.audit is not None
    rulings = {each.judge: each.ruling for each in result.audit.findings}
    assert [each for each in result.audit.findings if each.violations] == []
    assert rulings["totals"] == rulings["acknowledged"] == rulings["linearizability"] == "good"
    (killed,) = result.faults
    assert killed.recovered_s is not None
    print(f"up after {killed.until_s - killed.at_s:.2f} s, then {killed.recovered_s:.2f} s to 90 %")
    assert killed.recovered_s <= 3.0


@pytest.mark.soak
@pytest.mark.rule("R16")
@pytest.mark.timeout(300)
async def test_at_half_the_peak_the_lag_of_events_is_a_few_writes_and_stays_so(
    tmp_path: Path,
) -> None:
    seen = await lagging(tmp_path)

    early_us, late_us = seen.thirds_us
    print(
        f"peak {seen.peak:.0f}/s; at half of it p50 of a write {seen.write_us / 1000:.1f} ms, "
        f"p99 of the lag {seen.ratio:.1f} of them, {early_us / 1000:.1f} ms in the first third, "
        f"{late_us / 1000:.1f} ms in the last"
    )
    assert 0 < seen.ratio <= 20
    assert late_us <= 2 * early_us
