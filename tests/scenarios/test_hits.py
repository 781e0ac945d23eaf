"""A scenario can say that its faults have met something."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from tests.gate.parties import Street, a_street

from essc.lab.v1 import fault_pb2 as pb
from essc_workbench.failures import UsageError
from essc_workbench.scenarios.steps.hits import ExpectFault


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with a_street(tmp_path) as street:
        yield street


async def looked(street: Street, step: ExpectFault) -> bool:
    """Whether it is as the step expects."""
    seen: list[bool] = []

    def expect(_about: str, _wanted: object, _seen: object, *, is_met: bool) -> None:
        seen.append(is_met)

    stage: Any = SimpleNamespace(faults=street.faults, expect=expect)
    await step.play(stage)
    (is_met,) = seen
    return is_met


@pytest.mark.parametrize(
    ("hits", "before", "after"), [(None, False, True), (0, True, False), (1, False, True)]
)
async def test_what_a_fault_has_met_can_be_expected_also_once_it_has_ended(
    street: Street, hits: int | None, before: bool, after: bool
) -> None:
    await street.add("lost", lose_answer=pb.LoseAnswerFault())
    first = await looked(street, ExpectFault(name="lost", hits=hits))
    with pytest.raises(grpc.aio.AioRpcError):
        await street.unlink()
    await street.faults.remove("lost")

    second = await looked(street, ExpectFault(name="lost", hits=hits))

    assert (first, second) == (before, after)


async def test_a_fault_that_nobody_added_is_not_expected_but_asked_for(street: Street) -> None:
    await street.add("lost", lose_answer=pb.LoseAnswerFault())

    with pytest.raises(UsageError, match="no fault 'last'; did you mean 'lost'"):
        await looked(street, ExpectFault(name="last"))
