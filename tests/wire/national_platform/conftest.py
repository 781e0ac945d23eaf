"""A fresh platform for each test, in the test's own process and loop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.wire.people import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "platform") as world:
        yield world
