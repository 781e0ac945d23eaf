"""The platform's settings and its data folder, as an operator on a shared machine meets them."""

import signal
from pathlib import Path

import pytest
from tests.parties.test_platform_process import Platform, init, lines, run


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))}


@pytest.mark.rule("R92")
def test_nobody_else_on_the_machine_can_read_what_the_platform_keeps(tmp_path: Path) -> None:
    init(tmp_path / "data")
    platform = Platform(tmp_path / "data")
    platform.start()
    try:
        kept = modes(tmp_path / "data")
    finally:
        platform.end(signal.SIGTERM)

    assert {"platform.db", "platform.db-wal", "secrets.json", "signing"} <= set(kept)
    assert {name for name, mode in kept.items() if mode} == set()


@pytest.mark.rule("R16")
def test_two_platforms_never_share_a_data_folder(tmp_path: Path) -> None:
    init(tmp_path / "data")
    platform = Platform(tmp_path / "data")
    platform.start()
    try:
        (said,) = lines(run("serve", "--data", tmp_path / "data", "--lab", "127.0.0.1:0"))
    finally:
        platform.end(signal.SIGKILL)
    platform.start()
    ended = platform.end(signal.SIGTERM)

    assert "another platform is using this data folder" in said
    assert ended == 0


@pytest.mark.rule("R92")
def test_authorities_are_not_told_of_people_in_plaintext_beyond_this_machine(
    tmp_path: Path,
) -> None:
    init(tmp_path / "data")

    said = lines(
        run(
            *("serve", "--data", tmp_path / "data", "--faces", "10.0.0.7:443"),
            *("--text-messages", "sms.example:443"),
        )
    )

    assert [line.split()[0] for line in said] == ["--faces", "--text-messages"]
    assert all("loopback only" in line for line in said)


def test_the_lab_is_found_where_it_was_asked_to_listen(tmp_path: Path) -> None:
    init(tmp_path / "data")
    platform = Platform(tmp_path / "data")
    platform.lab_address = "localhost:0"

    platform.start()
    lab_address = platform.ready["lab_address"]
    ended = platform.end(signal.SIGTERM)

    assert lab_address.startswith("localhost:")
    # It was told the moment before: a platform that says it is ready takes the signal as meant.
    assert ended == 0
