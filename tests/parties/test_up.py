"""`essc up` and the first minute of an integrator: every line that is printed works when pasted."""

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from essc.channel.v1.channel_pb2 import FLOW_KIND_APPLY
from essc.policy.v1.policy_service_pb2 import GetPolicyRequest
from essc.policy.v1.policy_service_pb2_grpc import PolicyServiceStub
from essc_workbench.citizens import Citizen, Walk
from essc_workbench.connections import Connections
from essc_workbench.folders import Addresses, DataFolder
from essc_workbench.population import open_accounts, personas
from essc_workbench.templates import Template

BIN = Path(sys.executable).parent
ESSC = BIN / "essc"
DATA = "a folder"  # with a space, since people have them


@dataclass
class Running:
    """A federation kept up by `essc up`, and what it printed."""

    process: subprocess.Popen[str]
    data: Path
    environment: dict[str, str]
    lines: list[str]

    def run(
        self, *arguments: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ESSC, *arguments],
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def start(tmp_path: Path, *arguments: str) -> Running:
    data = tmp_path / DATA
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    environment.pop("PYTHONPATH", None)
    process = subprocess.Popen(
        [ESSC, "up", "--data", data, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
    )
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if "Ctrl-C" in line:
            return Running(process, data, environment, lines)
    raise AssertionError("\n".join(lines))


def stop(running: Running) -> int:
    running.process.send_signal(signal.SIGINT)
    running.process.communicate(timeout=30)
    return running.process.returncode


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("up"), "--channels", "wechat,alipay", "--ops")
    yield running
    assert stop(running) == 0


def pasted(running: Running) -> list[str]:
    """The lines that are meant to be pasted."""
    return [line.strip() for line in running.lines if line.strip().startswith(("/", "'/"))]


