"""A fresh platform for each test, in the test's own process and loop."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.deployments import wanted
from tests.wire.people import World, a_world
from tests.wire.several import several


@pytest.fixture
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """One process with a file, unless the environment says otherwise: see deployments.py."""
    on = wanted(os.environ)
    if not on.is_postgresql:
        async with a_world(tmp_path / "platform") as world:
            yield world
        return
    with request.getfixturevalue("postgres").fresh() as url:
        async with several(tmp_path / "platform", url, on.platforms) as processes:
            yield processes.spread()
