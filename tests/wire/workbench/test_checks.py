"""A story's line is checked, not just printed."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from essc_wire.keys import new_key, write_key
from essc_workbench.demo import command
from essc_workbench.demo.checks import Deviation, Story, settled
from essc_workbench.enrolment import COUNTERS
from essc_workbench.failures import WorkbenchError
from essc_workbench.federation import Federation
from essc_workbench.folders import Addresses, DataFolder


@pytest.fixture
def out() -> StringIO:
    return StringIO()


@pytest.fixture
def story(out: StringIO) -> Story:
    return Story(Console(file=out, width=40))


def test_a_line_that_is_so_is_ticked_and_counted(story: Story, out: StringIO) -> None:
    with story.part("1 A part [with brackets]"):
        story.check("微信: the panel reads 待开通, which is a line longer than the console", 1, 1)

    assert story.checked == 1
    assert list(story.seconds) == ["1 A part [with brackets]"]
    assert out.getvalue().splitlines() == [
        "",
        "1 A part [with brackets]",
        "  ✓ 微信: the panel reads 待开通, which is a line longer than the console",
    ]


def test_a_line_that_is_not_so_says_what_was_expected_and_seen(story: Story, out: StringIO) -> None:
    with pytest.raises(Deviation) as deviation:
        story.check("the panel reads 待开通", "待开通", "正常")
    story.deviates(deviation.value)

    assert story.checked == 0
    assert [line.strip() for line in out.getvalue().splitlines()] == [
        "✗ the panel reads 待开通",
        "expected: 待开通",
        "seen:     正常",
    ]


async def test_what_arrives_late_is_waited_for() -> None:
    seen = iter(range(100))

    async def look() -> int:
        return next(seen)

    assert await settled(look, lambda value: value == 3) == 3


async def test_what_never_arrives_is_told_as_it_was_seen_last() -> None:
    async def look() -> str:
        return "still the same"

    assert await settled(look, lambda _: False, within_s=0.1) == "still the same"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Deviation("the panel reads 待开通", "待开通", "正常"), "seen:     正常"),
        (WorkbenchError("no text message came"), "seen:     no text message came"),
    ],
)
async def test_a_story_that_deviates_ends_with_status_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    out: StringIO,
    trouble: Exception,
    said: str,
) -> None:
    async def play(stage: object, name: object) -> None:
        raise trouble

    monkeypatch.setattr(command, "play", play)
    folder = DataFolder(tmp_path)
    folder.make()
    for party in COUNTERS:
        write_key(folder.key(party), new_key())
    federation = Federation(folder)
    federation.state.platform = Addresses(address="127.0.0.1:1", lab_address="127.0.0.1:1")

    status = await command.tell(Console(file=out, width=80), federation, ready_s=1.0)

    assert status == 1
    assert said in out.getvalue()
