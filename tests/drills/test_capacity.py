"""From costs to what a population needs, and what people are told."""

import json
import math
from pathlib import Path
from typing import get_args

import pytest
from tests.drills.costly import drill, truth
from typer.testing import CliRunner

from essc_workbench.cli import app
from essc_workbench.drills.capacity.assumptions import ASSUMPTIONS, WRITES, assumed, mix_of
from essc_workbench.drills.capacity.costs import Costs
from essc_workbench.drills.capacity.fits import Fit, fit
from essc_workbench.drills.capacity.model import Figure, Need, Range, need, process_rate
from essc_workbench.drills.capacity.stretches import Drill, drills_of
from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.results import Result, Ruling, Store, write_result
from essc_workbench.failures import UsageError

GROWN = Store(before_bytes=400_000_000, after_bytes=1_600_000_000)
HALF = {"panel": 0.5, "scan": 0.5}


def results() -> dict[str, Result]:
    return {
        "calm": drill({"panel": 20.0}, noise=0.03, seed=1),
        "scans": drill({"scan": 20.0}, noise=0.03, seed=2),
        "mixed": drill({"panel": 60.0, "scan": 20.0}, noise=0.03, seed=3),
        "rush": drill(
            {"panel": 400.0, "scan": 300.0}, noise=0.03, seed=4, citizens=100_000, store=GROWN
        ),
    }


@pytest.fixture(scope="module")
def drills() -> tuple[Drill, ...]:
    return drills_of(list(results().items()))


@pytest.fixture(scope="module")
def found(drills: tuple[Drill, ...]) -> Fit:
    return fit(drills)


def figures(needed: Need) -> dict[str, Figure]:
    return {figure.key: figure for figure in needed.figures}


def test_the_rate_of_one_process_is_the_one_that_fills_it(found: Fit) -> None:
    rate = process_rate(found.costs, HALF, 0.5)

    assert truth({"panel": rate / 2, "scan": rate / 2}) == pytest.approx(0.5, rel=0.05)


def test_every_figure_follows_from_its_formula(found: Fit, drills: tuple[Drill, ...]) -> None:
    values = assumed(
        ["users=36e4", "times=2", "journeys_per_user=5", "peak_hour=0.1", "burst=2", "cores=4"]
    )

    got = figures(need(found, drills, HALF, values))

    assert got["day"].range == Range(3_600_000, 3_600_000, 3_600_000)
    assert got["peak"].range.likely == pytest.approx(200)
    assert got["writes"].range.likely == pytest.approx(100 * WRITES["panel"] + 100)
    rate = got["process_rate"].range
    assert rate.low < rate.likely < rate.high
    assert got["processes"].range.likely == math.ceil(200 * 1.3 / rate.likely)
    journeys = 700 * 64
    kept = 3_600_000 * 0.5 * 365 * 1_200_000_000 / journeys
    disk = (1.07e9 * 4_000 + kept) / 2**30
    assert got["disk_gib"].range.likely == pytest.approx(disk, rel=0.02)
    assert got["shards"].range.likely == pytest.approx(math.ceil(disk / 256), abs=1)
    assert got["machines"].range.likely == math.ceil(got["shards"].range.likely / 2)
    assert got["at_once"].range.likely == pytest.approx(432 + rate.likely * 0.002, rel=0.01)


def test_what_lies_beyond_ten_times_the_largest_drill_is_not_validated(
    found: Fit, drills: tuple[Drill, ...]
) -> None:
    small = assumed(["cards=1e6", "users=1e5", "channels=20"])
    large = assumed(["cards=1000001", "users=84e5", "channels=21"])

    near, far = (figures(need(found, drills, HALF, values)) for values in (small, large))

    assert all(figure.is_validated for figure in near.values())
    assert far["peak"].beyond == ("rate",)
    assert far["disk_gib"].beyond == ("rate", "cards")
    assert far["at_once"].beyond == ("channels",)
    assert far["process_rate"].is_validated
    assert not far["machines"].is_validated


def test_a_process_driven_harder_than_any_was_is_not_validated(
    found: Fit, drills: tuple[Drill, ...]
) -> None:
    hard = need(found, drills, HALF, assumed(["utilisation=0.9"]))

    assert figures(hard)["process_rate"].beyond == ("share",)
    assert hard.p99_us is None
    assert need(found, drills, HALF, assumed(["utilisation=0.5"])).p99_us == 6000


def test_what_is_on_disk_is_assumed_where_no_drill_tells(found: Fit) -> None:
    small = Store(before_bytes=30_000_000, after_bytes=90_000_000)
    bare = drills_of([("small", drill({"panel": 20.0}, store=small))])
    given = ["cards=1e6", "citizen_bytes=2000", "write_bytes=100", "history_days=10", "times=1"]

    needed = need(found, bare, {"scan": 1.0}, assumed([*given, "writes_per_shard=100"]))

    got = figures(needed)
    assert needed.disk.citizen == needed.disk.journey == ()
    disk = (1e6 * 2000 + 8.4e6 * 3 * 0.5 * 10 * 100) / 2**30
    assert got["disk_gib"].range.likely == pytest.approx(disk)
    assert got["shards"].range.likely == math.ceil(got["writes"].range.likely * 1.3 / 100)


def test_a_process_that_is_full_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"uses 0\.70 of a core when nothing is asked"):
        process_rate(Costs({"panel": 0.001}, idle=0.7), {"panel": 1.0}, 0.6)
    with pytest.raises(UsageError, match="cost nothing that was measured"):
        process_rate(Costs({"panel": 0.0}), {"panel": 1.0}, 0.6)


