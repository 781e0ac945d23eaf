"""Two drills side by side, and what may be chance."""

import io
from pathlib import Path

import pytest
from playwright.sync_api import Page
from rich.console import Console
from tests.browsing import nameless
from tests.drills.made import PLAN, made_result, void

from essc_workbench.drills.comparison.compare import Comparison, compare
from essc_workbench.drills.comparison.figures import Meaning
from essc_workbench.drills.comparison.noise import ranges
from essc_workbench.drills.comparison.showing import compare_folders, comparison_page
from essc_workbench.drills.results import Baselines, Counts, Result, Second, Words, write_result
from essc_workbench.failures import UsageError


@pytest.fixture(scope="module")
def result() -> Result:
    return made_result()


@pytest.fixture(scope="module")
def another() -> Result:
    """Another run of the same drill: only chance differs."""
    return made_result(seed=8)


@pytest.fixture(scope="module")
def slower() -> Result:
    """Half as slow again, at twice the wanted rate, on another machine."""
    load = [{"steady": {"rate": 400.0, "lasts": "60s"}}]
    return made_result(seed=9, slower=1.5).model_copy(
        update={
            "plan": {**PLAN, "load": load},
            "environment": {"processor": "another", "python": "3.11.2"},
            "baselines": Baselines(empty_rate=1_500.0, commit_rate=1_890.0),
        }
    )


def meanings(comparison: Comparison) -> dict[str, Meaning]:
    return {each.about.en: each.meaning for each in (*comparison.figures, *comparison.lines)}


def test_of_two_runs_of_the_same_drill_nothing_is_better_or_worse(
    result: Result, another: Result
) -> None:
    found = meanings(compare(result, another))

    assert set(found.values()) == {Meaning.ALIKE, Meaning.UNTOLD}
    assert found["rate good"] is Meaning.ALIKE
    assert found["latency p99"] is Meaning.ALIKE


def test_what_is_slower_all_the_time_is_told_as_worse(result: Result, slower: Result) -> None:
    there = meanings(compare(result, slower))
    back = meanings(compare(slower, result))

    assert there["latency p50"] is Meaning.WORSE
    assert there["panel wechat p50"] is Meaning.WORSE
    assert back["latency p50"] is Meaning.BETTER


def test_a_percentile_that_two_bad_seconds_decide_may_be_chance(result: Result) -> None:
    found = ranges(result)

    assert found["p50"].low > 0.9
    assert found["p50"].high < 1.1
    assert found["p99"].low < 0.1


def test_the_same_result_has_the_same_ranges(result: Result) -> None:
    assert ranges(result) == ranges(result)


def test_of_a_handful_of_seconds_nobody_can_say_how_they_vary(result: Result) -> None:
    short = result.model_copy(update={"seconds": result.seconds[:4]})

    assert ranges(short) == {}
    assert meanings(compare(short, result))["latency p50"] is Meaning.UNTOLD


def test_a_handful_of_failures_among_many_is_chance(result: Result) -> None:
    clean = tuple(Second(at_s=at, counts=Counts(intended=200, ok=200)) for at in range(60))
    none = result.model_copy(
        update={"seconds": clean, "counts": Counts(intended=12_000, ok=12_000)}
    )
    two = none.model_copy(update={"counts": Counts(intended=12_000, ok=11_998, refused=2)})
    many = none.model_copy(update={"counts": Counts(intended=12_000, ok=11_900, refused=100)})

    assert meanings(compare(none, two))["share good"] is Meaning.ALIKE
    assert meanings(compare(none, many))["share good"] is Meaning.WORSE


def test_an_empty_second_is_no_part_of_what_varies(result: Result) -> None:
    idle = tuple(Second(at_s=at, counts=Counts()) for at in range(60))

    assert ranges(result.model_copy(update={"seconds": idle})) == {}


def test_it_warns_of_what_cannot_be_compared(result: Result, slower: Result) -> None:
    told = [each.en for each in compare(result, void(slower)).warnings]

    assert told == [
        "B is void: its figures say nothing of the platform",
        "not the same drill: the plans differ in load",
        "not the same machine (processor): compare ratios, not figures",
        "the machine itself differed: empty handler 0.61 times A's rate",
    ]


