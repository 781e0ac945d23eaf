"""Somebody else's program in the place of a channel: the gate stands before and behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from essc_wire.keys import new_key, write_key
from essc_workbench.backstage import Backstage
from essc_workbench.failures import UsageError
from essc_workbench.folders import Addresses, DataFolder
from essc_workbench.foreign import Foreign, check_keys, foreign_parties, options_of
from essc_workbench.history.reading import read_history
from essc_workbench.ports import PortReservations
from essc_workbench.processes import PartyProcess
from essc_workbench.programs import platform_init, platform_serve, program
from essc_workbench.report.verdicts import ExitStatus
from essc_workbench.scenarios.runner import Wishes, line_again, play_of, read, run_file

SCENARIO = """\
title: {en: A stranger takes part, zh: 外来渠道参与}
rules: [R10]
federation: {channels: [wechat, alipay]}
steps:
  - apply: {citizen: zhang-san, channel: [wechat, alipay]}
  - kill: wechat
  - freeze: wechat
  - fault: {name: gone, kill: wechat}
  - expect_panel: {citizen: zhang-san, channel: wechat, state: usable}
"""


@pytest.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[Foreign]:
    """A channel that runs before the federation does, and that nobody here starts or ends."""
    ports, key = PortReservations(), tmp_path / "stranger.pem"
    listen, lab, door = (ports.reserve("") for _ in range(3))
    write_key(key, new_key())
    command: list[str | Path] = [program("essc-channel"), "serve", "--profile", "wechat"]
    command += ["--data", tmp_path / "stranger", "--key", key, "--listen", listen, "--lab", lab]
    command += ["--platform", door, "--platform-id", "cn-essc"]
    process = PartyProcess("stranger", command, tmp_path)
    process.start()
    try:
        await process.ready()
        ports.release()
        yield Foreign(
            at=Addresses(address=listen, lab_address=lab), keys={"wechat": key}, door=door
        )
    finally:
        await process.stop()


async def test_somebody_elses_channel_takes_part_and_is_neither_killed_nor_frozen(
    tmp_path: Path, stranger: Foreign, ready: Backstage
) -> None:
    file, report = tmp_path / "stranger.yaml", tmp_path / "report"
    file.write_text(SCENARIO, "utf-8")

    verdict, _ = await run_file(
        read(file), Wishes(report=report, foreign={"wechat": stranger}, backstage=ready)
    )

    calls = read_history(report / "history.jsonl").calls
    ways = {(call.invoked.source, call.invoked.target) for call in calls}
    assert not verdict.failure
    assert verdict.unmet == ()
    assert {("phone", "wechat"), ("wechat", "platform"), ("phone", "alipay")} <= ways
    assert [text.partition(":")[0] for text in verdict.skipped][:2] == ["kill", "freeze"]
    assert verdict.replay.endswith(options_of({"wechat": stranger}))


@pytest.fixture
async def nation(tmp_path: Path) -> AsyncIterator[Foreign]:
    """A platform that runs before the federation does."""
    folder, ports, key = DataFolder(tmp_path / "nation"), PortReservations(), tmp_path / "own.pem"
    folder.make()
    platform_init(folder, "cn-essc", key)
    at = Addresses(address=ports.reserve(""), lab_address=ports.reserve(""))
    process = PartyProcess("nation", platform_serve(folder, at, is_tls=False), tmp_path)
    process.start()
    try:
        await process.ready()
        ports.release()
        yield Foreign(at=at, keys={"operator": key})
    finally:
        await process.stop()


async def test_somebody_elses_platform_takes_part_and_our_channels_call_it(
    tmp_path: Path, nation: Foreign
) -> None:
    file, report = tmp_path / "nation.yaml", tmp_path / "report"
    about_the_platform = SCENARIO.replace("wechat\n", "platform\n").replace(
        "kill: wechat}", "kill: platform}"
    )
    file.write_text(about_the_platform, "utf-8")

    verdict, _ = await run_file(read(file), Wishes(report=report, foreign={"platform": nation}))

    assert not verdict.failure
    assert verdict.unmet == ()
    assert verdict.skipped == (
        "kill: platform: platform is not run by the workbench",
        "freeze: platform: platform is not run by the workbench",
    )
    assert verdict.status is ExitStatus.GOOD


def test_options_say_who_is_foreign() -> None:
    found = foreign_parties(
        ["wechat=127.0.0.1:7001"], [], ["wechat=a/w.pem"], ["wechat=127.0.0.1:7003"]
    )

    assert found["wechat"].at == Addresses(address="127.0.0.1:7001", lab_address="")
    assert options_of(found) == (
        "--party wechat=127.0.0.1:7001 --door wechat=127.0.0.1:7003 --key wechat=w.pem"
    )


@pytest.mark.parametrize(
    ("parties", "labs", "keys", "told"),
    [
        (["wechat"], [], [], "--party wechat: write PARTY=VALUE"),
        (["wechat=7001"], [], ["wechat=w.pem"], "--party wechat=7001: no HOST:PORT"),
        (["wechat=a:70000"], [], ["wechat=w.pem"], "--party wechat=a:70000: no HOST:PORT"),
        (["wechat=a:7001"], [], [], "wechat: say with which key, with --key wechat=FILE"),
        ([], ["wechat=a:7001"], [], "wechat: say where it is"),
        (["platform=a:7001"], [], ["operator=o.pem"], "--lab platform=HOST:PORT"),
        (["platform=a:7001"], ["platform=a:7002"], [], "with --key operator=FILE"),
    ],
)
def test_options_that_do_not_say_enough_are_told(
    parties: list[str], labs: list[str], keys: list[str], told: str
) -> None:
    with pytest.raises(UsageError) as raised:
        check_keys(foreign_parties(parties, labs, keys, []))

    assert told in str(raised.value)


def test_a_foreign_party_is_one_of_the_scenario(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, "utf-8")
    stranger = Foreign(at=Addresses(address="127.0.0.1:1", lab_address=""), keys={})

    with pytest.raises(UsageError, match=r"--party wechatt: no such party.*did you mean 'wechat'"):
        play_of(read(file), foreign={"wechatt": stranger})


async def test_a_foreign_party_that_does_not_answer_is_told_before_anything_starts(
    tmp_path: Path,
) -> None:
    file, report = tmp_path / "a.yaml", tmp_path / "report"
    file.write_text(SCENARIO, "utf-8")
    foreign = foreign_parties(["wechat=127.0.0.1:1"], [], ["wechat=w.pem"], [])

    with pytest.raises(UsageError, match=r"^--party: wechat at 127\.0\.0\.1:1 does not answer$"):
        await run_file(read(file), Wishes(report=report, foreign=foreign))

    assert not report.exists()


def test_the_line_for_the_terminal_leads_to_the_files_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    file, key = tmp_path / "there" / "a.yaml", tmp_path / "keys" / "w.pem"
    file.parent.mkdir()
    file.write_text(SCENARIO, "utf-8")
    foreign = foreign_parties(["wechat=127.0.0.1:1"], [], [f"wechat={key}"], [])

    play = play_of(read(file), foreign=foreign)

    assert line_again(read(file), play.setting) == (
        "essc run ../there/a.yaml --seed 0 --party wechat=127.0.0.1:1 --key wechat=../keys/w.pem"
    )
    assert play.replay.startswith("essc run a.yaml --seed 0 ")
