"""The course in docs/scenarios.md: each chapter ends in a run, and what it shows is what is run."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from essc_workbench.backstage import Backstage
from essc_workbench.report.verdicts import ExitStatus
from essc_workbench.scenarios.runner import Wishes, read, run_file

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "examples"
FILES = sorted(EXAMPLES.glob("*.yaml"))


def snippets(language: str) -> list[str]:
    text = (DOCS / "scenarios.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_there_are_five_chapters_and_each_ends_in_a_run() -> None:
    text = (DOCS / "scenarios.md").read_text("utf-8")
    chapters = re.split(r"^## \d\. ", text, flags=re.MULTILINE)[1:]

    assert len(chapters) == 5
    assert all(chapter.strip().split("\n\n")[-1].startswith("**Run it:**") for chapter in chapters)
    assert all(
        (DOCS.parent / name).is_file() for name in re.findall(r"docs/examples/\S+\.\w+", text)
    )


def test_every_line_of_a_snippet_stands_in_its_example() -> None:
    examples = [path.read_text("utf-8") for path in FILES]
    python = (EXAMPLES / "test_in_python.py").read_text("utf-8")
    shown = [(text, examples) for text in snippets("yaml")]
    shown += [(text, [python]) for text in snippets("python")]

    for text, sources in shown:
        lines = {line.strip() for line in text.splitlines() if not line.startswith("assert")}
        assert any(
            lines <= {line.strip() for line in source.splitlines()} | {""} for source in sources
        ), text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_an_example_is_good(path: Path, tmp_path: Path, ready: Backstage) -> None:
    verdict, _ = await run_file(read(path), Wishes(report=tmp_path / "run", backstage=ready))

    assert verdict.status is ExitStatus.GOOD, verdict
    assert verdict.checks > 0


async def test_the_example_in_python_is_good(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # its report lands here
    spec = spec_from_file_location("in_python", EXAMPLES / "test_in_python.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    assert await module.unlink_in_one() == "good"
