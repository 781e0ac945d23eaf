"""A federation's folder that an older release left, as `essc up` meets it."""

from pathlib import Path

import pytest
from tests.store.releases import channel_of, platform_of

from essc_channels.moving import migrate as channel_versions
from essc_platform.moving import migrate as platform_versions
from essc_workbench.failures import WRONG_USAGE, WorkbenchError
from essc_workbench.folders import DataFolder
from essc_workbench.upgrading import bring_here, with_a_way


async def test_the_stores_of_all_parties_are_brought_here(tmp_path: Path) -> None:
    platform_of("0.1.0", tmp_path / "platform")
    (tmp_path / "channels").mkdir()
    channel_of("0.1.0", tmp_path / "channels" / "bank-east")
    (tmp_path / "channels" / "never-started").mkdir()
    said: list[str] = []

    await bring_here(DataFolder(tmp_path), said.append)

    assert said == [
        "bringing the platform's store to this release",
        "bringing bank-east's stores to this release",
    ]
    assert platform_versions(tmp_path / "platform", None) == (7, 7)
    assert channel_versions(tmp_path / "channels" / "bank-east", None) == {
        "channel": (2, 2),
        "lab": (2, 2),
    }


async def test_a_party_that_cannot_be_brought_here_is_named(tmp_path: Path) -> None:
    platform_of("0.1.0", tmp_path / "platform").unlink()

    with pytest.raises(WorkbenchError, match=r"essc-platform migrate: .*not made by"):
        await bring_here(DataFolder(tmp_path), lambda _: None)


@pytest.mark.parametrize("program", ["platform", "channel"])
def test_a_party_that_is_too_old_is_told_with_the_one_command_for_all(
    tmp_path: Path, program: str
) -> None:
    error = WorkbenchError(f"it did not start: ... run `essc-{program} migrate --data x` (see y)")

    told = with_a_way(error, DataFolder(tmp_path))

    assert told.status == WRONG_USAGE
    assert f"`essc up --data {tmp_path.resolve()} --migrate`" in str(told)
    assert "\n" not in str(told)


def test_what_is_wrong_otherwise_is_told_as_it_is(tmp_path: Path) -> None:
    error = WorkbenchError("the platform did not start: its port is taken")

    assert with_a_way(error, DataFolder(tmp_path)) is error
