"""What judges make of the evidence is made once, however many of them ask."""

from tests.judges.telling import Telling

from essc_workbench.judges import JUDGES
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.requests import requests


def test_what_is_made_of_the_evidence_is_made_once_for_all() -> None:
    made: list[Evidence] = []

    def work(evidence: Evidence) -> int:
        made.append(evidence)
        return len(made)

    evidence = Telling().evidence()

    assert [evidence.shared(work), evidence.shared(work)] == [1, 1]
    assert made == [evidence]


def test_each_run_has_its_own() -> None:
    told = Telling()
    told.call("wechat", "Unlink", {"link_id": "link-1"})

    assert len(requests(told.evidence())) == 1
    assert requests(Telling().evidence()) == ()


def test_judges_leave_to_others_what_they_found_there() -> None:
    told = Telling()
    told.call("wechat", "Unlink", {"link_id": "link-1", "serial": 1}, {"link.serial": 1})
    evidence = told.evidence()

    first = [judge.judge(evidence) for judge in JUDGES]
    again = [judge.judge(evidence) for judge in JUDGES]

    assert again == first
