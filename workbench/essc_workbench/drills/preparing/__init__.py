"""Before the clock starts: the population with its cards, and all that its journeys need.

    prepared = await prepare(folder, plan, seed, notes=path, say=print)

Everything is done through the contract: the bureau imports people, channels link them, at many
calls at once. Request ids follow from person and seed, so a preparation that was cut short is run
again whole, and what was done before is only repeated. A federation that a drill has changed is
not prepared again: take a fresh one.

What each takes of the platform: a link five calls, a known phone four, a card password 31 ms.
"""

import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from essc_wire.client import Peer
from essc_workbench.connections import Connections
from essc_workbench.drills.journeys.calls import Manners
from essc_workbench.drills.journeys.circles import circles_of
from essc_workbench.drills.journeys.lines import Lines
from essc_workbench.drills.journeys.prepared import Prepared, key_of
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.preparing.asking import asked_first
from essc_workbench.drills.preparing.equipment import equip
from essc_workbench.drills.preparing.making import Making, Say
from essc_workbench.drills.preparing.phones import read_links
from essc_workbench.enrolment import BUREAU
from essc_workbench.folders import DataFolder
from essc_workbench.seeding import importing
from essc_workbench.seeding.people import HOUSEHOLD

_MANNERS: Final = Manners(attempts=200, honours_retry_info=True)


async def prepare(
    folder: DataFolder,
    plan: Plan,
    seed: int,
    *,
    notes: Path | None = None,
    origin_ns: int = 0,
    say: Say = lambda _text: None,
) -> Prepared:
    """Prepares a running federation, and leaves what came of it in its folder.

    Raises RpcError or WorkbenchError where the contract refuses something.
    """
    async with AsyncExitStack() as stack:
        connections = await stack.enter_async_context(Connections(folder, folder.load()))
        await _import(connections.platform(BUREAU), plan, seed, say)
        prepared = await asked_first(connections, plan, secrets.token_hex(16), seed)
        book, is_direct = None, plan.via == "platform"
        if notes is not None and is_direct:
            book = Notes(notes, key=key_of(prepared.run), origin_ns=origin_ns)
            stack.enter_context(book)
        lines = Lines(folder=folder, state=folder.load(), manners=_MANNERS, notes=book)
        making = Making(plan, prepared, connections, lines, say)
        for channel in plan.federation.channels:
            line = lines.platform(channel) if is_direct else lines.phones(channel)
            stack.push_async_callback(line.close)
            await (making.link_all if is_direct else making.phone_all)(channel, line)
        if not is_direct:
            places = making.circles.linked
            await read_links(connections, prepared, making.people, places)
            for channel in plan.federation.channels:
                line = lines.platform(channel)
                stack.push_async_callback(line.close)
                making.open_desk(channel, line)
        await equip(making)
        prepared.write(folder.root)
        return prepared


async def _import(bureau: Peer, plan: Plan, seed: int, say: Say) -> None:
    """Everybody with a card of the second generation, but a share of those without a link."""
    people = plan.population
    linked = circles_of(plan).linked
    first = min(-(-len(linked) // HOUSEHOLD) * HOUSEHOLD, people.citizens)
    third = round(people.third * 100)
    for part in (
        importing.Plan(count=first, seed=seed),
        importing.Plan(count=people.citizens - first, seed=seed, first=first, third_percent=third),
    ):
        if part.count:
            say(f"citizens: {part.count:,}")
            await importing.import_population(bureau, part, lambda _tally: None)
