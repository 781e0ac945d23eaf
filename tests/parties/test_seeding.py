"""`essc seed`: people are brought into a running platform, and again is a repeat."""

from pathlib import Path

import pytest
from rich.console import Console

from essc_workbench.bench import machine
from essc_workbench.bench.measures import Place
from essc_workbench.bench.parties import channel_profile, platform
from essc_workbench.bench.report import SEED, SEED_RSS, Report
from essc_workbench.bench.seeder import seeded
from essc_workbench.bureau import Bureau
from essc_workbench.enrolment import BUREAU
from essc_workbench.failures import GOOD, WorkbenchError
from essc_workbench.folders import DataFolder
from essc_workbench.seeding.command import seed_population
from essc_workbench.seeding.importing import Plan
from essc_workbench.seeding.people import resident
from essc_workbench.templates import Template
from essc_workbench.testing import federation

ONE_AND_A_BIT = 300


async def test_a_population_is_there_once_however_often_it_is_brought(
    tmp_path: Path, template: Template
) -> None:
    console = Console(width=200, record=True)
    async with federation(tmp_path, channels=("wechat",), template=template) as f:
        folder = DataFolder(tmp_path)

        first = await seed_population(console, folder, Plan(count=ONE_AND_A_BIT, seed=9))
        again = await seed_population(console, folder, Plan(count=ONE_AND_A_BIT + 20, seed=9))
        desk = Bureau(f.connections.platform(BUREAU))
        found = [await desk.citizen(resident(p, 9).id_number) for p in (0, ONE_AND_A_BIT + 19)]

    said = console.export_text()
    assert (first, again) == (GOOD, GOOD)
    assert "300 citizens, each with a card" in said
    assert "320 citizens, each with a card" in said
    assert [len(person.physical_cards) for person in found] == [1, 1]


def a_place(root: Path) -> Place:
    return Place(root, machine.two_cores()[0], Report(facts=[]), lambda _: None)


@pytest.mark.soak
async def test_the_benchmark_seeds_as_people_do_and_says_what_it_took(tmp_path: Path) -> None:
    place, profiles = a_place(tmp_path), [channel_profile(1, receives_new_cards=False)]

    async with platform(place.folder("platform"), place.server_core, profiles) as running:
        seen = await seeded(place, running, 2_000)
        desk = Bureau(running.bureau)
        last = await desk.citizen(resident(1_999, 1).id_number)
    seen.note(place.report)

    assert len(last.physical_cards) == 1
    assert place.report.figures[SEED] == seen.seconds > 0.5
    assert place.report.figures[SEED_RSS] == seen.most_mib >= seen.early_mib > 0
    assert seen.most_mib > 20
    assert seen.platform_cpu_s > 0


@pytest.mark.soak
async def test_a_seeding_that_fails_is_no_figure(tmp_path: Path) -> None:
    place, profiles = a_place(tmp_path), [channel_profile(1, receives_new_cards=False)]

    async with platform(place.folder("platform"), place.server_core, profiles) as running:
        with pytest.raises(WorkbenchError, match=r"essc seed: .*--citizens: from 1 to"):
            await seeded(place, running, 0)
