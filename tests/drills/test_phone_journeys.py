"""Journeys by phone: through a channel, which calls the platform in turn."""

import asyncio
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.drills.journey_plans import ALL, plan_of
from tests.drills.plans import whole

from essc_workbench.drills.journeys.company import company_of
from essc_workbench.drills.journeys.playable import unplayable
from essc_workbench.drills.outcomes import Played
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.preparing import prepare
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder

SEED = 3
FEW = {"panel": 1.0, "show_and_scan": 1.0, "apply": 1.0, "unlink_and_link": 1.0, "certify": 1.0}


async def test_people_play_their_journeys_by_phone(tmp_path: Path) -> None:
    played = await _played(tmp_path, _plan(FEW, citizens=60))

    assert set(played) == set(FEW)
    assert {each.outcome for ends in played.values() for each in ends} == {"ok"}


@pytest.mark.soak
async def test_all_journeys_but_a_loss_are_played_by_phone(tmp_path: Path) -> None:
    mix = {name: weight for name, weight in ALL.items() if name != "report_loss"}

    played = await _played(tmp_path, _plan(mix, citizens=200))

    assert set(played) == set(mix)
    assert {each.outcome for ends in played.values() for each in ends} == {"ok"}


def test_a_loss_by_phone_is_refused_when_the_plan_is_read() -> None:
    plan = _plan({"report_loss": 1.0}, citizens=100)

    [(path, text, is_key)] = unplayable(plan)

    assert path == ("journeys", "wechat", "report_loss")
    assert text == "a loss is reported at a bureau's desk, so not `via: phones`"
    assert is_key


def _plan(mix: dict[str, float], citizens: int) -> Plan:
    parts: dict[str, Any] = {
        "federation": {"channels": ("wechat",)},
        "journeys": {"wechat": mix},
        "via": "phones",
    }
    return plan_of(mix, citizens=citizens, **parts)


async def _played(root: Path, plan: Plan) -> dict[str, list[Played]]:
    folder, played = DataFolder(root / "federation"), defaultdict(list)
    async with federation_in(folder, channels=("wechat",), people=()):
        await prepare(folder, plan, SEED)
        order = whole(plan, SEED, folder.root)
        async with company_of(order).opened() as journeys:
            names = 2 * list(journeys)
            ends = await asyncio.gather(
                *(
                    journeys[name].play(number, "wechat", number, time.monotonic() + 30)
                    for number, name in enumerate(names)
                )
            )
            for name, end in zip(names, ends, strict=True):
                played[name].append(end)
    return played
