"""What holds for every test: its level, and when its turn is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from tests.support.postgres import Postgres

    from essc_workbench.backstage import Backstage
    from essc_workbench.postgres.server import Server
    from essc_workbench.templates import Template

HERE = Path(__file__).resolve().parent

# Fast and most telling first: a broken rule shows before a server is started for it.
ORDER = (
    "core",
    "architecture",
    "contract",
    "store",
    "judges",
    "report",
    "drills",
    "wire",
    "parties",
    "saboteurs",
    "scenarios",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks each test with its level, the name of its folder, before `-m` picks some."""
    if level(item) in ORDER:
        item.add_marker(level(item))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the levels in order, last of all, so that a random order stays within a level."""
    items.sort(key=lambda item: ORDER.index(level(item)) if level(item) in ORDER else len(ORDER))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A prepared data folder, made by the first test that needs it and copied for each.

    A test of how a federation is set up takes none.
    """
    from essc_workbench.templates import Template  # most tests need no workbench

    return Template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this worker, started by the first test that needs it."""
    from tests.support.postgres import running_postgres  # most tests need no PostgreSQL

    with running_postgres(os.environ) as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def deployment(request: pytest.FixtureRequest) -> Iterator[None]:
    """What platforms of tests run on, as the environment says; SQLite if it says nothing."""
    if not os.environ.keys() & {"ESSC_TEST_STORE", "ESSC_TEST_PLATFORMS"}:
        yield
        return
    from tests.support.deployments import deployed, wanted

    on = wanted(os.environ)
    if not on.is_postgresql:
        yield
        return
    with deployed(request.getfixturevalue("postgres"), on.platforms):
        yield


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The address of an empty PostgreSQL database of the test's own."""
    with postgres.fresh() as url:
        yield url


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Server]:
    """A PostgreSQL server that the module's tests may end and start again.

    It waits for the disk at every commit, so that what it acknowledged must be there afterwards.
    """
    from essc_workbench.postgres.server import Server  # most tests need no PostgreSQL

    with Server(is_durable=True) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from tests.browsing import running_browser  # most tests need no browser

    with running_browser() as running:
        yield running


@pytest.fixture(scope="module", params=(1280, 390))
def opened(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    """The page that the module's `report` is the file of, on a desk and on a phone."""
    from tests.browsing import opened_page

    with opened_page(browser, report, request.param) as page:
        yield page


@pytest.fixture(scope="session")
def ready(template: Template) -> Backstage:
    """The prepared folder for runs of scenarios; no process waits between two tests."""
    from essc_workbench.backstage import Backstage
    from essc_workbench.spares import Spares

    return Backstage(Spares({}), template)


def level(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]
