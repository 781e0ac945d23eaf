"""The platform's settings and its data folder, as an operator on a shared machine meets them."""

import signal
from pathlib import Path
from typing import Any

import pytest
from tests.parties.test_platform_process import Platform, init, lines, run
from tests.wire import people
from tests.wire.made import made

from essc_platform import making, server
from essc_platform.store.sqlite import SqliteStore as Store
from essc_platform.vault import create
from essc_wire.keys import read_key


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


class Crash(BaseException):
    """The end of the process, as far as a test can have it."""


STEPS = [
    (making, "create_key"),
    (making, "_operator_key"),
    (making, "create_store"),
    (making, "save"),
    (Path, "rename"),
]


@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[name for _, name in STEPS])
async def test_an_interrupted_init_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, step: str
) -> None:
    folder, key_file = tmp_path / "data", tmp_path / "operator.pem"

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, crash)
        with pytest.raises(Crash):
            making.initialise(folder, people.PLATFORM_ID, key_file)
    assert not (folder / "platform.db").exists()
    secrets = folder / "secrets.json"
    before = secrets.read_bytes() if secrets.exists() else None

    key = making.initialise(folder, people.PLATFORM_ID, key_file)

    assert before in (None, secrets.read_bytes())
    assert read_key(key_file).key_id == key.key_id
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert not list(folder.glob("*making*"))
    running = await server.start(people.config(folder))
    assert running.collector is not None
    await running.stop()
    with pytest.raises(FileExistsError):
        making.initialise(folder, people.PLATFORM_ID, key_file)


def test_an_init_for_another_platform_does_not_finish_what_was_begun(tmp_path: Path) -> None:
    create(tmp_path, "another")

    with pytest.raises(ValueError, match="another platform id"):
        making.initialise(tmp_path, people.PLATFORM_ID)


def test_init_leaves_the_operators_key_in_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "operator.pem"

    made = run("init", "--data", tmp_path / "data", "--operator-key", path)

    assert made.returncode == 0
    assert made.stdout == path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_store_without_an_active_key_is_said_in_one_line(tmp_path: Path) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)
    store = Store(tmp_path / "data" / "platform.db")
    store.writer.driver.execute("UPDATE signing_keys SET compromise_time = 1")
    store.close()

    (said,) = lines(run("serve", "--data", tmp_path / "data", "--lab", "127.0.0.1:0"))

    assert "no active signing key" in said


@pytest.mark.rule("R16")
def test_two_platforms_never_share_a_data_folder(tmp_path: Path) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)
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
    made(tmp_path / "data", people.PLATFORM_ID)

    said = lines(
        run(
            *("serve", "--data", tmp_path / "data", "--faces", "10.0.0.7:443"),
            *("--text-messages", "sms.example:443", "--bank", "bank.example:443"),
            *("--photos", "10.0.0.8:443"),
        )
    )

    assert [line.split()[0] for line in said] == [
        "--faces",
        "--text-messages",
        "--bank",
        "--photos",
    ]
    assert all("loopback only" in line for line in said)


def test_the_lab_is_found_where_it_was_asked_to_listen(tmp_path: Path) -> None:
    made(tmp_path / "data", people.PLATFORM_ID)
    platform = Platform(tmp_path / "data")
    platform.lab_address = "localhost:0"

    platform.start()
    lab_address = platform.ready["lab_address"]
    ended = platform.end(signal.SIGTERM)

    assert lab_address.startswith("localhost:")
    # It was told the moment before: a platform that says it is ready takes the signal as meant.
    assert ended == 0
