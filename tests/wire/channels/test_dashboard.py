"""The dashboard and the alerts that ship ask for what a running federation shows, and no more."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.wire.channels.conftest import ZHANG, MakeStand
from tests.wire.people import a_world
from tests.wire.scraping import family, reasons_become, samples

MONITORING = Path(__file__).resolve().parents[3] / "docs" / "examples" / "monitoring"
NAME = re.compile(r"\b(?:essc|process)_[a-z_]+\b")
SHOWN = re.compile(r'(\w+)="([^"]*)"')
BY = re.compile(r"\bby \(([^)]*)\)")
LABEL = re.compile(r'(\w+)(?:=~|!=|!~|=)"')
GIVEN_BY_PROMETHEUS = {"job", "instance"}


def dashboard() -> dict[str, Any]:
    board: dict[str, Any] = json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    return board


def drawn() -> list[str]:
    """Every expression of the dashboard."""
    panels = dashboard()["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def asked() -> list[str]:
    """Every expression of the two files."""
    alerts = YAML(typ="safe").load(MONITORING / "alerts.yml")
    return drawn() + [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]


async def test_every_metric_that_is_asked_for_is_shown_with_its_labels(
    make_stand: MakeStand, tmp_path: Path
) -> None:
    stand = await make_stand("nantong")
    stand.config = replace(stand.config, ops="127.0.0.1:0")
    await stand.restart_channel()
    await stand.put_account(stand.fake.add(*ZHANG))
    await (await stand.signed_in()).home()
    await reasons_become(stand.channel.ops_address, [])
    of_channel = await samples(stand.channel.ops_address)
    async with a_world(tmp_path / "platform", ops="127.0.0.1:0") as world:
        bank = await world.channel("bank")
        await bank.apply(await world.citizen(1))
        of_platform = await samples(world.running.ops_address)

    shown = [*of_channel, *of_platform]
    names = set(map(family, shown))
    labels = {label for line in shown for label, _ in SHOWN.findall(line)} | GIVEN_BY_PROMETHEUS

    expressions = asked()
    assert len(expressions) > 40
    assert {name for each in expressions for name in NAME.findall(each)} - names == set()
    wanted = {
        label.strip() for each in expressions for by in BY.findall(each) for label in by.split(",")
    }
    wanted |= {label for each in expressions for label in LABEL.findall(each)}
    assert wanted - labels == set()


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    expressions = " ".join(drawn())

    for name in (
        "essc_calls_total",
        "essc_call_seconds_bucket",
        "essc_batches_total",
        "essc_batch_seconds_total",
        "essc_queue_commands",
        "essc_queue_wait_seconds_bucket",
        "essc_feed_lag_seconds",
        "essc_feed_events_total",
        "essc_flows_open",
        "essc_platform_calls_total",
    ):
        assert name in expressions, name


def test_panels_have_places_of_their_own_and_names_in_both_languages() -> None:
    panels = dashboard()["panels"]
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in panels]

    assert len(set(places)) == len(places)
    assert len({each["id"] for each in panels}) == len(panels)
    for each in panels:
        assert re.search("[A-Za-z]", each["title"]), each["title"]
        assert re.search("[\u4e00-\u9fff]", each["title"]), each["title"]
