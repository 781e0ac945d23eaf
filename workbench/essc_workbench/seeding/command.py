"""`essc seed`: fills a running platform with an invented population."""

import time

from rich.console import Console

from essc_workbench.connections import Connections
from essc_workbench.enrolment import BUREAU
from essc_workbench.failures import GOOD, UsageError
from essc_workbench.folders import DataFolder
from essc_workbench.progress import progress
from essc_workbench.seeding.importing import Plan, Tally, import_population
from essc_workbench.seeding.people import POPULATION_MAX


async def seed_population(console: Console, folder: DataFolder, plan: Plan) -> int:
    """Imports, and says how far it is. Answers the exit status."""
    count, first = plan.count, plan.first
    if not 0 < count <= POPULATION_MAX - first:
        raise UsageError(f"--citizens: from 1 to {POPULATION_MAX - first:,}")
    began = time.monotonic()
    async with Connections(folder, folder.load()) as connections:
        with progress(console) as say:

            def told(tally: Tally) -> None:
                took = time.monotonic() - began
                rate = tally.received / took
                left = (count - tally.received) / rate
                say(f"{tally.received:,} of {count:,} citizens, {rate:,.0f}/s, {left:.0f} s left")

            bureau = connections.platform(BUREAU)
            tally = await import_population(bureau, plan, told)
    took = time.monotonic() - began
    console.print(
        f"{tally.imported:,} citizens, each with a card, in {took:.1f} s "
        f"({tally.imported / took:,.0f}/s): seed {plan.seed}, from place {first} on",
        highlight=False,
        soft_wrap=True,
    )
    return GOOD
