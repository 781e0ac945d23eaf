"""The data folder: what is remembered, who holds it, and what is said when it cannot be used."""

from contextlib import nullcontext
from pathlib import Path
from threading import Timer

import pytest

from essc_wire.folders import take_folder
from essc_workbench.failures import UsageError
from essc_workbench.folders import Addresses, DataFolder, State, found, note_last

AT = Addresses(address="127.0.0.1:1", lab_address="127.0.0.1:2")


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    state = State(platform=AT, channels={"wechat": AT}, enrolled=["bureau"], populated=["wechat"])

    folder.save(state)

    assert folder.load() == state


def test_an_empty_folder_has_a_fresh_state(tmp_path: Path) -> None:
    assert DataFolder(tmp_path).load() == State()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 1}', '{"version": 1, "platform": 3}', '{"version": 99}', "\x00"],
)
def test_a_spoiled_state_is_one_clear_line(tmp_path: Path, text: str) -> None:
    folder = DataFolder(tmp_path)
    folder.state_file.write_text(text)

    with pytest.raises(UsageError, match=r"federation\.json") as seen:
        folder.load()

    assert "\n" not in str(seen.value)


def test_one_workbench_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    with (
        folder.held(),
        pytest.raises(UsageError, match="runs in this folder already"),
        DataFolder(tmp_path).held(),
    ):
        pass

    with DataFolder(tmp_path).held():
        pass


def test_a_file_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(UsageError, match="cannot be used as data folder"):
        DataFolder(tmp_path / "data").make()


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")

    with pytest.raises(UsageError, match="holds other things"):
        DataFolder(tmp_path).make()

    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_the_last_federation_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = DataFolder(tmp_path / "data")
    folder.make()
    folder.save(State())

    with pytest.raises(UsageError, match="no federation was started yet"):
        found(None)
    note_last(folder.root)

    assert found(None).root == folder.root


def test_a_folder_without_a_federation_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no federation"):
        found(tmp_path)


@pytest.mark.parametrize("kept_s", [0.3, 3.0])
def test_a_party_that_was_killed_just_now_is_waited_for(tmp_path: Path, kept_s: float) -> None:
    killed = take_folder(tmp_path)
    gone = Timer(kept_s, killed.close)
    gone.start()

    with nullcontext() if kept_s < 1 else pytest.raises(BlockingIOError):
        take_folder(tmp_path).close()

    gone.cancel()
    killed.close()
