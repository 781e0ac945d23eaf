"""`essc bench`: measures, prints, writes. A figure that falls short is told, not punished."""

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import uvloop
from rich.console import Console

from essc_workbench.bench import databases, growth, machine, measures, overload, seeder
from essc_workbench.bench.measures import Place
from essc_workbench.bench.report import (
    BATCH_CODE,
    BATCHING,
    CODE,
    FAIRNESS,
    FSYNC,
    GROWTH,
    GROWTH_CHANNELS,
    IMPORT,
    OF_OTHERS,
    OVERLOAD,
    PG_CPU,
    PG_RATE,
    PG_TAX,
    READ,
    READY,
    REFUSAL,
    RSS,
    RSS_MILLION,
    SEED,
    SEED_RSS,
    TARGETS,
    TICKET,
    WRITE,
    WRITE_TAIL,
    Report,
)
from essc_workbench.failures import GOOD, UsageError
from essc_workbench.progress import progress
from essc_workbench.runs import run as run_until_stopped

Others: TypeAlias = Mapping[str, Callable[[Place], Awaitable[None]]]
"""Measures of others by the key of their figure, each with processes of its own."""
NO_OTHERS: Final[Others] = {}


def run(only: str | None, json_path: Path | None, others: Others = NO_OTHERS) -> int:
    """Measures everything, or one key. Answers the exit status."""
    known = [key for key in TARGETS if key not in OF_OTHERS or key in others]
    if only and only not in known:
        raise UsageError(f"{only}: no such figure; there are: {', '.join(known)}")
    wanted = {only} if only else set(known)
    return run_until_stopped(_bench(Console(), wanted, json_path, others), uvloop.new_event_loop)


async def _bench(console: Console, wanted: set[str], json_path: Path | None, others: Others) -> int:
    server_core, own_core = machine.two_cores()
    report = Report(facts=machine.facts())
    with tempfile.TemporaryDirectory(prefix="essc-bench-") as name, progress(console) as say:
        place = Place(Path(name), server_core, report, say)
        report.remarks.append(
            f"server on core {server_core}, generator on core {own_core}, data in {name}"
        )
        if FSYNC in wanted:
            report.figures[FSYNC] = machine.fsync_ms(place.root)
        if READY in wanted:
            await measures.measure_ready(place)
        if wanted & {PG_CPU, PG_RATE}:
            await databases.measure_unlinks(place)
        if PG_TAX in wanted:
            await databases.measure_processes(place)
        for key, measure in others.items():
            if key in wanted:
                await measure(place)
        with machine.on_core(own_core):
            await _measure_pinned(place, wanted)
    report.print(console)
    if json_path is not None:
        report.write(json_path)
    return GOOD


async def _measure_pinned(place: Place, wanted: set[str]) -> None:
    if READ in wanted:
        await measures.measure_reads(place)
    if wanted & {WRITE, WRITE_TAIL, BATCHING}:
        await measures.measure_writes(place, wanted=wanted)
    if wanted & {CODE, TICKET, BATCH_CODE}:
        await measures.measure_counter(place, wanted=wanted)
    if REFUSAL in wanted:
        await overload.measure_refusals(place)
    if OVERLOAD in wanted:
        await overload.measure_overload(place)
    if FAIRNESS in wanted:
        await overload.measure_fairness(place)
    if IMPORT in wanted:
        await measures.measure_import(place)
    if RSS in wanted:
        await measures.measure_memory(place)
    if GROWTH_CHANNELS in wanted:
        await growth.measure_channels(place)
    if wanted & {GROWTH, RSS_MILLION}:
        await growth.measure_citizens(place)  # these citizens are seeded: one million is enough
    elif wanted & {SEED, SEED_RSS}:
        await seeder.measure_seed(place)
