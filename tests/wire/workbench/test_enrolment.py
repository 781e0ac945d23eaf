"""Which channels a federation has, and in which order they are registered."""

from pathlib import Path

import pytest

from essc_workbench.enrolment import parents_first
from essc_workbench.failures import UsageError
from essc_workbench.federation import Federation
from essc_workbench.folders import DataFolder
from essc_workbench.programs import Profile


def profile(channel_id: str, parent_id: str = "") -> Profile:
    return Profile(
        id=channel_id,
        name_zh="某",
        name_en="X",
        channel_class="SOCIAL",
        vouch_kinds=(),
        receives_new_cards=False,
        tier=2 if parent_id else 1,
        parent_id=parent_id,
    )


@pytest.mark.rule("R15")
def test_a_parent_is_registered_before_its_children() -> None:
    lake, pond, sea = profile("lake", "sea"), profile("pond"), profile("sea")

    assert [each.id for each in parents_first([lake, pond, sea])] == ["pond", "sea", "lake"]


@pytest.mark.rule("R15")
async def test_a_channel_of_tier_2_is_not_started_without_its_parent(tmp_path: Path) -> None:
    federation = Federation(DataFolder(tmp_path), channels=("hospital",))

    with pytest.raises(UsageError, match="hospital: needs jiangsu, the channel above it, too"):
        await federation.start()
