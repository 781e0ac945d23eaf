"""The audit of a short drill: an honest federation is found good, and whoever is not is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.drills.small_drill import drilled
from tests.saboteurs.handing import hand_over
from tests.saboteurs.saboteurs import (
    a_posting_is_missing,
    an_acknowledged_link_is_dropped,
)

from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Link, LinkState
from essc_platform.store import feed, gateway
from essc_workbench.drills.outcomes import Outcome

LINKING = {"unlink_and_link": 1.0}
ALL = {
    **LINKING,
    "panel": 1.0,
    "show_and_scan": 1.0,
    "wrong_password": 1.0,
    "family": 1.0,
    "certify": 1.0,
    "pay": 1.0,
    "report_loss": 1.0,
}

Spoil = Callable[[pytest.MonkeyPatch], None]


def a_change_is_done_twice(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        return replace(decision, entries=decision.entries * 2)

    hand_over(patch, Apply, rule)


def what_is_refused_is_done_all_the_same(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        return Rejected(Reason.PROOF_USED, changes=decision.changes)

    hand_over(patch, Unlink, rule)


def two_citizens_are_mixed_up(patch: pytest.MonkeyPatch) -> None:
    ours = gateway.save
    met: list[Link] = []

    def save(connection: Any, changes: Any, *rest: Any, **more: Any) -> None:
        mixed = []
        for each in changes:
            if isinstance(each, Link) and each.state is LinkState.UNLINKED:
                met.append(each)
                mixed.append(replace(each, citizen=met[0].citizen, number=met[0].number))
            else:
                mixed.append(each)
        ours(connection, mixed, *rest, **more)

    patch.setattr("essc_platform.batch.save", save)


def an_event_never_reaches_its_channel(patch: pytest.MonkeyPatch) -> None:
    ours = feed.events_after
    skipped: list[int] = []

    def events_after(connection: Any, channel: str, *bounds: int) -> Any:
        rows = list(ours(connection, channel, *bounds))
        if channel != "alipay":
            return rows
        skipped.extend(place for place, _ in rows[: 1 - len(skipped)])
        return [row for row in rows if row[0] not in skipped]

    patch.setattr("essc_platform.wire.events.events_after", events_after)


GOOD = {
    "totals",
    "link-independence",
    "one-status",
    "acknowledged",
    "once",
    "tries",
    "places",
    "books",
    "feeds",
    "shadows",
    "privacy",
    "linearizability",
    "joint-atomicity",
}


async def test_an_honest_federation_is_found_good(tmp_path: Path) -> None:
    found = await drilled(tmp_path, LINKING, citizens=16)

    assert set(found.outcomes) == {Outcome.OK}
    assert found.broken == set()
    without_families_and_money = {"books", "places", "joint-atomicity", "tries"}
    assert found.good | without_families_and_money == GOOD


@pytest.mark.soak
async def test_an_honest_federation_with_families_and_money_is_found_good_by_all(
    tmp_path: Path,
) -> None:
    found = await drilled(tmp_path, ALL, citizens=240)

    assert set(found.outcomes) == {Outcome.OK}
    assert found.good == GOOD


SABOTEURS = [
    (an_acknowledged_link_is_dropped, LINKING, {"acknowledged"}),
    (a_change_is_done_twice, LINKING, {"acknowledged"}),
    (what_is_refused_is_done_all_the_same, LINKING, {"feeds", "acknowledged"}),
    (two_citizens_are_mixed_up, LINKING, {"acknowledged"}),
    (a_posting_is_missing, {"pay": 1.0}, {"books"}),
    (an_event_never_reaches_its_channel, LINKING, {"feeds"}),
]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("spoil", "mix", "judges"),
    SABOTEURS,
    ids=lambda each: each.__name__ if callable(each) else "",
)
async def test_a_saboteur_is_named(
    spoil: Spoil,
    mix: dict[str, float],
    judges: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await drilled(tmp_path, mix, lambda: spoil(monkeypatch), citizens=40)

    assert judges <= found.broken
