"""What holds for every test: its level, and when its turn is."""

from pathlib import Path

import pytest

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


def level(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]
