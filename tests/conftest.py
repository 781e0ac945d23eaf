"""What holds for every test: its level, and when its turn is."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

# Fast and most telling first: a broken rule shows before a server is started for it.
ORDER = ("core", "architecture", "contract", "store", "wire", "parties")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test with its level, the name of its folder, and puts the levels in order.

    Last of all hooks, so that the random order of pytest-randomly stays within a level.
    """
    for item in items:
        if level(item) in ORDER:
            item.add_marker(level(item))
    items.sort(key=lambda item: ORDER.index(level(item)) if level(item) in ORDER else len(ORDER))


def level(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]
