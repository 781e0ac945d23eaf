"""The course in docs/drills.md: each chapter ends in a run, and what it shows is what is run."""

import re
from pathlib import Path

import pytest

from essc_workbench.drills.files import load
from essc_workbench.drills.loads import load_of
from essc_workbench.scenarios.knowledge import known

DOCS = Path(__file__).resolve().parents[2] / "docs"
COURSE = (DOCS / "drills.md").read_text("utf-8")
FILES = sorted((DOCS / "examples" / "drills").glob("*.yaml"))


def test_every_chapter_ends_in_a_run() -> None:
    chapters = re.split(r"^## \d\. ", COURSE, flags=re.MULTILINE)[1:]

    assert len(chapters) == 8
    assert all(chapter.strip().split("\n\n")[-1].startswith("**Run it:**") for chapter in chapters)


def test_every_example_is_there_and_is_named() -> None:
    named = set(re.findall(r"docs/examples/drills/\S+\.yaml", COURSE))

    assert named == {str(path.relative_to(DOCS.parent)) for path in FILES}


def test_every_line_of_a_snippet_stands_in_its_example() -> None:
    snippets = re.findall(r"^```yaml\n(.*?)^```$", COURSE, re.MULTILINE | re.DOTALL)
    sources = [{line.strip() for line in path.read_text("utf-8").splitlines()} for path in FILES]

    assert len(snippets) == 4
    for text in snippets:
        lines = {line.strip() for line in text.splitlines()}
        assert any(lines <= source for source in sources), text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_a_plan_of_less_than_half_a_minute(path: Path) -> None:
    plan = load(path, known()).plan

    assert 0 < load_of(plan).lasts_s <= 30
    assert plan.title.zh != plan.title.en


def test_the_arithmetic_of_the_frozen_platform_is_that_of_its_plan() -> None:
    plan = load(DOCS / "examples" / "drills" / "2-frozen.yaml", known()).plan
    intended = load_of(plan).area
    frozen_s = plan.faults[0].lasts.total_seconds()
    waiting = intended / load_of(plan).lasts_s * frozen_s

    assert (intended, waiting) == (1_000, 100)
    assert frozen_s * (1 - intended * 0.01 / waiting) == pytest.approx(1.8)
