"""Some of the races once more, between three platforms on one PostgreSQL database.

`make soak-postgresql` runs all of them there, and everything else that goes over the wire.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.deployments import deployed
from tests.support.postgres import Postgres
from tests.wire.national_platform.test_races_codes import (
    test_of_two_scanners_at_one_moment_exactly_one_has_the_code as test_scanners,
)
from tests.wire.national_platform.test_races_family import (
    test_the_last_place_taken_from_two_channels_goes_to_one as test_places,
)
from tests.wire.people import World, a_world

__all__ = ["test_places", "test_scanners"]


@pytest.fixture(scope="module")
def three(postgres: Postgres) -> Iterator[None]:
    with deployed(postgres, 3):
        yield


@pytest.fixture
async def world(tmp_path: Path, three: None) -> AsyncIterator[World]:
    async with a_world(tmp_path / "platform") as world:
        assert len(world.all_running) == 3
        yield world
