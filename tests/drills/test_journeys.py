"""All journeys in one federation: prepared, played, noted, and found good by the judges."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.drills.journey_plans import ALL, plan_of
from tests.drills.plans import whole

from essc_workbench.connections import Connections
from essc_workbench.drills.capacity.assumptions import WRITES
from essc_workbench.drills.journeys.company import company_of
from essc_workbench.drills.journeys.prepared import Prepared, read_prepared
from essc_workbench.drills.outcomes import Played
from essc_workbench.drills.preparing import prepare
from essc_workbench.drills.reading_notes import alias, items_of, read_notes
from essc_workbench.exports import exported
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.history.reading import History
from essc_workbench.judges import JUDGES
from essc_workbench.judges.findings import Evidence
from essc_workbench.seeding.people import resident

CITIZENS = 240
CHANNELS = ("wechat", "alipay")
SEED = 7


@dataclass
class Drilled:
    """What came of it."""

    folder: DataFolder
    prepared: Prepared
    played: dict[str, list[Played]]
    evidence: Evidence


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    return asyncio.run(_drill(DataFolder(tmp_path_factory.mktemp("drill") / "federation")))


async def _drill(folder: DataFolder) -> Drilled:
    plan, origin_ns = plan_of(ALL, citizens=CITIZENS), time.monotonic_ns()
    books = [folder.root / name for name in ("notes-before", "notes-0")]
    async with federation_in(folder, channels=CHANNELS, people=()):
        prepared = await prepare(folder, plan, SEED, notes=books[0], origin_ns=origin_ns)
        order = whole(plan, SEED, folder.root, notes=books[1], origin_ns=origin_ns)
        played = defaultdict(list)
        async with company_of(order).opened() as journeys:
            turns = [
                (name, channel, number)
                for number, name in enumerate(2 * list(journeys))
                for channel in CHANNELS
            ]
            ends = await asyncio.gather(
                *(
                    journeys[name].play(
                        11 * number, channel, 2 * number + (channel == "wechat"), _soon()
                    )
                    for name, channel, number in turns
                )
            )
            for (name, _, _), end in zip(turns, ends, strict=True):
                played[name].append(end)
        evidence = await _evidence(folder, books)
    return Drilled(folder, prepared, played, evidence)


def _soon() -> float:
    return time.monotonic() + 30


async def _evidence(folder: DataFolder, books: list[Path]) -> Evidence:
    async with Connections(folder, folder.load()) as connections:
        exports = {"platform": await exported(connections.platform_lab())}
    return Evidence(
        history=History(items_of([read_notes(path) for path in books])),
        exports=exports,
        channels=CHANNELS,
        citizens={alias(place): resident(place, SEED).id_number for place in range(CITIZENS)},
    )


@pytest.mark.parametrize("name", ALL)
def test_every_journey_ends_as_it_should(drilled: Drilled, name: str) -> None:
    assert [each.outcome for each in drilled.played[name]] == ["ok"] * 4


def test_journeys_ask_for_as_many_changes_as_capacity_counts(drilled: Drilled) -> None:
    rows = read_notes(drilled.folder.root / "notes-0").rows
    settled = 1  # a payment is settled by the platform itself: nobody asks it to

    asked = len({row.request_id for row in rows if row.request_id})

    assert asked == 4 * (sum(WRITES[name] for name in ALL) - settled)


def test_whoever_is_to_be_linked_has_a_link_of_their_own_in_every_channel(
    drilled: Drilled,
) -> None:
    for channel in CHANNELS:
        links = drilled.prepared.links[channel]
        assert len({links.id_of(place) for place in range(192)}) == 192
        assert set(links.serials) == {1}


def test_what_was_prepared_is_read_back_as_it_was_written(drilled: Drilled) -> None:
    assert read_prepared(drilled.folder.root) == drilled.prepared


@pytest.mark.parametrize(
    "judge",
    [each for each in JUDGES if each.name not in ("expectations", "feeds", "shadows")],
    ids=lambda judge: judge.name,
)
def test_the_notes_are_a_history_that_the_judges_find_good(drilled: Drilled, judge: object) -> None:
    finding = judge.judge(drilled.evidence)  # type: ignore[attr-defined]

    assert finding.violations == ()
    assert finding.checks > 0


def test_no_note_names_anybody_or_admits_anybody(drilled: Drilled) -> None:
    text = (drilled.folder.root / "notes-before").read_text()
    text += (drilled.folder.root / "notes-0").read_text()

    people = [resident(place, SEED) for place in range(CITIZENS)]
    assert not [each for each in people if each.id_number in text or each.phone in text]
    assert '"135790"' not in text
