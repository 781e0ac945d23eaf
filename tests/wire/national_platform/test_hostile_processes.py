"""Three processes whose database refuses and vanishes at random: their callers notice nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.support.hostile import CUT, REFUSED, UNHEARD, Troubles
from tests.support.postgres import Postgres
from tests.wire.national_platform import test_several_processes as quiet
from tests.wire.several import Several, several

from essc_platform.store import postgresql_store

SHARE = 0.008

pytestmark = [pytest.mark.soak, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=range(3))
async def three(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> AsyncIterator[Several]:
    troubles = Troubles(seed=1000 * request.param, share=0)
    with postgres.fresh() as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql_store, "connector", troubles.connector)
        async with several(tmp_path_factory.mktemp("hostile") / "platform", url) as processes:
            troubles.share = SHARE
            yield processes
            troubles.share = 0
    assert {kind for kind, _ in troubles.met} == {REFUSED, CUT, UNHEARD}


@pytest.mark.rule("R25", "R30", "R91")
async def test_everything_happens_once(three: Several) -> None:
    await quiet.test_among_three_processes_everything_happens_once(three)


async def test_who_is_new_is_registered_once(three: Several) -> None:
    await quiet.test_who_is_new_to_three_processes_at_once_is_registered_once(three)


async def test_a_stream_has_what_all_commit_in_order(three: Several) -> None:
    await quiet.test_a_stream_at_one_process_has_what_all_commit_in_order(three)


@pytest.mark.rule("R8", "R15", "R95")
async def test_what_one_acknowledged_holds_in_all(three: Several) -> None:
    await quiet.test_what_one_acknowledged_holds_at_the_next_call_of_every_other(three)
