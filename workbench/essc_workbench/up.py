"""`essc up`: starts the federation and keeps it until Ctrl-C."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from essc_workbench.failures import GOOD
from essc_workbench.federation import Federation, federation_in
from essc_workbench.folders import Addresses, DataFolder, default_root, note_last, up_again
from essc_workbench.programs import Profile
from essc_workbench.progress import progress
from essc_workbench.runs import until_stopped
from essc_workbench.things_to_try import things_to_try

_LOOK_S = 1.0


async def up(
    console: Console,
    data: Path | None,
    channels: Sequence[str] | None,
    *,
    is_tls: bool,
    loss: str = "",
) -> int:
    """Starts, tells, waits, stops. Answers the exit status."""
    folder = DataFolder(data or default_root())
    begin = time.monotonic()
    async with AsyncExitStack() as stack:
        with progress(console) as say:
            running = federation_in(folder, channels=channels, is_tls=is_tls, loss=loss, say=say)
            federation = await stack.enter_async_context(running)
        note_last(folder.root)
        _tell(console, federation, time.monotonic() - begin)
        await until_stopped(_watch(console, federation))
        console.print("\nstopping every process", highlight=False)
    console.print("stopped", highlight=False)
    return GOOD


async def _watch(console: Console, federation: Federation) -> None:
    """Says it once when a party ends by itself; the others run on."""
    running = set(federation.pids())
    while True:
        await asyncio.sleep(_LOOK_S)
        still = set(federation.pids())
        for party in sorted(running - still):
            words = federation.process(party).last_words()
            console.print(f"{party} ended unexpectedly: {words}", markup=False, soft_wrap=True)
        running = still


def _tell(console: Console, federation: Federation, ready_s: float) -> None:
    state, folder = federation.state, federation.folder
    assert state.platform is not None
    scheme = "TLS" if state.is_tls else "plaintext"
    lines = [
        f"{len(federation.pids())} processes were ready in {ready_s:.1f} s ({scheme}).",
        "",
        f"  {'platform':<10} {state.platform.address:<16} lab {state.platform.lab_address}",
        *(_line(federation.profiles[name], at) for name, at in state.channels.items()),
        "",
        f"  data {folder.root}",
        f"  keys {folder.keys}",
        f"  logs {folder.logs}",
    ]
    if state.is_tls:
        lines.append(f"  development authority {folder.authority}")
    lines += ["", "Three things to try in another terminal:"]
    for number, trial in enumerate(things_to_try(folder, state), start=1):
        lines += ["", f"  {number}. {trial.text}", "", f"     {trial.line}"]
    again = f"`{up_again(folder)}` finds everything again"
    lines += ["", f"Ctrl-C stops every process; {again}."]
    for line in lines:
        # Wide lines are meant to be pasted: nothing may break them.
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _line(profile: Profile, at: Addresses) -> str:
    return f"  {profile.id:<10} {at.address:<16} lab {at.lab_address:<16} {profile.name_zh}"
