"""The command `essc-channel`: a seventh channel from a file, settings, start and stop."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from essc.channel.v1 import channel_service_pb2, channel_service_pb2_grpc
from essc_wire.keys import new_key, write_key
from essc_wire.tls import authority

PROGRAM = Path(sys.executable).with_name("essc-channel")
RIVERSIDE = """\
id: riverside
name: {zh: 河畔, en: Riverside}
channel_class: SOCIAL
identity_checks: [TEXT_MESSAGE]
"""


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    write_key(tmp_path / "key.pem", new_key())
    (tmp_path / "riverside.yaml").write_text(RIVERSIDE, encoding="utf-8")
    return [
        *("--profile", str(tmp_path / "riverside.yaml")),
        *("--data", str(tmp_path / "data")),
        *("--listen", "127.0.0.1:0"),
        *("--platform", "127.0.0.1:9"),
        *("--key", str(tmp_path / "key.pem")),
        *("--lab", "127.0.0.1:0"),
    ]


def start(settings: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PROGRAM, "serve", *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COVERAGE_PROCESS_START": ""},
    )


def stop(process: "subprocess.Popen[str]") -> tuple[str, str]:
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=20)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def profile_of(channel: grpc.Channel) -> Any:
    stub = channel_service_pb2_grpc.ChannelServiceStub(channel)
    return stub.GetProfile(channel_service_pb2.GetProfileRequest(), timeout=5)


@pytest.mark.rule("R15")
def test_a_seventh_channel_is_a_file_and_no_code(settings: list[str]) -> None:
    process = start(settings)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        with grpc.insecure_channel(ready["address"]) as channel:
            profile = profile_of(channel)
    finally:
        said, logs = stop(process)

    assert ready["ready"] is True
    assert ready["channel_id"] == profile.channel_id == "riverside"
    assert ready["pid"] == process.pid
    assert ready["lab_address"] != ready["address"]
    assert profile.display_name.zh == "河畔"
    assert process.returncode == 0
    assert said == "", "one line on standard output, and no more"
    assert all(json.loads(line) for line in logs.splitlines())


def test_tls_is_a_setting(settings: list[str], tmp_path: Path) -> None:
    process = start([*settings, "--tls", str(tmp_path / "tls")])
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        credentials = grpc.ssl_channel_credentials(authority(tmp_path / "tls"))
        with grpc.secure_channel(ready["address"], credentials) as channel:
            profile = profile_of(channel)
    finally:
        stop(process)

    assert profile.channel_id == "riverside"


def test_wrong_settings_are_all_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    done = run(
        "serve",
        *("--profile", "weixin", "--listen", "0.0.0.0:1", "--platform", "nowhere"),
        *("--key", str(tmp_path / "key.pem"), "--platform-ca", str(tmp_path / "none")),
        *("--log-level", "loud", "--colour", "--vouching", "10.0.0.1:5"),
        *("--store-bytes-max", "much", "--streams-max", "0"),
    )

    lines = [line.removeprefix("essc-channel: ") for line in done.stderr.splitlines()]
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line.split(":")[0] for line in lines] == [
        "--colour",
        "--profile",
        "--key",
        "--platform-ca",
        "--data",
        "--platform",
        "--listen",
        "--vouching",
        "--log-level",
        "--streams-max",
        "--store-bytes-max",
    ]


def test_nothing_said_is_everything_missing() -> None:
    done = run("serve")

    assert done.returncode == 2
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "--profile",
        "--key",
        "--data",
        "--listen",
        "--platform",
        "--vouching",
    ]


def test_a_folder_that_cannot_be_used_is_one_clear_line(
    settings: list[str], tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("in the way")

    done = run("serve", *settings)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"essc-channel: {tmp_path / 'data'}: cannot be written: File exists"
    ]


def test_an_address_in_use_is_one_clear_line(settings: list[str]) -> None:
    process = start(settings)
    try:
        assert process.stdout is not None
        taken = json.loads(process.stdout.readline())["address"]
        other = [taken if each == "127.0.0.1:0" else each for each in settings]
        other[3] += "-other"
        done = run("serve", *other)
    finally:
        stop(process)

    assert done.returncode == 1
    assert "the address is in use" in done.stderr.splitlines()[-1]


def test_the_profiles_are_data_for_operators(tmp_path: Path) -> None:
    (tmp_path / "riverside.yaml").write_text(RIVERSIDE, encoding="utf-8")
    shipped = json.loads(run("profiles", "--json").stdout)
    own = json.loads(run("profiles", str(tmp_path / "riverside.yaml"), "--json").stdout)
    table = run("profiles").stdout

    assert [each["channel_id"] for each in shipped] == [
        "wechat",
        "alipay",
        "bank-east",
        "bank-west",
        "nantong",
        "jiangsu",
        "portal",
        "hospital",
    ]
    assert shipped[-1]["parent_channel_id"] == "jiangsu"
    assert shipped[0]["vouch_kinds"] == ["VOUCH_KIND_WALLET_PASSWORD"]
    assert shipped[1]["receives_new_cards"] is True
    assert own[0]["channel_class"] == "CHANNEL_CLASS_SOCIAL"
    assert own[0]["vouch_kinds"] == []
    assert "微信 WeChat" in table
    assert run("profiles", "weixin").returncode == 2
