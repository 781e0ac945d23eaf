"""What judges saw is kept without names, and is found the same when it is judged again."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.judges.telling import ZHANG, Telling, applied, channel, event, link, platform, shadow
from typer.testing import CliRunner

from essc.event.v1.event_pb2 import Event
from essc.lab.v1 import audit_channel_pb2 as channel_rows
from essc_workbench.cli import app
from essc_workbench.failures import UsageError
from essc_workbench.history.items import to_json
from essc_workbench.judges import JUDGES
from essc_workbench.judges.command import judge_again
from essc_workbench.judges.expectations import Expectations
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.keeping import keep, kept_evidence


class Another(Expectations):
    """Somebody's own judge."""

    name = "another"


def kept(folder: Path, *, serial: int = 1) -> Evidence:
    """The evidence of a small run, in its folder."""
    told = Telling()
    told.happened("expected", about="panel", expected="usable", seen="usable")
    copies = [shadow("wechat", serial=serial)]
    begun = event("wechat", Event.KIND_LINK_ACTIVATED, 1)
    account = channel_rows.AuditAccount(account="张三", link_id="link-wechat-zhang")
    exports = {
        "platform": platform(links=[link("wechat")], events=[begun]),
        "wechat": channel(
            "wechat", shadows=copies, accounts=[account], applied_events=[applied(1, begun)]
        ),
    }
    evidence = told.evidence(exports, channels=("wechat",), secrets=("张三",), settled=True)
    lines = [f"{to_json(item)}\n".replace("'", '"') for item in told.items]
    (folder / "history.jsonl").write_text("".join(lines), encoding="utf-8")
    keep(folder, evidence)
    return evidence


def judged(folder: Path, *others: str) -> tuple[int, str]:
    out = StringIO()
    status = judge_again(Console(file=out, width=200), folder, others)
    return status, out.getvalue()


def test_every_judge_but_that_of_logs_finds_the_same_again(tmp_path: Path) -> None:
    evidence = kept(tmp_path, serial=2)

    again = kept_evidence(tmp_path)

    assert [judge.judge(again) for judge in JUDGES] == [judge.judge(evidence) for judge in JUDGES]


def test_nobody_is_named_in_what_is_kept(tmp_path: Path) -> None:
    kept(tmp_path)

    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]

    assert len(files) == 4
    assert not any(ZHANG.encode() in each or "张三".encode() in each for each in files)


@pytest.mark.parametrize(("serial", "status"), [(1, 0), (2, 1)])
def test_the_status_says_whether_a_rule_was_broken(
    serial: int, status: int, tmp_path: Path
) -> None:
    kept(tmp_path, serial=serial)

    found, said = judged(tmp_path)

    assert found == status
    assert ("wechat's copy says ACTIVE 2/1, not ACTIVE 1/1" in said) is (serial == 2)


def test_somebody_can_bring_a_judge_of_their_own(tmp_path: Path) -> None:
    kept(tmp_path)

    _, said = judged(tmp_path, f"{__name__}:Another")

    assert "another: Whatever a step of the scenario expected was seen" in said


def test_the_command_says_the_same_with_the_same_status(tmp_path: Path) -> None:
    kept(tmp_path, serial=2)

    result = CliRunner().invoke(app, ["judge", str(tmp_path), "--also", f"{__name__}:Another"])

    assert result.exit_code == 1
    assert "another: Whatever" in result.output
    assert "wechat's copy says ACTIVE 2/1, not ACTIVE 1/1" in result.output


@pytest.mark.parametrize("name", ["nowhere:Judge", "essc_workbench.judges:Nobody", "nothing", ":"])
def test_a_judge_that_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    kept(tmp_path)

    with pytest.raises(UsageError, match=r"^--also .*, not MODULE:NAME$"):
        judged(tmp_path, name)


def test_a_folder_without_snapshots_cannot_be_judged_again(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"evidence\.json: not there"):
        judged(tmp_path)

    kept(tmp_path)
    (tmp_path / "snapshots" / "wechat.binpb").write_bytes(b"\xff\xff")
    with pytest.raises(UsageError, match="not the snapshots of a run"):
        judged(tmp_path)
