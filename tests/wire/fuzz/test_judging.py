"""The fuzz's judge is no decoration: it names what a platform does that is wrong on purpose."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.wire.fuzz import judging
from tests.wire.fuzz.judging import Judge
from tests.wire.national_platform.methods import METHODS
from tests.wire.people import a_world
from tests.wire.stores import driver_of, sqlite_of

from essc_platform.wire.cards import CardServicer
from essc_wire.refusals import Refusal


class Wrong(CardServicer):
    """Does in each of four methods what none may do."""

    async def GetCard(self, request: Any, call: Any) -> Any:
        raise KeyError

    async def ListLinks(self, request: Any, call: Any) -> Any:
        await self._front.collector.in_writer(
            lambda store: driver_of(store).execute("UPDATE parties SET display_name = 'x'")
        )
        return Refusal("PAGE_TOKEN_INVALID")

    async def Unlink(self, request: Any, call: Any) -> Any:
        await asyncio.sleep(60)

    async def Apply(self, request: Any, call: Any) -> Any:
        return b"\xff"


async def test_each_wrong_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GetCard", "ListLinks", "Unlink", "Apply"):
        monkeypatch.setattr(CardServicer, name, vars(Wrong)[name])
    monkeypatch.setattr(judging, "TIMEOUT_S", 0.5)
    cards = {each.descriptor.name: each for each in METHODS if "CardService" in each.name}

    async with a_world(tmp_path / "platform") as world:
        bank = await world.channel("bank")
        judge = Judge(sqlite_of(world.running).reader.driver, world.dump)
        for name in ("GetCard", "ListLinks", "Unlink", "Apply", "FindLink"):
            raw = cards[name].example.SerializeToString()
            await judge.call(cards[name], bank, raw)

    wrongs = [finding.partition("\n")[0].partition("CardService.")[2] for finding in judge.findings]
    assert [wrong.partition(": no rich")[0] for wrong in wrongs] == [
        "GetCard by 'bank': INTERNAL_FAULT",
        "ListLinks by 'bank': PAGE_TOKEN_INVALID, and yet changed: ['parties']",
        "Unlink by 'bank': StatusCode.DEADLINE_EXCEEDED",
        "Apply by 'bank': an answer that is no message of its type",
    ]
