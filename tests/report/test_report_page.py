"""A report as a person sees it: in a real browser, wide and narrow."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browsing import nameless
from tests.report.made import REPLAY, STEPS, made_history, made_verdict

from essc_workbench.report.writing import REPORT, write_report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    history = made_history(folder)
    write_report(folder, made_verdict(history), history)
    return folder / REPORT


def test_the_verdict_stands_at_the_top_in_both_languages(opened: Page) -> None:
    top = opened.locator("header").inner_text()

    assert "a rule is broken 违反规则" in top
    assert "Unlinked here, gone <there>" in top
    assert "此处解除，彼处消失" in top
    assert "10 checks" in top
    assert opened.locator("#replay").inner_text() == REPLAY


def test_every_step_is_told_with_how_it_went(opened: Page) -> None:
    states = [item.get_attribute("class") for item in opened.locator(".story > li").all()]

    assert states == ["good", "good", "good", "broken", "not-played"]
    assert opened.locator(".story code").all_inner_texts() == list(STEPS)
    assert "not yet opened" in opened.locator(".story .unmet").inner_text()


def test_the_judges_show_their_evidence(opened: Page) -> None:
    rulings = opened.locator(".judge > summary .badge").all_inner_texts()

    assert [re.split(r"[ ]?[^ -~]", each)[0].strip() for each in rulings] == [
        "a rule is broken",
        "good",
        "unknown",
        "not judged",
    ]
    assert opened.locator(".judge .violation").inner_text().startswith("The link in alipay is gone")
    assert opened.locator(".judge[open]").count() == 2


def test_the_diagram_has_a_column_for_each_party_and_an_arrow_for_each_message(
    opened: Page,
) -> None:
    columns = opened.locator(".heads span").all_inner_texts()
    kinds = {
        kind: opened.locator(f".arrow.{kind}").count()
        for kind in ("call", "answer", "refused", "unknown", "event")
    }

    assert columns == ["zhang", "li-si", "wechat", "alipay", "bank-east", "platform"]
    assert kinds == {"call": 6, "answer": 4, "refused": 1, "unknown": 1, "event": 1}
    assert opened.locator(".shade.fault").count() == 1
    assert opened.locator(".shade.killed").count() == 1
    assert opened.locator(".shade.frozen").count() == 1


def test_a_violation_leads_to_its_place_in_the_diagram(opened: Page) -> None:
    opened.locator(".violation a").first.click()

    assert opened.url.endswith("#mark-1")
    assert opened.locator("#mark-1").count() == 1
    assert opened.locator(".arrow.guilty").count() == 2


def test_cards_are_followed_through_the_channels(opened: Page) -> None:
    told = [
        label or ""
        for label in (
            svg.get_attribute("aria-label") for svg in opened.locator("td.strip svg").all()
        )
    ]

    assert [re.sub(r"[0-9.]+ s", "T", each) for each in told] == [
        "zhang in alipay: usable from T, not yet opened from T",
        "zhang in wechat: usable from T, unlinked from T",
    ]


def test_the_page_fits_its_window(opened: Page) -> None:
    wide = opened.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")

    assert wide[0] <= wide[1]


def test_everything_has_a_name_for_who_does_not_see_it(opened: Page) -> None:
    assert nameless(opened, "svg, nav, section, button, th, a") == []
    assert opened.locator("header, nav, main, footer").count() == 4
    assert opened.locator("html").get_attribute("lang") == "en"