def test_a_range_holds_nine_of_ten_draws() -> None:
    assert Range.of([float(n) for n in range(101)]) == Range(5.0, 50.0, 95.0)
    assert Range.of([7.0, 7.0, 7.0]) == Range(7.0, 7.0, 7.0)


def test_every_journey_says_how_often_it_writes() -> None:
    assert set(WRITES) == set(get_args(JourneyName))


def test_every_default_is_allowed() -> None:
    for name, assumption in ASSUMPTIONS.items():
        assert assumption.least <= assumption.default <= assumption.most, name
        assert assumption.words.zh
        assert assumption.words.en


def test_the_page_about_it_has_every_assumption_and_every_journey() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "capacity.md").read_text("utf-8")

    for name, each in ASSUMPTIONS.items():
        assert f"| `{name}` | {each.default:.4g} | {each.words.en} {each.words.zh} |" in page
    for journey, writes in WRITES.items():
        assert f"| `{journey}` | {writes:g} |" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("card=1", "card: nothing is assumed under this name; there are: cards, channels"),
        ("cards", "cards: it must be NAME=NUMBER"),
        ("cards=many", "cards=many: it must be NAME=NUMBER"),
        ("cards=inf", "cards=inf: it must be NAME=NUMBER"),
        ("utilisation=1", "utilisation=1: it must be from 0.05 to 0.95"),
        ("cores=2", "a machine needs a core that is not reserved"),
    ],
)
def test_a_wrong_assumption_is_told(given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        assumed([given])


def test_a_mix_is_of_journeys_with_a_measured_cost() -> None:
    counted = {"panel": 300.0, "scan": 100.0, "pay": 0.0}

    assert mix_of([], counted) == {"panel": 0.75, "scan": 0.25}
    assert mix_of(["pay=3", "panel=1"], counted) == {"panel": 0.25, "pay": 0.75}
    with pytest.raises(UsageError, match="certify: its cost was not measured; there are: panel"):
        mix_of(["certify=1"], counted)
    with pytest.raises(UsageError, match="not less than 0"):
        mix_of(["pay=-1"], counted)
    with pytest.raises(UsageError, match="above 0"):
        mix_of(["pay=0"], counted)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("drills")
    for name, result in results().items():
        (folder / name).mkdir()
        write_result(result, folder / name)
    return [str(folder / name) for name in results()]


def test_the_command_tells_it_in_both_languages_and_writes_it(
    reports: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out" / "capacity.json"

    told = CliRunner().invoke(
        app, ["capacity", *reports, "--assume", "shard_gib=9", "--json", str(out)]
    )

    assert told.exit_code == 0, told.output
    assert "…" not in told.output
    for words in ("平台进程", "platform processes", "未验证", "not validated", "utilisation"):
        assert words in told.output
    answer = json.loads(out.read_text(encoding="utf-8"))
    assert answer["assumed"]["cards"] == 1.07e9
    assert answer["mix"] == pytest.approx({"panel": 4 / 7, "scan": 3 / 7}, rel=0.02)
    assert answer["figures"]["processes"]["beyond"] == ["rate"]
    assert answer["figures"]["processes"]["low"] <= answer["figures"]["processes"]["high"]
    assert any("分片多于" in note["zh"] for note in answer["notes"])


def test_the_command_checks_itself_by_the_largest_drill(reports: list[str], tmp_path: Path) -> None:
    out = tmp_path / "check.json"

    told = CliRunner().invoke(app, ["capacity", "--check", *reports, "--json", str(out)])

    assert told.exit_code == 0, told.output
    answer = json.loads(out.read_text())
    assert answer["predicted"] == "rush"
    assert answer["times"] > 7
    assert f"{answer['error']:+.1%}" in told.output
    assert "其余演练最高速率的" in told.output


def test_what_cannot_be_answered_is_one_line(reports: list[str]) -> None:
    twice = CliRunner().invoke(app, ["capacity", reports[0], f"{reports[0]}/drill.json"])
    none = CliRunner().invoke(app, ["capacity", "nowhere"])

    assert isinstance(twice.exception, UsageError)
    assert isinstance(none.exception, UsageError)
    assert "nowhere: no such file" in str(none.exception)


def test_drills_of_no_use_are_left_out_and_named(reports: list[str], tmp_path: Path) -> None:
    whole = drill({"panel": 20.0})
    unfit = {
        "short": drill({"panel": 20.0}, seconds=8),
        "void": whole.model_copy(update={"ruling": Ruling.VOID}),
        "phones": drill({"panel": 20.0}, via="channel"),
    }
    for name, result in unfit.items():
        (tmp_path / name).mkdir()
        write_result(result, tmp_path / name)
    others, out = [str(tmp_path / name) for name in unfit], tmp_path / "capacity.json"

    told = CliRunner().invoke(app, ["capacity", *others, *reports, "--json", str(out)])
    none = CliRunner().invoke(app, ["capacity", *others[:2]])

    assert told.exit_code == 0, told.output
    assert "short: it has no 5 calm seconds in a row" in told.output
    assert "void: it is void" in told.output
    assert "phones: it was sent another way than most (platform)" in told.output
    answer = json.loads(out.read_text(encoding="utf-8"))
    assert [each["name"] for each in answer["left_out"]] == ["short", "void", "phones"]
    assert len(answer["drills"]) == len(reports)
    assert isinstance(none.exception, UsageError)
    assert "none of these drills tells about costs" in str(none.exception)


def test_one_stretch_is_told_as_one() -> None:
    with pytest.raises(UsageError, match="too little to go by: 1 stretch of calm seconds"):
        fit(drills_of([("short", drill({"panel": 20.0}, seconds=9))]))
