"""What a drill's history costs: at most a twentieth of the rate."""

from pathlib import Path

import pytest

from essc_workbench.drills.history_cost import history_cost


@pytest.mark.soak
async def test_the_history_costs_at_most_a_twentieth_of_the_rate(tmp_path: Path) -> None:
    cost = await history_cost(tmp_path, lambda _: None)

    print(f"with its history a call costs {cost:.3f} times as much")
    assert cost <= 1.05
