"""`essc seed`: people are brought into a running platform, and again is a repeat."""

from pathlib import Path

from rich.console import Console

from essc_workbench.bureau import Bureau
from essc_workbench.enrolment import BUREAU
from essc_workbench.failures import GOOD
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
