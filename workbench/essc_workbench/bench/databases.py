"""Unlinks on PostgreSQL beside the same statements of `pgbench`, and what a second process costs.

All of it on one durable server of our own, in turns. `pg_cpu_per_write` is processor time of the
server's processes for an acknowledged unlink, ours divided by pgbench's; `pg_rate_vs_pgbench` is
unlinks a second, ours divided by pgbench's, both with 64 at a time. `pg_process_tax` is processor
time of the platform's processes for a call, with two processes divided by that with one.
"""

import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from essc_workbench.bench import machine, pgbench
from essc_workbench.bench.calls import Caller
from essc_workbench.bench.load import Window, drive
from essc_workbench.bench.measures import Place
from essc_workbench.bench.parties import Platform, channel_profile, platform, with_second
from essc_workbench.bench.report import PG_CPU, PG_RATE, PG_TAX
from essc_workbench.postgres.databases import create
from essc_workbench.postgres.server import Server

HOLDERS: Final = 2000
ROUNDS: Final = 5
_ONE, _TWO, _COPY = "bench_one", "bench_two", "bench_pgbench"


@dataclass(slots=True)
class _Costs:
    """Of each round."""

    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def note(self, rate: float, cpu_us: float) -> None:
        self.rates.append(rate)
        self.cpu_us.append(cpu_us)


async def measure_unlinks(place: Place) -> None:
    """Unlinks through the platform, beside the same statements one by one."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(Server(is_durable=True))
        caller = await _caller(stack, place, server, _ONE)
        url, copy = server.url(_ONE), server.url(_COPY)
        statements = await _one_unlink(server, url, caller)
        holder = pgbench.holder_of(url)
        await caller.link_again()
        pgbench.copy(server, url, copy)
        holders = pgbench.renumber(copy)
        path = place.root / "unlink.pgbench"
        path.write_text(pgbench.script(statements, holder, holders))
        ours, theirs = _Costs(), _Costs()
        for turn in range(ROUNDS + 1):
            place.say(f"unlinks on PostgreSQL, round {turn} of {ROUNDS}")
            calls = await caller.unlinks()
            cpu = server.cpu_seconds()
            window = await drive(caller.peer, caller.platform.pid, calls)
            cpu_us = (server.cpu_seconds() - cpu) / window.calls * 1e6
            await caller.link_again()
            other = await pgbench.repeat(server, copy, path)
            if turn:  # the first round warms up
                ours.note(window.rate, cpu_us)
                theirs.note(other.rate, other.cpu_us)
    _report(place, PG_CPU, ours.cpu_us, theirs.cpu_us, "µs of the server an unlink")
    _report(place, PG_RATE, ours.rates, theirs.rates, "unlinks a second")
    place.report.remarks.append(f"{PG_CPU}: one unlink is {len(statements)} statements")


async def measure_processes(place: Place) -> None:
    """Unlinks through one process, and through two that share a database."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(Server(is_durable=True))
        alone = await _caller(stack, place, server, _ONE)
        first = await _caller(stack, place, server, _TWO)
        both = await stack.enter_async_context(
            with_second(first.platform, place.server_core, server.url(_TWO))
        )
        shared = first.by(both)
        costs = {id(alone): _Costs(), id(shared): _Costs()}
        for turn in range(ROUNDS + 1):
            place.say(f"one process and two, round {turn} of {ROUNDS}")
            for caller in (alone, shared) if turn % 2 else (shared, alone):
                calls = await caller.unlinks()
                before = _cpu(caller.platform)
                window: Window = await drive(caller.peer, caller.platform.pid, calls)
                used = _cpu(caller.platform) - before
                await caller.link_again()
                if turn:
                    costs[id(caller)].note(window.rate, used / window.calls * 1e6)
    two, one = costs[id(shared)].cpu_us, costs[id(alone)].cpu_us
    _report(place, PG_TAX, two, one, "µs of the platform a call")


async def _caller(stack: AsyncExitStack, place: Place, server: Server, name: str) -> Caller:
    place.say(f"a platform on PostgreSQL with {HOLDERS} holders of a card")
    create(server.url(name))
    profiles = [channel_profile(1, receives_new_cards=False)]
    running = await stack.enter_async_context(
        platform(place.folder(name), place.server_core, profiles, store=server.url(name))
    )
    place.report.remarks.append(f"{name}: PostgreSQL, {running.store}")
    caller = Caller(running)
    await caller.settle(HOLDERS)
    return caller


async def _one_unlink(server: Server, url: str, caller: Caller) -> list[str]:
    calls = (await caller.unlinks())[:1]

    async def unlink() -> None:
        await drive(caller.peer, caller.platform.pid, calls)

    statements = await pgbench.capture(server, url, unlink)
    # The rest is unlinked as well, so that all can be linked again.
    rest = (await caller.unlinks())[1:]
    await drive(caller.peer, caller.platform.pid, rest)
    return statements


def _cpu(running: Platform) -> float:
    return sum(map(machine.cpu_seconds, (running.pid, *running.others)))


def _report(
    place: Place, key: str, ours: Sequence[float], theirs: Sequence[float], unit: str
) -> None:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    place.report.figures[key] = statistics.median(ratios)
    place.report.remarks.append(
        f"{key}: {statistics.median(ours):,.0f} and {statistics.median(theirs):,.0f} {unit}; "
        f"{min(ratios):.3f} to {max(ratios):.3f} in {len(ratios)} rounds"
    )
