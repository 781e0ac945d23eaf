"""A drill's report as a person sees it: in a real browser, wide and narrow."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browsing import nameless, opened_page
from tests.drills.made import REPLAY, made_result

from essc_workbench.drills.report.writing import write_report

LIGHTNESS = """(() => {  // of the writing on the first chart
    const canvas = document.querySelector(".chart canvas");
    const dots = canvas.getContext("2d").getImageData(0, canvas.height - 40, canvas.width, 40).data;
    let sum = 0, count = 0;
    for (let i = 0; i < dots.length; i += 4)
        if (dots[i + 3] > 200) { sum += dots[i]; count++; }
    return count ? sum / count : -1;
})()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(made_result(), tmp_path_factory.mktemp("drill"))


def test_the_verdict_and_why_stand_at_the_top_in_both_languages(opened: Page) -> None:
    top = opened.locator("header").inner_text()

    assert "failed 未通过" in top
    assert "Codes at <rush> hour" in top
    assert "1 of 3 objectives was not met: latency p99, all journeys was 1.74 s" in top
    assert "3 项目标中有 1 项未达成" in top
    assert opened.locator("#replay").inner_text() == REPLAY


def test_the_accounting_adds_up_before_the_readers_eyes(opened: Page) -> None:
    total = opened.locator("#accounting tr.total td").all_inner_texts()
    intended, *parts = [int(cell.replace(",", "")) for cell in total[1:8]]

    assert len(parts) == 6
    assert intended == sum(parts) > 11_000
    assert "to the unit" in opened.locator("#accounting").inner_text()


def test_latency_is_told_on_both_clocks_and_as_a_closed_loop_claims(opened: Page) -> None:
    section = opened.locator("#latency")

    assert section.locator("tbody tr").count() == 3 * 2 + 2
    assert section.locator("tr.total td").all_inner_texts()[-1] == "2.00 s"
    assert "24.0 ms" in section.locator("tr.claim").inner_text()
    assert "A closed loop waits for an answer" in section.inner_text()


def test_every_chart_is_drawn_and_told_to_who_does_not_see_it(opened: Page) -> None:
    names = [each.get_attribute("id") for each in opened.locator(".chart").all()]
    told = [each.get_attribute("aria-label") or "" for each in opened.locator(".chart").all()]
    drawn = opened.evaluate(
        """() => [...document.querySelectorAll(".chart canvas")].map(each => new Set(
        each.getContext("2d").getImageData(0, 0, each.width, each.height).data).size)"""
    )

    assert names == [f"chart-{n}" for n in ("rate", "latency", "reasons", "queue", "lag", "cpu")]
    assert all(len(each) > 40 for each in told)
    assert len(drawn) == 6
    assert min(drawn) > 20  # shades of colour: not an empty sheet


def test_one_cursor_moves_through_all_charts_by_keys(opened: Page) -> None:
    opened.locator("#at").focus()
    opened.keyboard.press("Home")  # another test may have moved it
    for _ in range(31):
        opened.keyboard.press("ArrowRight")

    assert opened.locator("#at-told").inner_text() == "31 s"
    assert opened.locator("#at").get_attribute("aria-valuetext") == (
        "31 s: wanted 198/s, good 175/s, p50 544 ms, p99 999 ms, max 1.00 s"
    )
    assert opened.locator("#figure-queue .now").all_inner_texts() == ["–", "300"]
    assert opened.locator("#figure-cpu .now").all_inner_texts() == ["0.00 %", "60.0 %", "11.0 %"]


def test_one_cursor_moves_through_all_charts_by_pointing(opened: Page) -> None:
    opened.locator("#figure-rate .u-over").hover()

    assert opened.locator("#at-told").inner_text() in ("29 s", "30 s", "31 s")
    assert "–" not in opened.locator("#figure-latency .now").all_inner_texts()


def test_faults_are_named_with_how_it_got_over_them(opened: Page) -> None:
    told = re.sub(r"\s+", " ", opened.locator(".faults").inner_text())

    assert told.startswith("F1 platform is frozen 被冻结 · 30 s – 32 s")
    assert "recovered after 1.2 s" in told


def test_the_meetings_table_begins_with_what_was_not_met(opened: Page) -> None:
    rows = opened.locator(".findings tbody tr")
    rows.nth(0).locator("td").nth(1).fill("the disk was busy")

    assert rows.count() == 1 + 3
    assert "wanted ≤ 100 ms, seen 1.74 s" in rows.nth(0).inner_text()
    assert "the disk was busy" in rows.nth(0).inner_text()


def test_the_page_fits_its_window(opened: Page) -> None:
    wide = opened.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")

    assert wide[0] <= wide[1]


def test_tables_have_captions_and_everything_has_a_name(opened: Page) -> None:
    kinds = "nav, section, button, th, a, input, [role], [tabindex], [contenteditable]"

    assert nameless(opened, kinds) == []
    assert opened.locator("table").count() == opened.locator("table > caption").count() >= 7
    assert opened.locator("header, nav, main, footer").count() == 4
    assert opened.locator("html").get_attribute("lang") == "en"


def test_in_the_dark_the_charts_take_the_pages_colours(browser: Browser, report: Path) -> None:
    with opened_page(browser, report, 1280) as page:
        by_day = page.evaluate(LIGHTNESS)
        page.emulate_media(color_scheme="dark")
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

        by_night = page.evaluate(LIGHTNESS)

    assert by_day < 128 < by_night
