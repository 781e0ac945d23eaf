"""The judge of family places sees an eleventh, a fifth binder, and a binding of one side."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.judges.telling import Telling, link, platform, time

from essc.family.v1 import family_pb2
from essc.lab.v1 import audit_platform_pb2 as rows
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.places import Places

PARENT, CHILD, SPOUSE, OTHER = (
    family_pb2.RELATION_PARENT,
    family_pb2.RELATION_CHILD,
    family_pb2.RELATION_SPOUSE,
    family_pb2.RELATION_OTHER,
)
ALL_TEN = (PARENT,) * 4 + (CHILD,) * 3 + (SPOUSE,) + (OTHER,) * 2


def bound(
    number: int,
    relation: Any = PARENT,
    *,
    holder: str = "zhang",
    member: str = "",
    ended: float = 0,
) -> list[rows.AuditBinding]:
    """A binding on both sides, begun at that second."""
    own = rows.AuditBinding(
        holder=holder,
        member=member or f"member-{number}",
        binding_key=f"binding-{number}",
        relation=relation,
        add_time=time(number),
        end_time=time(ended) if ended else None,
    )
    mirrored = rows.AuditBinding(is_on_members_side=True)
    mirrored.MergeFrom(own)
    return [own, mirrored]


def found(*bindings: Sequence[rows.AuditBinding], told: Telling | None = None) -> Finding:
    lists: dict[str, Any] = {
        "bindings": [row for both in bindings for row in both],
        "links": [link("wechat")],
    }
    evidence = (told or Telling()).evidence({"platform": platform(**lists)})
    return Places().judge(evidence)


@pytest.mark.rule("R40")
def test_ten_places_are_good_and_an_eleventh_is_not() -> None:
    ten = [bound(number, relation) for number, relation in enumerate(ALL_TEN, start=1)]

    good, broken = found(*ten), found(*ten, bound(11, PARENT, ended=12))

    assert good.ruling is Ruling.GOOD
    assert [each.citizen for each in broken.violations] == ["zhang"]
    assert broken.violations[0].text.en == "11 places used, of 10; too many: PARENT 5/4"


def test_a_place_that_was_given_back_is_still_used() -> None:
    spouses = (bound(1, SPOUSE, ended=2), bound(3, SPOUSE))

    assert found(*spouses).ruling is Ruling.BROKEN


@pytest.mark.rule("R42")
def test_four_binders_at_a_time_are_good_and_five_are_not() -> None:
    four = [bound(n, holder=f"holder-{n}", member="li") for n in range(1, 5)]
    after = bound(9, holder="holder-9", member="li")
    four[0] = bound(1, holder="holder-1", member="li", ended=9)

    good = found(*four, after)
    broken = found(*four, bound(8, holder="holder-8", member="li"))

    assert good.ruling is Ruling.GOOD
    assert [each.text.en for each in broken.violations] == ["5 binders at one time, of 4"]


@pytest.mark.parametrize("side", [0, 1])
def test_a_binding_that_only_one_side_has_is_broken(side: int) -> None:
    assert found([bound(1)[side]]).ruling is Ruling.BROKEN


def test_a_binding_that_ended_on_one_side_only_is_broken() -> None:
    own, _ = bound(1, ended=5)
    _, mirrored = bound(1)

    finding = found([own, mirrored])

    assert [each.text.en for each in finding.violations] == [
        "a binding is not the same on both sides"
    ]


def test_nobody_is_bound_twice_at_once_nor_to_oneself() -> None:
    twice = found(bound(1, member="li"), bound(2, member="li"))
    again = found(bound(1, member="li", ended=2), bound(3, member="li"))
    oneself = found(bound(1, member="zhang"))

    assert [each.ruling for each in (twice, again, oneself)] == ["broken", "good", "broken"]


def test_no_answer_says_that_eleven_places_are_used() -> None:
    told = Telling()
    used = {"places.0.used": 9, "places.1.used": 2, "places.0.total": 4}
    told.call("wechat", "GetPlaces", {}, used, request_id="")

    assert found(told=told).ruling is Ruling.BROKEN


def test_eleven_members_that_were_acknowledged_are_one_too_many() -> None:
    told = Telling()
    for _ in range(11):
        told.call("wechat", "AddMember", {"link_id": "link-wechat-zhang"})

    (violation,) = found(told=told).violations

    assert (violation.citizen, len(violation.calls)) == ("zhang", 11)