def test_environments_and_objectives_have_their_names_in_both_languages(
    result: Result, slower: Result
) -> None:
    comparison, told = compare(result, slower), comparison_page(compare(result, slower))

    assert ("processor", "处理器") in [(each.name, each.zh) for each in comparison.environment]
    assert '<th scope="row">processor <span lang="zh">处理器</span></th>' in told
    assert "不是同一机器（处理器）" in told
    assert all(each.zh for each in comparison.objectives)


def test_what_the_audit_found_is_told_in_both_languages(result: Result) -> None:
    found = compare(result, result).audit

    assert [each.a for each in found] == [
        "good 通过, 4,812 checks 项检查",
        "not judged 未裁定, 0 checks 项检查",
    ]


def test_another_seed_or_title_makes_no_other_drill(result: Result, another: Result) -> None:
    comparison = compare(result, another)

    assert comparison.warnings == ()
    assert [(each.name, each.a, each.b) for each in comparison.plan] == [("seed", "7", "8")]


def test_plans_are_compared_value_by_value(result: Result, slower: Result) -> None:
    found = compare(result, slower).plan

    assert [(each.name, each.a, each.b) for each in found] == [
        ("load.1.steady.rate", "200.0", "400.0")
    ]


def test_the_same_objectives_are_paired_whatever_was_worst_in_each_run(result: Result) -> None:
    first, *others = result.objectives
    worst = first.model_copy(update={"text": Words(en="latency p99 at alipay", zh="延迟")})
    other = result.model_copy(update={"objectives": (worst, *others)})
    asked = result.model_copy(update={"plan": {**PLAN, "objectives": [{"good": 0.9}]}})

    alike = compare(result, other).objectives
    unlike = compare(asked, other).objectives

    assert len(alike) == 3
    assert alike[0].name == "latency p99, all journeys / latency p99 at alipay"
    assert (alike[0].a, alike[0].b) == ("✗ 1.74 s (≤ 100 ms)", "✗ 1.74 s (≤ 100 ms)")
    assert len(unlike) == 4


def test_a_kind_of_journey_that_only_one_has_is_left_out(result: Result) -> None:
    fewer = result.model_copy(update={"lines": result.lines[:1]})

    assert {each.about.en for each in compare(result, fewer).lines} == {
        "panel wechat share good",
        "panel wechat p50",
        "panel wechat p99",
    }


def test_a_comparison_is_told_in_a_terminal_and_written_beside_the_second(
    result: Result, slower: Result, tmp_path: Path
) -> None:
    for name, each in (("a", result), ("b", slower)):
        (tmp_path / name).mkdir()
        write_result(each, tmp_path / name)
    file = io.StringIO()

    path = compare_folders(Console(width=80, file=file), tmp_path / "a", tmp_path / "b", None)

    told = file.getvalue()
    assert path == tmp_path / "b" / "compare.html"
    assert path.read_text("utf-8") == comparison_page(compare(result, slower))
    assert "A  failed 未通过  made-up: Codes at <rush> hour" in told
    assert "!  not the same drill: the plans differ in load" in told
    assert "load.1.steady.rate" in told
    assert "\x1b" not in told


def test_a_folder_without_a_drill_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"drill\.json"):
        compare_folders(Console(file=io.StringIO()), tmp_path, tmp_path, None)


@pytest.fixture(scope="module")
def report(result: Result, slower: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("comparison") / "compare.html"
    path.write_text(comparison_page(compare(result, slower)), "utf-8")
    return path


def test_the_page_shows_both_over_the_same_time(opened: Page) -> None:
    opened.locator("#at").focus()
    for _ in range(31):
        opened.keyboard.press("ArrowRight")

    now = opened.locator("#figure-rate .now").all_inner_texts()
    assert len(now) == 2
    assert now[0] == "175/s"
    assert "–" not in now
    assert opened.locator(".chart canvas").count() == 3


def test_the_page_says_what_a_difference_means(opened: Page) -> None:
    row = opened.locator("#figures tr", has_text="latency p50").inner_text()

    assert "3.82 ms – 4.10 ms" in row
    assert "worse" in row
    assert opened.locator("header .failure").count() == 3
    assert opened.locator(".faults li").count() == 1


def test_the_page_fits_and_everything_has_a_name(opened: Page) -> None:
    wide = opened.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    kinds = "nav, section, button, th, a, input, [role], [tabindex]"

    assert wide[0] <= wide[1]
    assert nameless(opened, kinds) == []
    assert opened.locator("table").count() == opened.locator("table > caption").count() == 6
