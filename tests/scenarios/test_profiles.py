"""A channel that does not ship takes part in a scenario by its profile file."""

from pathlib import Path

import pytest

from essc_workbench.backstage import Backstage
from essc_workbench.judges.findings import Ruling
from essc_workbench.scenarios.mistakes import FileMistakes
from essc_workbench.scenarios.runner import Wishes, read, run_file

PROFILE = """\
id: seaside
name: {zh: 海滨通（模拟）, en: Seaside}
channel_class: SOCIAL
identity_checks: [TEXT_MESSAGE]
"""
SCENARIO = """\
title: {en: A channel of one's own takes part, zh: 自带渠道参与}
rules: [R10]
seed: 5
federation:
  channels: [wechat, seaside]
  profiles: [own/seaside.yaml]
steps:
  - apply: {citizen: zhang-san, channel: [wechat, seaside]}
  - unlink: {citizen: zhang-san, channel: wechat}
  - expect_panel: {citizen: zhang-san, channel: seaside, state: usable}
"""


@pytest.mark.rule("R10", "R15")
async def test_a_profile_beside_the_scenario_is_a_channel_like_any_other(
    tmp_path: Path, ready: Backstage
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "seaside.yaml").write_text(PROFILE, "utf-8")
    file = tmp_path / "own-channel.yaml"
    file.write_text(SCENARIO, "utf-8")

    verdict, _folder = await run_file(read(file), Wishes(report=tmp_path / "run", backstage=ready))

    assert verdict.unmet == ()
    assert verdict.ruling is Ruling.GOOD


def test_a_profile_that_is_none_is_told_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "seaside.yaml").write_text("id: seaside\n", "utf-8")
    file = tmp_path / "own-channel.yaml"
    file.write_text(SCENARIO, "utf-8")

    with pytest.raises(FileMistakes) as raised:
        read(file)

    first, *others = str(raised.value).splitlines()
    assert ":5:" in first
    assert "no channel 'seaside'" in first
    assert any(":6:" in line and "seaside.yaml" in line for line in others)
