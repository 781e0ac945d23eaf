"""The platform as a process: how it starts, how it refuses to, how it ends, how it is killed."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from tests.wire import people
from tests.wire.made import made
from tests.wire.people import DAY, FACE, PASSWORD, SET_PASSWORD, UNLINK, World, new_id, person

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_service_pb2 as events
from essc.lab.v1 import lab_service_pb2 as lab
from essc.password.v1 import password_service_pb2 as passwords
from essc_platform.store.facts import write_fact
from essc_platform.store.sqlite import SqliteStore as Store
from essc_wire.keys import PartyKeyPair, from_pem
from essc_wire.refusals import refusal_of

WRONG = 2


def command(*arguments: object) -> list[str]:
    # -B: a process whose files may not grow would leave half a bytecode file to all that follow.
    return [sys.executable, "-I", "-B", "-m", "essc_platform", *map(str, arguments)]


def run(*arguments: object, before: Iterable[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *command(*arguments)], capture_output=True, text=True, timeout=100, check=False
    )


def init(folder: Path) -> PartyKeyPair:
    made = run("init", "--data", folder, "--platform-id", people.PLATFORM_ID)
    assert made.returncode == 0, made.stderr
    return from_pem(made.stdout.encode())


class Platform:
    """A platform process on a data folder, at the same addresses whenever it is started."""

    def __init__(self, folder: Path, *further: str) -> None:
        self.folder, self.further = folder, further
        self.address, self.lab_address = "127.0.0.1:0", "127.0.0.1:0"
        self.process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}

    def start(self) -> None:
        with (self.folder.parent / "log").open("a") as log:
            self.process = subprocess.Popen(
                command(
                    *("serve", "--data", self.folder),
                    *("--listen", self.address, "--lab", self.lab_address),
                    *self.further,
                ),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.address, self.lab_address = self.ready["address"], self.ready["lab_address"]

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        with self.process as process:
            return process.wait(20)


@asynccontextmanager
async def a_platform(folder: Path) -> AsyncIterator[tuple[Platform, World]]:
    key = made(folder, people.PLATFORM_ID)
    platform = Platform(folder)
    platform.start()
    world = World(platform.address, platform.lab_address, folder, key)
    try:
        await world.open()
        yield platform, world
    finally:
        await world.close()
        if platform.process is not None and platform.process.poll() is None:
            platform.end(signal.SIGKILL)


def lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    """What a refused start said; every line is the program's own."""
    assert result.returncode == WRONG, result.stderr
    assert result.stdout == ""
    found = result.stderr.splitlines()
    assert all(line.startswith("essc-platform: ") for line in found), result.stderr
    return [line.removeprefix("essc-platform: ") for line in found]


def test_init_makes_a_folder_once(tmp_path: Path) -> None:
    init(tmp_path / "data")
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}

    (said,) = lines(run("init", "--data", tmp_path / "data"))

    assert "initialised already" in said
    assert {p: p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file()} == before
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_wrong_start_lists_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    wrong = run(
        *("serve", "--data", tmp_path, "--listen", "0.0.0.0:1", "--lab", "0.0.0.0:2"),
        *("--faces", "here", "--text-messages", "there:99999", "--bank", "where"),
        *("--photos", "there"),
        *("--log-level", "loud", "--batch-max", "0", "--loss", "mine"),
        *("--store-bytes-max", "0", "--admission", "half", "--streams-max", "2001"),
        *("--weight", "wechat", "--weight", "alipay=101", "--weight", "portal=3"),
    )

    said = lines(wrong)

    for start in (
        "--data",
        "--listen",
        "--lab",
        "--faces",
        "--text-",
        "--bank",
        "--photos",
        "--log",
        "--batch",
        "--loss",
        "--store",
        "--admission",
        "--streams",
        "--weight wechat:",
        "--weight alipay=101:",
    ):
        assert [line for line in said if line.startswith(start)], start
    assert len(said) == 15


def test_without_a_lab_the_authorities_must_be_named(tmp_path: Path) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)

    said = lines(run("serve", "--data", tmp_path / "data"))

    assert [line.split()[0] for line in said] == [
        "--faces",
        "--text-messages",
        "--bank",
        "--photos",
    ]


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        (said,) = lines(run("init", "--data", folder))
        assert str(folder) in said
        assert "initialised" not in said


def test_a_full_disk_at_init_is_said_in_one_line(tmp_path: Path) -> None:
    # By a shell, not between fork and exec: this process has gRPC's threads. 16 blocks are 8 KiB.
    small_files = ("sh", "-c", 'ulimit -f 16 && exec "$@"', "sh")

    (said,) = lines(run("init", "--data", tmp_path / "data", before=small_files))

    assert str(tmp_path / "data") in said


def test_a_store_of_another_version_is_said_in_one_line(tmp_path: Path) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)
    store = Store(tmp_path / "data" / "platform.db")
    write_fact(store.writer, "schema_version", "8")
    store.close()

    (said,) = lines(run("serve", "--data", tmp_path / "data", "--lab", "127.0.0.1:0"))

    assert "schema is version 8" in said


@pytest.mark.parametrize("name", ["secrets.json", "platform.db", "signing"])
def test_a_damaged_folder_is_said_in_one_line_that_names_the_file(
    tmp_path: Path, name: str
) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)
    path = tmp_path / "data" / name
    if path.is_dir():
        path = next(path.iterdir())
    path.write_text("{}" + " " * 5000)

    (said,) = lines(run("serve", "--data", tmp_path / "data", "--lab", "127.0.0.1:0"))

    assert str(path) in said


