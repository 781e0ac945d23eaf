"""What the report of a drill says, before anything is drawn."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from tests.drills.made import lossy, made_result, passed, void

from essc_workbench.drills.report import numbers
from essc_workbench.drills.report.charts import POINTS_MAX, as_json, charts
from essc_workbench.drills.report.page import page
from essc_workbench.drills.report.sentences import why
from essc_workbench.drills.report.tables import ratios, reasons, to_discuss
from essc_workbench.drills.report.terminal import tell
from essc_workbench.drills.report.writing import write_again
from essc_workbench.drills.results import Result, Ruling, Second, Words, write_result
from essc_workbench.failures import UsageError


@pytest.fixture(scope="module")
def result() -> Result:
    return made_result()


@pytest.mark.parametrize(
    ("us", "told"),
    [
        (0, "0 µs"),
        (999, "999 µs"),
        (1_000, "1.00 ms"),
        (43_120, "43.1 ms"),
        (999_400, "999 ms"),
        (999_600, "1.00 s"),
        (2_004_000, "2.00 s"),
        (75_000_000, "75.0 s"),
    ],
)
def test_a_time_is_told_with_three_digits(us: int, told: str) -> None:
    assert numbers.latency(us) == told


def test_a_share_is_never_rounded_up() -> None:
    assert numbers.share(1.0) == "100 %"
    assert numbers.share(0.999999) == "99.99 %"
    assert numbers.share(0.989999) == "98.99 %"
    assert numbers.share(0.9987) == "99.87 %"
    assert numbers.share(0.000001) == "< 0.01 %"
    assert numbers.share(0.0) == "0 %"


def test_rates_ratios_and_spans_are_told_as_people_read_them() -> None:
    assert [numbers.rate(each) for each in (3.5, 198.3, 12_345)] == ["3.50/s", "198/s", "12,345/s"]
    assert [numbers.ratio(a, b) for a, b in ((1, 2), (25, 2), (1, 0))] == ["0.50", "12.5", "–"]
    assert [numbers.seconds(s) for s in (1.25, 60, 720, 9_000, 7_200)] == [
        "1.2 s",
        "60 s",
        "12 min",
        "2 h 30 min",
        "2 h",
    ]


def test_sizes_are_told_in_the_unit_that_fits() -> None:
    assert [numbers.size(each) for each in (480, 1536, 314_572_800, -12)] == [
        "480 B",
        "1.50 KiB",
        "300 MiB",
        "-12 B",
    ]


def test_a_passed_drill_says_what_was_met_and_how_much_was_audited(result: Result) -> None:
    assert why(passed(result)).en == (
        "All 3 objectives were met, and the audit found everything that was acknowledged in place "
        "(4,812 checks)."
    )


@pytest.mark.parametrize(
    ("count", "met", "unmet"),
    [
        (1, "The only objective was met, ", "The only objective was not met: "),
        (2, "Both objectives were met, ", "1 of 2 objectives was not met: "),
    ],
)
def test_few_objectives_are_told_as_people_would(
    count: int, met: str, unmet: str, result: Result
) -> None:
    few = result.model_copy(update={"objectives": result.objectives[:count]})

    assert why(few).en.startswith(unmet)
    assert why(passed(few)).en.startswith(met)


def test_without_an_audit_nobody_claims_that_nothing_was_lost(result: Result) -> None:
    unaudited = passed(result).model_copy(update={"audit": None})

    assert why(unaudited).en == "All 3 objectives were met, and nothing was audited."
    assert "No audit was made." in page(unaudited)
    told = io.StringIO()
    tell(Console(file=told, width=200), unaudited)
    assert told.getvalue().startswith("passed 通过, not audited 未审计")
    assert "audit 审计      not audited 未审计" in told.getvalue()


def test_what_was_lost_is_said_before_what_was_slow(result: Result) -> None:
    both = lossy(result).model_copy(update={"objectives": result.objectives})

    told = why(both).en

    assert told.index("the link of resident 17 is gone") < told.index("objectives was not met")


def test_of_thousands_of_violations_the_first_are_shown_and_the_rest_counted(
    result: Result,
) -> None:
    assert result.audit is not None
    lost = tuple(Words(en=f"link {n} is lost", zh=f"关联 {n} 丢失") for n in range(3_050))
    finding = result.audit.findings[0].model_copy(update={"ruling": "broken", "violations": lost})
    many = result.model_copy(
        update={"audit": result.audit.model_copy(update={"findings": (finding,)})}
    )

    text = page(many)

    assert text.count('class="violation"') == 50
    assert "3,000 more in drill.json" in text
    assert len(text) < len(page(result)) + 20_000


def test_a_void_drill_says_that_nothing_can_be_said(result: Result) -> None:
    told = why(void(result))

    assert told.en.startswith("Nothing can be said of the platform: a generator process used 97 %")
    assert told.zh.startswith("不能据此评价平台")
    assert 'class="badge unknown">void' in page(void(result))


def test_an_audit_that_could_not_look_makes_a_drill_void(result: Result) -> None:
    assert result.audit is not None
    unsure = result.audit.findings[0].model_copy(update={"ruling": "unknown"})
    changed = result.model_copy(
        update={
            "ruling": Ruling.VOID,
            "audit": result.audit.model_copy(update={"findings": (unsure,)}),
        }
    )

    assert why(changed).en == (
        "Nothing can be said of the platform: the audit could not be sure of exactly-once."
    )


def test_a_drill_that_met_everything_but_its_end_says_so(result: Result) -> None:
    early = Words(en="by Ctrl-C", zh="用户中断")
    failed = passed(result).model_copy(update={"ruling": Ruling.FAILED, "ended_early": early})

    assert why(failed).en.startswith("It did not last as long as it should have")


def test_a_failure_of_the_workbench_is_its_own(result: Result) -> None:
    own = result.model_copy(update={"ruling": Ruling.BROKEN, "failure": "disk <full>"})

    assert why(own).en.endswith("which says nothing of the platform: disk <full>")
    assert "disk &lt;full&gt;" in page(own)


def test_a_drill_that_was_ended_early_says_so(result: Result) -> None:
    early = result.model_copy(
        update={"load_s": 12.0, "ended_early": Words(en="by Ctrl-C", zh="用户中断")}
    )

    assert "Ended early, after 12 s of 60 s: by Ctrl-C." in page(early)


def test_an_accounting_that_does_not_add_up_is_told_loudly(result: Result) -> None:
    counts = result.counts.model_copy(update={"intended": result.counts.intended + 3})
    wrong = result.model_copy(update={"counts": counts})

    text = page(wrong)

    assert "this report cannot be relied on" in text
    assert "3 unaccounted for" in text
    assert "this report cannot be relied on" not in page(result)


def test_the_meeting_talks_about_all_that_was_not_as_it_should_be(result: Result) -> None:
    fault = result.faults[0].model_copy(update={"recovered_s": None})
    bad = lossy(void(result)).model_copy(
        update={"faults": (fault,), "objectives": result.objectives}
    )

    assert [each.en for each in to_discuss(bad)] == [
        "a generator process used 97 % of its core",
        "exactly-once: the link of resident 17 is gone",
        "latency p99, all journeys: wanted ≤ 100 ms, seen 1.74 s",
        "never recovered: platform is frozen at 30 s",
    ]
    assert to_discuss(passed(result)) == ()


def test_the_drill_is_told_beside_what_the_machine_does_at_best(result: Result) -> None:
    rows = ratios(result)

    assert [row.best for row in rows] == ["2,450/s", "1,900/s"]
    assert rows[0].ratio == "0.08"


def test_of_many_reasons_the_most_frequent_are_told_and_the_rest_counted(result: Result) -> None:
    line = result.lines[0].model_copy(update={"reasons": {f"R{n}": 100 - n for n in range(30)}})
    many = result.model_copy(update={"lines": (line,)})

    rows, left_out = reasons(many)

    assert [rows[0].reason, rows[-1].reason, len(rows), left_out] == ["R0", "R19", 20, 10]


def test_a_long_drill_keeps_its_peaks_and_its_size(result: Result) -> None:
    seconds = tuple(
        Second(at_s=at, counts=result.seconds[0].counts, p99_us=9_000 if at == 3 else 1_000)
        for at in range(2 * 3600)
    )
    long = result.model_copy(update={"seconds": seconds, "load_s": 7_200.0})

    drawn = charts(long)
    latency = next(each for each in drawn if each.name == "latency")

    assert as_json(long, drawn)["step_s"] == 8
    assert len(latency.series[1].values) == POINTS_MAX
    assert latency.series[1].values[0] == 9_000
    assert len(page(long)) < 600_000


def test_the_environment_is_told_in_both_languages(result: Result) -> None:
    known = result.model_copy(update={"environment": {"memory": "8 GiB", "of old": "x"}})

    told = page(known)

    assert '<th scope="row">memory <span lang="zh">内存</span></th><td>8 GiB</td>' in told
    assert '<th scope="row">of old</th>' in told


def test_what_nobody_measured_is_not_drawn_as_zero(result: Result) -> None:
    bare = tuple(
        each.model_copy(
            update={"event_lag_p50_us": None, "event_lag_p99_us": None, "cpu": {}, "queue": None}
        )
        for each in result.seconds
    )
    unmeasured = result.model_copy(update={"seconds": bare})

    drawn = {chart.name: chart.is_empty for chart in charts(unmeasured)}

    assert (drawn["lag"], drawn["cpu"], drawn["rate"]) == (True, True, False)
    assert "was not measured" not in page(result)
    assert "nobody measured it" in page(unmeasured)
    assert "The platform did not say how many commands waited." in page(unmeasured)


def test_a_drill_whose_load_never_began_has_a_page_too(result: Result) -> None:
    empty = result.model_copy(
        update={"seconds": (), "lines": (), "load_s": 0.0, "ruling": Ruling.BROKEN}
    )

    assert "The load never began." in page(empty)


def test_the_page_carries_the_licence_of_what_draws_its_charts(result: Result) -> None:
    text = page(result)

    assert "Copyright (c) 2022 Leon Sorokin" in text
    assert "http" not in text.replace("https://github.com/leeoniya/uPlot", "")


def test_the_report_is_written_again_from_what_the_drill_left(
    result: Result, tmp_path: Path
) -> None:
    write_result(result, tmp_path)

    path = write_again(tmp_path)

    assert path == tmp_path / "report.html"
    assert path.read_text("utf-8") == page(result)


def test_a_folder_without_a_drill_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"drill\.json"):
        write_again(tmp_path)
