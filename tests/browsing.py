"""Looking at a page as a person does: in a real browser, which must have nothing to say of it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """The browser that `make test` saw to."""
    named = os.environ.get("ESSC_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("no Chromium: run tools/browser.sh, or name one in ESSC_CHROMIUM")
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium())
        yield running
        running.close()


@contextmanager
def opened_page(browser: Browser, path: Path, width: int) -> Iterator[Page]:
    """A page, which at the end must have said nothing and asked for nothing but itself."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    said, asked = list[str](), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert said == []
    assert asked == [path.as_uri()]


def nameless(page: Page, kinds: str) -> list[str]:
    """The elements of these kinds that say nothing to who does not see them."""
    found: list[str] = page.evaluate(
        """kinds => [...document.querySelectorAll(kinds)]
        .filter(e => !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
                       || e.labels?.length || e.textContent.trim()))
        .map(e => e.outerHTML.slice(0, 80))""",
        kinds,
    )
    return found
