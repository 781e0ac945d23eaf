from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import NANJING, NANTONG, NOW, SUZHOU, Table, accepted, judge, judge_situation

from essc_platform.core.catalogue import AddService, CloseService, OpenService, ServiceAnswer
from essc_platform.core.catalogue_entries import ENTRIES
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Level, Service

FERRY = Service(
    key="ferry",
    name_zh="轮渡",
    name_en="Ferry",
    needed_level=Level.QUERY,
    regions=(NANJING, NANTONG),
    is_open_everywhere=False,
)
EVERYWHERE = replace(FERRY, regions=(), is_open_everywhere=True)
NOWHERE = replace(FERRY, regions=())
ADD = AddService(
    at=NOW,
    service_id="ferry",
    name_zh="轮渡",
    name_en="Ferry",
    needed_level=Level.QUERY,
    regions=(NANTONG, NANJING),
    is_everywhere=False,
)
OPEN = OpenService(at=NOW, service_id="ferry", region=SUZHOU)
CLOSE = CloseService(at=NOW, service_id="ferry", region=NANTONG)


def now(service: Service, *, changed: bool = True) -> Accepted:
    changes = (service,) if changed else ()
    return Accepted(answer=ServiceAnswer(service=service), changes=changes)


ADDING = Table(
    {"command": ADD, "service": NOWHERE},
    ({}, Rejected(Reason.SERVICE_EXISTS)),
    ({"service": None}, now(FERRY)),
    ({"command": replace(ADD, is_everywhere=True)}, now(EVERYWHERE)),
)
OPENING = Table(
    {"command": OPEN, "service": None},
    ({}, Rejected(Reason.SERVICE_NOT_FOUND)),
    ({"service": FERRY}, now(replace(FERRY, regions=(NANJING, SUZHOU, NANTONG)))),
    ({"command": replace(OPEN, region=NANTONG)}, now(FERRY, changed=False)),
    ({"command": replace(OPEN, region="")}, now(EVERYWHERE)),
    ({"service": EVERYWHERE}, now(EVERYWHERE, changed=False)),
    ({"command": OPEN}, now(EVERYWHERE, changed=False)),
)
CLOSING = Table(
    {"command": CLOSE, "service": None},
    ({}, Rejected(Reason.SERVICE_NOT_FOUND)),
    ({"service": EVERYWHERE}, Rejected(Reason.REQUEST_INVALID)),
    ({"service": FERRY}, now(replace(FERRY, regions=(NANJING,)))),
    ({"command": replace(CLOSE, region=SUZHOU)}, now(FERRY, changed=False)),
    ({"command": replace(CLOSE, region="")}, now(NOWHERE)),
    ({"service": EVERYWHERE}, now(NOWHERE)),
    ({"service": NOWHERE}, now(NOWHERE, changed=False)),
)


@pytest.mark.rule("R60")
@pytest.mark.parametrize(("situation", "decision"), ADDING.rows, ids=ADDING.ids)
def test_adding_a_service(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R60")
@pytest.mark.parametrize(("situation", "decision"), OPENING.rows, ids=OPENING.ids)
def test_opening_a_service(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R60")
@pytest.mark.parametrize(("situation", "decision"), CLOSING.rows, ids=CLOSING.ids)
def test_closing_a_service(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


def test_a_service_that_was_closed_can_be_opened_again() -> None:
    (closed,) = accepted(judge(replace(CLOSE, region=""), FERRY)).changes

    (opened,) = accepted(judge(OPEN, closed)).changes

    assert isinstance(opened, Service)
    assert opened.regions == (SUZHOU,)


@pytest.mark.rule("R60", "R63")
def test_the_first_catalogue_has_sixteen_entries_and_one_that_is_not_open_everywhere() -> None:
    named = {entry.key: entry for entry in ENTRIES}

    assert len(named) == len(ENTRIES) == 16
    assert [key for key, entry in named.items() if not entry.is_open_everywhere] == [
        "medical-settlement"
    ]
    medical = named["medical-settlement"]
    assert medical.is_open_in(NANTONG)
    assert not medical.is_open_in("110100")
    assert named["library"].is_open_in("110100")
    assert {key for key, entry in named.items() if entry.needed_level is Level.PAYMENT} == {
        "medical-settlement",
        "shopping",
        "hotel-check-in",
        "public-transport",
        "tourism",
    }