@contextmanager
def taken_port() -> Iterator[int]:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.mark.parametrize("which", ["--listen", "--lab"])
def test_an_address_in_use_is_said_in_one_line(tmp_path: Path, which: str) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)
    with taken_port() as port:
        addresses = {"--listen": "127.0.0.1:0", "--lab": "127.0.0.1:0", which: f"127.0.0.1:{port}"}
        options = [text for pair in addresses.items() for text in pair]
        said = lines(run("serve", "--data", tmp_path / "data", *options))

    assert [line for line in said if f"127.0.0.1:{port}" in line and "in use" in line]
    assert len(said) == 1


async def test_a_started_platform_says_where_it_is_and_how_it_stores(tmp_path: Path) -> None:
    async with a_platform(tmp_path / "data") as (platform, _):
        assert platform.ready["store"] == {"journal_mode": "wal", "synchronous": 2}
        assert platform.ready["platform_id"] == people.PLATFORM_ID
        assert platform.ready["loss"] == "block"
        assert platform.process is not None
        assert platform.ready["pid"] == platform.process.pid
        assert platform.end(signal.SIGTERM) == 0
    for line in (tmp_path / "log").read_text().splitlines():
        assert json.loads(line)["level"]


@pytest.mark.rule("R91")
async def test_sigterm_finishes_what_runs_refuses_what_comes_and_exits_well(
    tmp_path: Path,
) -> None:
    async with a_platform(tmp_path / "data") as (platform, world):
        bank = await world.channel("bank")
        requests = []
        for place in range(1, 13):
            someone = await world.citizen(place)
            link = await bank.apply(someone)
            requests.append(
                passwords.SetPasswordRequest(
                    request_id=new_id(),
                    link_id=link.link_id,
                    proof=await bank.proof(someone, FACE, SET_PASSWORD),
                    new_password=PASSWORD,
                )
            )
        # Two are hashed at a time: the last ones are still running when the signal comes.
        calls = [
            asyncio.ensure_future(bank.do(bank.passwords.SetPassword, request))
            for request in requests
        ]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert platform.process is not None
        platform.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.02)
        late = await code_of(bank.do(bank.events.GetHead, events.GetHeadRequest()))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        with platform.process as process:
            exit_status = await asyncio.to_thread(process.wait, 20)

        assert exit_status == 0
        assert late == "PLATFORM_DRAINING"
        assert [each for each in answers if isinstance(each, Exception)] == []

        platform.start()
        await world.ready()
        links = await bank.links()
        assert len(links) == len(requests)
        assert all(item.card.password_is_set for item in links)


async def code_of(call: Any) -> str:
    """The reason of a refused call; the bare code where the server was gone already."""
    try:
        await call
    except grpc.RpcError as error:
        found: Any = error
        refusal = refusal_of(found)
        return refusal.reason if refusal else str(found.code())
    return "answered"


@pytest.mark.rule("R95", "R91")
async def test_what_was_answered_is_there_after_a_kill_the_clock_too(tmp_path: Path) -> None:
    async with a_platform(tmp_path / "data") as (platform, world):
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        application = await bank.application(zhang)
        advance = lab.AdvanceRequest(request_id=new_id())
        advance.by.FromSeconds(3 * DAY)
        applied = await bank.do(bank.cards.Apply, application)
        advanced = await world.lab.do(world.lab.clock.Advance, advance)

        platform.end(signal.SIGKILL)
        platform.start()
        await world.ready()
        time = await world.lab.do(world.lab.clock.GetTime, lab.GetTimeRequest())
        again = await bank.do(bank.cards.Apply, application)
        repeated = await world.lab.do(world.lab.clock.Advance, advance)

        assert time.offset.ToSeconds() == 3 * DAY
        assert time.time.ToMicroseconds() > advanced.time.ToMicroseconds()
        assert repeated.offset.ToSeconds() == 3 * DAY
        assert again == applied
        assert (await bank.get(applied.link)).link == applied.link
        assert len(await bank.feed()) == 1


@pytest.mark.rule("R91")
async def test_a_full_disk_is_said_and_no_acknowledged_change_is_lost(tmp_path: Path) -> None:
    async with a_platform(tmp_path / "data") as (platform, world):
        bank = await world.channel("bank")
        people_ = [await world.citizen(place) for place in range(1, 4)]
        links = [await bank.apply(someone) for someone in people_]
        requests = [
            cards.UnlinkRequest(
                request_id=new_id(),
                link_id=link.link_id,
                serial=1,
                proof=await bank.proof(someone, FACE, UNLINK),
            )
            for someone, link in zip(people_, links, strict=True)
        ]
        await bank.do(bank.cards.Unlink, requests[0])
        # No file of this process may grow any more, its log neither.
        process = psutil.Process(platform.ready["pid"])
        before = process.rlimit(psutil.RLIMIT_FSIZE)
        process.rlimit(psutil.RLIMIT_FSIZE, (1, before[1]))

        refused = await code_of(bank.do(bank.cards.Unlink, requests[1]))
        seen = await bank.get(links[1])
        process.rlimit(psutil.RLIMIT_FSIZE, before)
        await bank.do(bank.cards.Unlink, requests[1])
        platform.end(signal.SIGKILL)
        platform.start()
        await world.ready()

        assert refused == "STORE_UNAVAILABLE"
        assert seen.link.state == card_pb2.Link.STATE_ACTIVE
        states = {item.link.link_id: item.link.state for item in await bank.links()}
        assert [states[link.link_id] for link in links] == [3, 3, 2]
        log = (tmp_path / "log").read_text()
        assert "Traceback" not in log
        assert person(1).name not in log
