"""`essc demo`: a fresh federation, the story, a table, and nothing left running."""

import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from essc.channel.v1.channel_pb2 import Panel
from essc_workbench.demo.checks import Deviation, Story
from essc_workbench.demo.stage import Stage
from essc_workbench.demo.stories import CAST, StoryName, play
from essc_workbench.failures import CHECK_FAILED, GOOD, UsageError, WorkbenchError, told
from essc_workbench.federation import Federation, federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.progress import progress
from essc_workbench.stores import AS_BEFORE, Deployment
from essc_workbench.words import panel_words

_WIDE = 120
"""Columns that hold six channels with their names and both languages."""


async def demo(
    console: Console,
    data: Path | None,
    name: StoryName = StoryName.ALL,
    deployment: Deployment = AS_BEFORE,
) -> int:
    """Plays a story, or all. Answers the exit status."""
    root = _fresh(data)
    status = CHECK_FAILED
    try:
        status = await _demo(console, DataFolder(root), name, deployment)
    finally:
        if data is None and status == GOOD:
            shutil.rmtree(root, ignore_errors=True)
        else:
            console.print(f"\nData and logs: {escape(str(root))}", highlight=False)
    return status


def _fresh(data: Path | None) -> Path:
    if data is None:
        return Path(tempfile.mkdtemp(prefix="essc-demo-"))
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise UsageError(f"{data}: the demo needs a new or empty folder")
    return data


async def _demo(
    console: Console, folder: DataFolder, name: StoryName, deployment: Deployment
) -> int:
    begin = time.monotonic()
    async with AsyncExitStack() as stack:
        with progress(console) as say:
            running = federation_in(folder, channels=CAST, say=say, deployment=deployment)
            federation = await stack.enter_async_context(running)
        ready_s = time.monotonic() - begin
        console.print(
            f"The platform and {len(federation.channel_ids)} channels, "
            f"{len(federation.pids())} processes, were ready in {ready_s:.1f} s.",
            highlight=False,
        )
        return await tell(console, federation, ready_s, name)


async def tell(
    console: Console, federation: Federation, ready_s: float, name: StoryName = StoryName.ALL
) -> int:
    """Tells a story, or all, in a running federation. Answers the exit status."""
    story = Story(console)
    async with federation.connections() as connections:
        stage = Stage(federation, connections, story)
        try:
            await play(stage, name)
        except Deviation as deviation:
            return _ended(story, deviation)
        except grpc.RpcError as error:
            return _ended(story, Deviation("the next line", "an answer", told(error)))
        except WorkbenchError as error:
            return _ended(story, Deviation("the next line", "to go on", error))
        console.print()
        console.print(await _table(stage, console.width))
    _print_times(console, story, ready_s)
    return GOOD


def _ended(story: Story, deviation: Deviation) -> int:
    story.deviates(deviation)
    story.console.print("\n[red]The story deviates here, so it ends here.[/]")
    return CHECK_FAILED


async def _table(stage: Stage, width: int) -> Table:
    """Citizens × channels, as the panels read at the end."""
    people = {name: citizen.persona.name for name, citizen in stage.citizens.items()}
    federation = stage.federation
    channels = {name: federation.profiles[name].name_zh for name in federation.channel_ids}
    return panels_table(people, channels, await stage.panels(), width)


def panels_table(
    people: dict[str, str],
    channels: dict[str, str],
    panels: dict[tuple[str, str], Panel],
    width: int,
) -> Table:
    """The panels; in Chinese only where the width does not hold both languages.

    People and channels are ids with their names.
    """
    is_wide = width >= _WIDE
    table = Table(title="Citizens and channels at the end", show_lines=True)
    table.add_column("", no_wrap=True)
    for channel_id, name in channels.items():
        table.add_column(f"{channel_id}\n{name}", overflow="fold")
    for person_id, name in people.items():
        words = [panel_words(panels[person_id, channel_id]) for channel_id in channels]
        # In a narrow column: the Chinese word, and the rest below.
        cells = [each.replace(" ", "\n", 1) if is_wide else _chinese(each) for each in words]
        table.add_row(f"{name}\n{person_id}", *cells)
    return table


def _chinese(words: str) -> str:
    """Of a panel's words the Chinese state, and the reason if there is one."""
    state, _, reason = words.partition(": ")
    return "\n".join(filter(None, (state.split(" ")[0], reason)))


def _print_times(console: Console, story: Story, ready_s: float) -> None:
    parts = ", ".join(f"{title.split()[0]}: {s:.1f} s" for title, s in story.seconds.items())
    total = sum(story.seconds.values())
    console.print(
        f"\n{story.checked} lines checked, all as expected. "
        f"Set-up {ready_s:.1f} s; parts {parts}; story {total:.1f} s.",
        highlight=False,
        soft_wrap=True,
    )