def test_what_is_printed_to_be_tried_works_when_pasted(up: Running) -> None:
    lines = pasted(up)

    assert len(lines) == 3
    for line in lines:
        done = subprocess.run(
            line,
            shell=True,
            env=up.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_each_process_is_watched_where_it_is_printed_and_written(up: Running) -> None:
    groups = json.loads((up.data / "operations.json").read_text())
    written = {each["labels"]["process"]: each for each in groups}

    for name in ("platform", "wechat", "alipay"):
        (address,) = written[name]["targets"]
        assert any(f"{name} " in line and f"http://{address}/metrics" in line for line in up.lines)
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            assert "essc_ready 1.0" in answer.read().decode().splitlines()
    jobs = {name: each["labels"]["job"] for name, each in written.items()}
    assert jobs == {"platform": "essc-platform", "wechat": "essc-channel", "alipay": "essc-channel"}


def test_a_token_is_for_who_is_named_and_known(up: Running) -> None:
    good, bad = up.run("token", "wechat"), up.run("token", "nobody")

    assert (good.returncode, good.stdout.count(".")) == (0, 2)
    assert bad.returncode == 2
    assert bad.stderr.startswith("essc: nobody: no such party")


def test_the_platforms_clock_is_advanced_and_the_channels_are_not(up: Running) -> None:
    advanced = up.run("clock", "advance", "2d")
    shown = up.run("clock")

    assert (advanced.returncode, shown.returncode) == (0, 0)
    assert "2 days" in next(line for line in shown.stdout.splitlines() if "platform" in line)
    assert "2 days" not in next(line for line in shown.stdout.splitlines() if "wechat" in line)


def test_without_a_gate_no_door_is_in_the_way_and_only_parties_can_be_hindered(
    up: Running,
) -> None:
    called = up.run("fault", "add", "--lose-answer")
    frozen = up.run("fault", "add", "--freeze", "wechat", "--name", "still")
    thawed = up.run("fault", "remove", "still")

    assert called.returncode == 2
    assert "no door is in the way of any call" in called.stderr
    assert (frozen.returncode, thawed.returncode) == (0, 0)
    assert not (up.data / "history.jsonl").exists()


def test_a_second_federation_in_the_same_folder_is_refused(up: Running) -> None:
    done = up.run("up", "--data", up.data)

    assert done.returncode == 2
    assert "runs in this folder already" in done.stderr


def test_an_integrator_has_a_live_channel_in_a_minute(up: Running, tmp_path: Path) -> None:
    done = up.run("integrate", "river-bank", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "river-bank is live and holds 0 links" in done.stdout
    folder = tmp_path / "river-bank"
    written = {path.name for path in folder.iterdir()}
    assert written == {
        *("key.pem", "connection.json", "profile.yaml", "protos"),
        *("first_call.py", "first_call.sh"),
    }
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
    built = subprocess.run([BIN / "buf", "build", folder / "protos"], timeout=60, check=False)
    assert built.returncode == 0


def test_a_phone_applies_in_an_integrated_channel(up: Running, tmp_path: Path) -> None:
    """A seventh channel is a profile file and a key, and no code."""
    done = up.run("integrate", "pond-bank", cwd=tmp_path)
    serve = next(line for line in done.stdout.splitlines() if "essc-channel serve --" in line)

    with subprocess.Popen(
        serve.strip(), shell=True, env=up.environment, stdout=subprocess.PIPE, process_group=0
    ) as channel:
        try:
            assert channel.stdout is not None
            ready = json.loads(channel.stdout.readline())
            walk = asyncio.run(apply_in(DataFolder(up.data), ready))
        finally:
            os.killpg(channel.pid, signal.SIGTERM)

    assert walk.is_completed, walk.flow.reason


async def apply_in(folder: DataFolder, ready: dict[str, str]) -> Walk:
    channel_id, state = ready["channel_id"], folder.load()
    at = Addresses(address=ready["address"], lab_address=ready["lab_address"])
    state.channels = {channel_id: at}
    async with Connections(folder, state) as connections:
        people = await personas(connections.platform_lab())
        await open_accounts(connections.channel_lab(channel_id), channel_id, people)
        phone = Citizen(people["zhang-san"], connections).phone(channel_id)
        await phone.sign_in()
        return await phone.walk(FLOW_KIND_APPLY)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wechat", "the platform knows a party of this name already"),
        ("Pond", "is no channel id"),
        ("p", "is no channel id"),
        ("../pond", "is no channel id"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused_in_one_line(
    up: Running, tmp_path: Path, name: str, said: str
) -> None:
    done = up.run("integrate", name, cwd=tmp_path)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_integration_is_finished_by_the_next(up: Running, tmp_path: Path) -> None:
    in_the_way = DataFolder(up.data).key("moor-bank")
    in_the_way.symlink_to(tmp_path / "nowhere" / "key.pem")  # it fails after the registration

    failed = up.run("integrate", "moor-bank", cwd=tmp_path)
    in_the_way.unlink()
    done = up.run("integrate", "moor-bank", cwd=tmp_path)

    assert failed.returncode != 0
    assert done.returncode == 0, done.stdout + done.stderr
    assert "moor-bank is live and holds 0 links" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["moor-bank"]
    assert in_the_way.read_bytes() == (tmp_path / "moor-bank" / "key.pem").read_bytes()


def test_a_folder_that_is_there_is_not_touched(up: Running, tmp_path: Path) -> None:
    (tmp_path / "lake-bank").mkdir()

    done = up.run("integrate", "lake-bank", cwd=tmp_path)

    assert done.returncode == 2
    assert "exists already" in done.stderr


def test_essc_alone_helps(up: Running) -> None:
    done = up.run()

    assert done.returncode == 0
    for command in ("demo", "up", "integrate", "token", "clock", "bench"):
        assert command in done.stdout


def test_a_channel_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [ESSC, "up", "--data", tmp_path / "data", "--channels", "wechat,carrier-pigeon"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "carrier-pigeon: no such channel" in done.stderr


def test_everything_is_found_again_under_tls_too(tmp_path: Path) -> None:
    first = start(tmp_path, "--channels", "nantong", "--tls")
    addresses = json.loads((first.data / "federation.json").read_text())
    for line in pasted(first):
        done = subprocess.run(
            line, shell=True, env=first.environment, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr!r}"
    integrated = first.run("integrate", "river-bank", cwd=tmp_path)
    assert stop(first) == 0

    second = start(tmp_path, "--channels", "nantong", "--tls")
    again = json.loads((second.data / "federation.json").read_text())
    stop(second)

    assert integrated.returncode == 0, integrated.stdout + integrated.stderr
    assert again == addresses
    gone = second.run("integrate", "late-bank", cwd=tmp_path)
    assert gone.returncode == 2
    assert f"start it with `essc up --data {shlex.quote(str(second.data))}`" in gone.stderr


def test_what_a_lost_card_means_is_said_once_and_remembered(
    tmp_path: Path, template: Template
) -> None:
    refused = subprocess.run(
        [ESSC, "up", "--data", tmp_path / "new", "--loss", "mine"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    asyncio.run(template.copy_to(DataFolder(tmp_path / DATA)))
    first = start(tmp_path, "--channels", "wechat", "--loss", "holder_consent")
    assert stop(first) == 0
    again = start(tmp_path, "--channels", "wechat")
    said = asyncio.run(policy_of(again, "loss"))
    assert stop(again) == 0

    assert (refused.returncode, (tmp_path / "new").exists()) == (2, False)
    assert "holder_consent" in refused.stderr
    assert said == "holder_consent"


async def policy_of(running: Running, name: str) -> str:
    folder = DataFolder(running.data)
    async with Connections(folder, folder.load()) as connections:
        platform = connections.platform("wechat")
        stub = PolicyServiceStub(platform.channel)
        answer = await stub.GetPolicy(GetPolicyRequest(), **platform.options())
        return next(each.value for each in answer.values if each.name == name)
