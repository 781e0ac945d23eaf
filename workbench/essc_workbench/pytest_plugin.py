"""Scenarios in a test suite of one's own. Installed with the workbench; pytest finds it by itself.

    async def test_unlinking_leaves_the_others(essc_federation):
        async with essc_federation(["wechat", "alipay"]) as f:
            await f.play(Apply(citizen="zhang-san", channel=("wechat", "alipay")))

    def test_the_shipped_scenario(essc_run):
        essc_run("scenarios/unlink.yaml")

A test fails if the verdict is not good: a rule is broken, or nothing was checked. Reports lie in
the test's own temporary folder. `essc_federation` needs a plugin for async tests.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from essc_workbench.failures import UsageError

if TYPE_CHECKING:
    from essc_workbench.report.verdicts import Verdict
    from essc_workbench.scenario import Played

# What a suite that runs no scenario should not pay for is imported when it is used.


class _Judged:
    """A federation that must have been good when its block ends."""

    def __init__(self, federation: AbstractAsyncContextManager[Played]) -> None:
        self._federation = federation
        self._played: Played | None = None

    async def __aenter__(self) -> Played:
        __tracebackhide__ = True
        try:
            self._played = await self._federation.__aenter__()
        except UsageError as error:
            raise error.with_traceback(None) from None
        return self._played

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        await self._federation.__aexit__(kind, error, traceback)
        if error is None and self._played is not None:
            self._played.check()


@pytest.fixture
def essc_federation(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[..., AbstractAsyncContextManager[Played]]:
    """A function like `essc_workbench.scenario.federation`; the test fails unless all is good."""
    from essc_workbench.scenario import federation

    numbers = count(1)

    def started(channels: Sequence[str], **wishes: Any) -> AbstractAsyncContextManager[Played]:
        own = {"name": _name(request), "report": tmp_path / f"run-{next(numbers)}"}
        return _Judged(federation(channels, **{**own, **wishes}))

    return started


@pytest.fixture
def essc_run(tmp_path: Path) -> Callable[..., Verdict]:
    """A function that runs a scenario's file and answers its verdict; fails unless all is good."""
    from essc_workbench.scenario import Broken
    from essc_workbench.scenarios.runner import Wishes, read, run_file

    numbers = count(1)

    def run(path: str | Path, seed: int | None = None) -> Verdict:
        __tracebackhide__ = True
        wishes = Wishes(report=tmp_path / f"run-{next(numbers)}", seed=seed)
        try:
            verdict, folder = asyncio.run(run_file(read(Path(path)), wishes))
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)
        if verdict.status:
            raise Broken(verdict, folder)
        return verdict

    return run


def _name(request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    return re.sub(r"[^\w.-]+", "-", name)[:80]
