"""Spare processes and the prepared folder: a federation that starts quickly and is fresh."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from essc.card.v1.card_pb2 import Link
from essc.channel.v1.channel_pb2 import FLOW_KIND_APPLY
from essc_wire.refusals import reason_of
from essc_workbench.exports import exported
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.population import personas
from essc_workbench.processes import PartyProcess
from essc_workbench.programs import program
from essc_workbench.spares import Spares
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, meet

PROGRAMS = ("essc-platform", "essc-channel")


@pytest.fixture
def spares() -> Iterator[Spares]:
    kept = Spares({"essc-platform": 1, "essc-channel": 1})
    try:
        kept.fill()
        yield kept
    finally:
        kept.close()


def spare(name: str, said: bytes) -> "subprocess.CompletedProcess[bytes]":
    """A spare that is told this, and no more."""
    command = [str(program(name)), "spare"]
    return subprocess.run(command, input=said, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_spare_says_that_it_waits_and_ends_with_its_input(name: str) -> None:
    done = spare(name, b"")

    line = json.loads(done.stdout)
    assert done.returncode == 0
    assert line["spare"] is True
    assert line["pid"] > 0
    assert done.stderr == b""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_spare_that_is_told_no_order_says_so_in_one_line(name: str) -> None:
    done = spare(name, b"serve\n")

    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        f"{name}: not a line of JSON with arguments, out and log"
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_spare_refuses_what_serve_refuses_and_says_so_in_the_log(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("before\n")
    order = {"arguments": [], "out": str(tmp_path / "out"), "log": str(tmp_path / "log")}

    done = spare(name, json.dumps(order).encode() + b"\n")
    plain = subprocess.run(
        [str(program(name)), "serve"], capture_output=True, timeout=60, check=False
    )

    assert done.returncode == plain.returncode == 2
    assert (tmp_path / "log").read_bytes() == b"before\n" + plain.stderr
    assert (tmp_path / "out").read_bytes() == plain.stdout == b""


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_names_the_spare(name: str) -> None:
    done = subprocess.run(
        [str(program(name)), "spare", "--help"], capture_output=True, timeout=60, check=True
    )

    assert b'{"arguments": [...], "out": FILE, "log": FILE}' in b" ".join(done.stdout.split())


async def test_a_spare_that_dies_is_replaced_and_all_end_when_told(spares: Spares) -> None:
    await spares.ready()
    (first, other) = spares.pids()
    os.kill(first, 9)
    await ended(first)

    spares.fill()

    assert len(spares.pids()) == 2
    assert other in spares.pids()
    assert first not in spares.pids()
    left = spares.pids()
    spares.close()
    assert spares.pids() == []
    assert not any(is_there(pid) for pid in left)


WORKBENCH = """
import time
from essc_workbench.spares import Spares
kept = Spares({"essc-channel": 1})
kept.fill()
print(kept.pids()[0], flush=True)
time.sleep(60)
"""


async def test_a_spare_ends_with_a_workbench_that_is_killed() -> None:
    workbench = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", WORKBENCH, stdout=subprocess.PIPE
    )
    assert workbench.stdout is not None
    pid = int(await workbench.stdout.readline())
    assert is_there(pid)

    workbench.kill()
    await workbench.wait()

    await ended(pid)


async def test_who_finds_no_spare_starts_a_process_as_ever(spares: Spares, tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    path = str(program("essc-channel"))
    taken = spares.take(path, ["--data", str(tmp_path)], out, log)
    assert taken is not None
    taken.wait(timeout=60)

    assert spares.take(path, [], out, log) is None
    assert spares.take("/bin/true", [], out, log) is None
    process = PartyProcess("channel", [path, "serve"], tmp_path, spares.take)
    process.start()
    with pytest.raises(WorkbenchError, match="--vouching"):
        await process.ready()


def test_no_more_than_so_many_are_kept() -> None:
    with pytest.raises(WorkbenchError, match="0 to 16"):
        Spares({"essc-channel": 17})


@asynccontextmanager
async def quick(folder: Path, template: Template, spares: Spares) -> AsyncIterator[Meeting]:
    running = federation_in(
        DataFolder(folder),
        channels=("wechat",),
        spares=spares,
        template=template,
        people=("zhang-san",),
    )
    async with running as federation, meet(federation) as meeting:
        yield meeting


async def test_federations_of_spares_and_a_template_are_whole_and_fresh(
    spares: Spares, template: Template, tmp_path: Path
) -> None:
    before = set(spares.pids())

    async with quick(tmp_path / "one", template, spares) as one:
        pids = set(one.federation.pids().values())
        phone = one.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        assert (await phone.walk(FLOW_KIND_APPLY)).is_completed
        # Nobody asked for an account of hers.
        with pytest.raises(grpc.RpcError) as refused:
            await one.citizen("li-si").phone("wechat").sign_in()
    async with quick(tmp_path / "two", template, spares) as two:
        phone = two.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        panel = await phone.home()
        people = await personas(two.connections.platform_lab())

    assert pids == before
    assert reason_of(refused.value) == "ACCOUNT_UNKNOWN"
    assert not panel.HasField("card")
    assert "zhang-san" in people


async def test_a_folder_that_was_used_keeps_its_state(
    spares: Spares, template: Template, tmp_path: Path
) -> None:
    async with quick(tmp_path / "one", template, spares) as first:
        phone = first.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        await phone.walk(FLOW_KIND_APPLY)

    async with quick(tmp_path / "one", template, spares) as again:
        phone = again.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        panel = await phone.home()

    assert panel.HasField("card")


@pytest.mark.rule("R5")
@pytest.mark.parametrize("begins_as_copy", [True, False])
async def test_a_new_card_is_delivered_however_the_federation_begins(
    template: Template, tmp_path: Path, *, begins_as_copy: bool
) -> None:
    running = federation_in(
        DataFolder(tmp_path),
        channels=("alipay",),
        template=template if begins_as_copy else None,
        people=(),
    )
    async with running as federation, federation.connections() as connections:
        snapshot = await exported(connections.lab("platform"), "links")

    states = [link.state for link in snapshot.links if link.channel_id == "alipay"]
    assert states.count(Link.STATE_DELIVERED) == 1


async def test_a_restarted_party_may_be_a_spare_at_the_same_address(
    spares: Spares, template: Template, tmp_path: Path
) -> None:
    async with quick(tmp_path / "one", template, spares) as met:
        await spares.ready()
        waiting = set(spares.pids())
        address = met.federation.state.channels["wechat"].address

        await met.federation.restart("wechat")

        assert met.federation.pids()["wechat"] in waiting
        assert (await met.federation.process("wechat").ready()).address == address


async def test_an_account_for_nobody_is_refused(template: Template, tmp_path: Path) -> None:
    running = federation_in(
        DataFolder(tmp_path), channels=("wechat",), template=template, people=("nobody",)
    )

    with pytest.raises(UsageError, match="nobody: no such persona"):
        async with running:
            pass


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_starting_four_channels_takes_three_seconds_after_the_first(tmp_path: Path) -> None:
    channels = ("wechat", "alipay", "bank-east", "nantong")
    kept = Spares({"essc-platform": 1, "essc-channel": 4})
    template = Template(tmp_path / "template", kept)
    took: list[float] = []
    try:
        for number in range(6):
            kept.fill()
            await kept.ready()
            begin = time.monotonic()
            async with federation_in(
                DataFolder(tmp_path / str(number)),
                channels=channels,
                spares=kept,
                template=template,
                people=("zhang-san",),
            ):
                took.append(time.monotonic() - begin)
    finally:
        kept.close()

    print(f"starts after the first: {', '.join(f'{each:.2f} s' for each in took[1:])}")
    assert sorted(took[1:])[len(took) // 2] <= 3.0


async def ended(pid: int) -> None:
    async with asyncio.timeout(10):
        while is_there(pid):  # noqa: ASYNC110 - a pid sets no event
            await asyncio.sleep(0.01)


def is_there(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
