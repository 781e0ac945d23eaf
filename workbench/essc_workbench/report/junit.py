"""junit.xml: one test case for each judge and each expectation, as build servers read it."""

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.report.verdicts import Verdict
from essc_workbench.report.words import IDLE

_TEXT_MAX = 4000


def junit(verdict: Verdict) -> JUnitXml:
    """A verdict as a test suite."""
    suite = TestSuite(verdict.scenario)
    suite.add_property("seed", str(verdict.seed))
    suite.add_property("replay", verdict.replay)
    for each in verdict.expectations:
        case = TestCase(f"step {each.step}: {each.about}"[:300], f"{verdict.scenario}.expectations")
        if not each.is_met:
            told = f"expected {each.expected}, seen {each.seen}"
            case.result = [Failure(told[:_TEXT_MAX], "expectation")]
        suite.add_testcase(case)
    for finding in verdict.findings:
        suite.add_testcase(_judged(verdict, finding))
    if verdict.is_idle:
        case = TestCase("something was played", f"{verdict.scenario}.steps")
        case.result = [Error(IDLE.en, Ruling.UNKNOWN.value)]
        suite.add_testcase(case)
    if verdict.failure:
        case = TestCase("the workbench itself", f"{verdict.scenario}.workbench")
        case.result = [Error(verdict.failure[:_TEXT_MAX], "failure")]
        suite.add_testcase(case)
    suite.time = round(verdict.took_s, 3)
    suite.timestamp = verdict.start_time
    file = JUnitXml("essc")
    file.add_testsuite(suite)
    return file


def _judged(verdict: Verdict, finding: Finding) -> TestCase:
    case = TestCase(f"judge {finding.judge}", f"{verdict.scenario}.judges")
    told = "; ".join(each.text.en for each in finding.violations) or "; ".join(
        each.en for each in finding.notes
    )
    if finding.ruling is Ruling.BROKEN:
        case.result = [Failure(told[:_TEXT_MAX], finding.ruling.value)]
    elif finding.ruling is Ruling.UNKNOWN:
        case.result = [Error(told[:_TEXT_MAX], finding.ruling.value)]
    elif finding.ruling is Ruling.NOT_JUDGED:
        case.result = [Skipped(", ".join(finding.not_judged)[:_TEXT_MAX] or told[:_TEXT_MAX])]
    return case
