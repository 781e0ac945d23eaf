"""A judge that cannot fail proves nothing: each has saboteurs whom it must name."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.saboteurs.saboteurs import SABOTEURS, Saboteur
from tests.saboteurs.stand import Story, told

from essc_workbench.judges import JUDGES
from essc_workbench.judges.findings import Ruling

OF_THE_SCENARIO = "expectations"
STORIES = {
    story: {name for each in SABOTEURS if each.story is story for name in each.judges}
    for story in dict.fromkeys(each.story for each in SABOTEURS)
}


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was logged so far."""

    def written() -> str:
        found = capsys.readouterr()
        return found.out + found.err

    return written


@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda saboteur: saboteur.name)
async def test_a_saboteur_is_named_by_whoever_judges_its_rule(
    saboteur: Saboteur,
    tmp_path: Path,
    logs: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saboteur.spoil(monkeypatch)

    findings = await told(saboteur.story, tmp_path, logs)

    assert {name: findings[name].ruling for name in saboteur.judges} == dict.fromkeys(
        saboteur.judges, Ruling.BROKEN
    )


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_an_honest_federation_is_found_good_by_all(
    story: Story, tmp_path: Path, logs: Callable[[], str]
) -> None:
    findings = await told(story, tmp_path, logs)

    broken = {name: each.violations for name, each in findings.items() if each.violations}
    assert broken == {}
    assert {each.ruling for each in findings.values()} <= {Ruling.GOOD, Ruling.NOT_JUDGED}
    assert [each.not_judged for each in findings.values() if each.not_judged] == []
    assert {findings[name].ruling for name in STORIES[story]} == {Ruling.GOOD}


def test_every_judge_has_a_saboteur() -> None:
    named = {name for each in SABOTEURS for name in each.judges}

    assert named == {each.name for each in JUDGES} - {OF_THE_SCENARIO}
