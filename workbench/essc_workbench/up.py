"""`essc up`: starts the federation and keeps it until Ctrl-C."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from essc_wire.addresses import addresses_of
from essc_wire.logs import set_up_logs
from essc_workbench.failures import GOOD, WorkbenchError
from essc_workbench.fleet import party_of, platform_names
from essc_workbench.folders import (
    Addresses,
    DataFolder,
    State,
    default_root,
    note_last,
    up_again,
)
from essc_workbench.programs import Profile
from essc_workbench.progress import progress
from essc_workbench.routes import PLATFORM
from essc_workbench.runs import until_stopped
from essc_workbench.standing import Standing, standing
from essc_workbench.stores import AS_BEFORE, Deployment
from essc_workbench.things_to_try import things_to_try
from essc_workbench.upgrading import bring_here, with_a_way
from essc_workbench.watching import targets_file

_LOOK_S = 1.0


async def up(
    console: Console,
    data: Path | None,
    channels: Sequence[str] | None,
    *,
    is_tls: bool,
    loss: str = "",
    has_gate: bool = False,
    unkind_seed: str = "",
    deployment: Deployment = AS_BEFORE,
    migrates: bool = False,
) -> int:
    """Starts, tells, waits, stops. Answers the exit status.

    What an older release left is brought here first, if `migrates`; else it is refused.
    """
    set_up_logs("error")  # a refused fault is told to who asked for it
    folder = DataFolder(data or default_root())
    begin = time.monotonic()
    async with AsyncExitStack() as stack:
        with progress(console) as say:
            if migrates:
                await bring_here(folder, say)
            running = standing(
                folder,
                channels=channels,
                is_tls=is_tls,
                loss=loss,
                say=say,
                has_gate=has_gate or bool(unkind_seed),
                unkind_seed=unkind_seed,
                deployment=deployment,
            )
            try:
                stands = await stack.enter_async_context(running)
            except WorkbenchError as error:
                raise with_a_way(error, folder) from error
        note_last(folder.root)
        _tell(console, stands, time.monotonic() - begin, is_watched=deployment.is_watched)
        await until_stopped(_watch(console, stands))
        console.print("\nstopping every process", highlight=False)
    if stands.unkind is not None:
        counts = ", ".join(f"{name} {count}" for name, count in stands.unkind.counts.items())
        text = f"unkind with the seed {stands.unkind.seed}: {counts}"
        console.print(text, soft_wrap=True, markup=False, highlight=False)
    console.print("stopped", highlight=False)
    return GOOD


async def _watch(console: Console, stands: Standing) -> None:
    """Says it once when a party ends by itself; the others run on."""
    federation = stands.federation
    running = set(federation.pids())
    while True:
        await asyncio.sleep(_LOOK_S)
        away = stands.powers.away
        still = set(federation.pids())
        still |= {name for name in running if name in away or party_of(name) in away}
        for party in sorted(running - still):
            words = federation.process(party).last_words()
            console.print(f"{party} ended unexpectedly: {words}", markup=False, soft_wrap=True)
        running = still


def _tell(console: Console, stands: Standing, ready_s: float, *, is_watched: bool) -> None:
    federation, state = stands.federation, stands.as_called()
    folder = federation.folder
    scheme = "TLS" if state.is_tls else "plaintext"
    lines = [
        f"{len(federation.pids())} processes were ready in {ready_s:.1f} s ({scheme}).",
        "",
        *_platform_lines(state),
        *(_line(federation.profiles[name], at) for name, at in state.channels.items()),
        "",
        f"  data {folder.root}",
        f"  keys {folder.keys}",
        f"  logs {folder.logs}",
    ]
    if state.store:
        lines.append(f"  store {state.store}")
    if state.is_tls:
        lines.append(f"  development authority {folder.authority}")
    if is_watched:
        lines += _watched(folder, state)
    lines += _manners(stands)
    lines += ["", "Three things to try in another terminal:"]
    for number, trial in enumerate(things_to_try(folder, state), start=1):
        lines += ["", f"  {number}. {trial.text}", "", f"     {trial.line}"]
    again = f"`{up_again(folder)}` finds everything again"
    lines += ["", f"Ctrl-C stops every process; {again}."]
    for line in lines:
        # Wide lines are meant to be pasted: nothing may break them.
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _watched(folder: DataFolder, state: State) -> Iterator[str]:
    """Where each process is watched."""
    yield ""
    yield "  operations ports 运维端口: /metrics, /ready, /live"
    for name, address in state.operations.items():
        yield f"  {name:<10} http://{address}/metrics"
    yield f"  for Prometheus: {targets_file(folder)}"


def _manners(stands: Standing) -> Iterator[str]:
    """What is between the parties, and how it treats them."""
    if stands.history is not None:
        yield f"  gate: every call passes a door (these are their addresses), into {stands.history}"
    if stands.unkind is not None:
        yield ""
        yield f"Unkind 不友善, with the seed {stands.unkind.seed}: calls are refused, delayed,"
        yield "delivered twice, lose their answers; parties are restarted. Never more than two"
        yield "refusals in a row for one operation 同一操作最多连续拒绝两次."


def _platform_lines(state: State) -> Iterator[str]:
    """The platform's processes, which any of their addresses stands for; the lab is the first's."""
    platform = state.platform
    assert platform is not None
    addresses = addresses_of(platform.address)
    for name, address in zip(platform_names(len(addresses)), addresses, strict=True):
        lab = f" lab {platform.lab_address}" if address == platform.first else ""
        yield f"  {name:<10} {address:<16}{lab}"
    if len(addresses) > 1:
        yield f"  {PLATFORM:<10} {platform.address}"


def _line(profile: Profile, at: Addresses) -> str:
    return f"  {profile.id:<10} {at.address:<16} lab {at.lab_address:<16} {profile.name_zh}"
