"""What steps say of how they end, of the things they keep, and of what they do not tell."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.protobuf.message import Message

from essc.card.v1.card_pb2 import Link
from essc.card.v1.card_service_pb2 import ListLinksResponse
from essc.channel.v1.channel_pb2 import FLOW_KIND_SHOW_CARD, FLOW_KIND_UNLINK, Panel
from essc_wire.client import CallOptions, Peer
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.inboxes import NoMessageError
from essc_workbench.scenarios.arguments import WrongArgument
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import end_of
from essc_workbench.scenarios.steps.calls import Call, Flood, all_of, how_often
from essc_workbench.scenarios.steps.clocks import Advance
from essc_workbench.scenarios.steps.counters import Bill, CheckCode
from essc_workbench.scenarios.steps.expectations import ExpectPanel, panel_facts
from essc_workbench.scenarios.steps.phones import counted
from essc_workbench.scenarios.steps.raw import Sent
from essc_workbench.scenarios.steps.references import end_as, filled, kept, reached
from essc_workbench.scenarios.steps.scans import ScanAt
from essc_workbench.scenarios.steps.walks import Apply
from essc_workbench.scenarios.things import Things
from essc_workbench.scenarios.unmet import Unmet


class Seeing:
    """A stage on which nothing happens, and everything expected is noted."""

    def __init__(self) -> None:
        self.things = Things()
        self.seen: list[tuple[str, object, object]] = []
        self.people = {"ma": SimpleNamespace(id="ma", name="马安", id_number="9900", phone="111")}

    def expect(
        self, about: str, expected: object, seen: object, *, is_met: bool | None = None
    ) -> None:
        self.seen.append((about, expected, seen))
        if not (expected == seen if is_met is None else is_met):
            raise Unmet(expected, seen, about=about)

    def citizen(self, alias: str) -> object:
        if alias not in self.people:
            raise UsageError(f"no citizen {alias}")
        return SimpleNamespace(persona=self.people[alias])

    def as_stage(self) -> Stage:
        return cast("Stage", self)


def applying(**fields: Any) -> Apply:
    return Apply(citizen="ma", channel="wechat", **fields)


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({}, "completed"),
        ({"refused": "PHYSICAL_CARD_LOST"}, "refused: PHYSICAL_CARD_LOST"),
        ({"refused": ("PHYSICAL_CARD_LOST", "IDENTITY_MISMATCH")}, "refused: IDENTITY_MISMATCH"),
        ({"refused": "PLATFORM_UNREACHABLE"}, "unknown: PLATFORM_UNREACHABLE"),
        ({"outcome": "refused"}, "refused: LINK_EXISTS"),
        ({"outcome": "unknown"}, "unknown: UNAVAILABLE"),
        ({"outcome": "stuck"}, "stuck"),
        ({"outcome": "any"}, "unknown: INTERNAL"),
    ],
)
def test_an_end_that_the_step_says_is_met(fields: dict[str, Any], seen: str) -> None:
    stage = Seeing()

    applying(**fields).expect_end(stage.as_stage(), "applying", seen)

    assert len(stage.seen) == (fields.get("outcome") != "any")


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({}, "refused: PHYSICAL_CARD_LOST"),
        ({}, "open"),
        ({"refused": "PHYSICAL_CARD_LOST"}, "completed"),
        ({"refused": "PHYSICAL_CARD_LOST"}, "refused: PHYSICAL_CARD_LOCKED"),
        ({"outcome": "refused"}, "unknown: UNAVAILABLE"),
        ({"outcome": "unknown"}, "completed"),
    ],
)
def test_another_end_is_not_met(fields: dict[str, Any], seen: str) -> None:
    stage = Seeing()

    with pytest.raises(Unmet):
        applying(**fields).expect_end(stage.as_stage(), "applying", seen)


async def test_a_text_message_that_does_not_come_leaves_a_person_stuck() -> None:
    async def wait() -> None:
        raise NoMessageError("none came")

    assert await end_of(wait) == ("stuck", None)


def test_a_reason_that_nobody_knows_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(WrongArgument, match="no reason 'PHYSICAL_CARD_LOOST'"):
        applying(refused="PHYSICAL_CARD_LOOST")


def test_a_step_is_not_both_refused_with_a_reason_and_unknown() -> None:
    with pytest.raises(WrongArgument, match="it cannot both"):
        applying(refused="LINK_EXISTS", outcome="unknown")


def test_mistakes_are_one_several_or_counted() -> None:
    assert counted("other-face") == {"other-face": 1}
    assert counted(("other-face", "wrong-code")) == {"other-face": 1, "wrong-code": 1}
    assert counted({"wrong-code": 3}) == {"wrong-code": 3}


def test_names_in_a_request_stand_for_things_and_for_people() -> None:
    stage = Seeing()
    link = Link(link_id="9f", serial=2, state=Link.STATE_ACTIVE)
    stage.things.keep("links", ListLinksResponse(items=[ListLinksResponse.Item(link=link)]))
    stage.things.keep("code", "ESSC")

    request = filled(
        stage.as_stage(),
        {
            "link_id": "$links.items.0.link.link_id",
            "serial": "$links.items.0.link.serial",
            "state": "$links.items.0.link.state",
            "parts": ["$code", "$$code", "plain", 7],
            "name": "$ma.name",
        },
    )

    assert request == {
        "link_id": "9f",
        "serial": 2,
        "state": "STATE_ACTIVE",
        "parts": ["ESSC", "$code", "plain", 7],
        "name": "马安",
    }


@pytest.mark.parametrize(
    "path", ["links.items.1.link.link_id", "links.items.0.link", "links.nothing", "ma.password"]
)
def test_a_name_that_leads_nowhere_is_the_files_mistake(path: str) -> None:
    stage = Seeing()
    stage.things.keep("links", ListLinksResponse(items=[ListLinksResponse.Item(link=Link())]))

    with pytest.raises(UsageError):
        filled(stage.as_stage(), f"${path}")


def test_a_list_can_be_counted_and_bytes_travel_as_text() -> None:
    answer = ListLinksResponse(items=[ListLinksResponse.Item(), ListLinksResponse.Item()])

    assert reached(answer, "items.count") == 2
    assert reached(b"\x01\x02", "") == "AQI="


def test_a_thing_of_another_kind_is_not_taken() -> None:
    stage = Seeing()
    stage.things.keep("code", "ESSC")

    with pytest.raises(UsageError, match="is no order"):
        kept(stage.as_stage(), "code", Link, "order")


def test_a_steps_line_tells_no_password_no_code_and_nothing_that_admits() -> None:
    request = {"proof": "0123", "serial": 2, "link_id": "$links.items.0.link.link_id"}

    lines = [
        applying(password="258036").told(),
        CheckCode(text="ESSC-SECRET").told(),
        Call(by="wechat", method="Unlink", request=request).told(),
    ]

    assert not any(secret in line for secret in ("258036", "SECRET", "0123") for line in lines)
    assert "$links.items.0.link.link_id" in lines[2]
    assert "serial: 2" in lines[2]


@pytest.mark.parametrize("method", ["ListRecord", "WatchEvents", "ListRecords"])
def test_a_method_that_is_unknown_a_stream_or_two_is_the_files_mistake(method: str) -> None:
    with pytest.raises(UsageError, match=method):
        Call(method=method).found()


def test_a_method_is_found_by_its_name_its_service_or_its_path() -> None:
    names = ("IssueCode", "CodeService/IssueCode", "essc.code.v1.CodeService/IssueCode")

    assert {Call(method=name).found().path for name in names} == {names[2]}


def test_a_flood_and_what_is_sent_at_once_are_bounded() -> None:
    with pytest.raises(WrongArgument):
        Flood(method="ListLinks", count=2001)
    with pytest.raises(WrongArgument):
        Call(method="ListLinks", at_once=201)


class Noted(Sent):
    """A call that goes nowhere, and says how long it would have waited."""

    async def again(self, options: CallOptions) -> Message:
        WAITED.append(options["timeout"])
        return ListLinksResponse()


WAITED: list[float | None] = []


@pytest.mark.parametrize(("at_once", "waits_s"), [(1, 5.0), (2, 60.0)])
async def test_a_call_that_is_one_of_many_at_once_waits_for_those_before_it_as_well(
    at_once: int, waits_s: float
) -> None:
    WAITED.clear()
    peer = Peer("127.0.0.1:1")
    call = Noted(peer, Call(method="ListLinks").found(), b"", ())

    ends = await all_of([call, call], at_once)
    await peer.close()

    assert [end for end, _ in ends] == ["completed", "completed"]
    assert [waits_s, waits_s] == WAITED


class Clocked:
    """A stage whose platform's clock stands at noon, and notes by how much it is moved."""

    def __init__(self) -> None:
        self.things, self.powers, self.moved = Things(), self, timedelta(0)

    async def time(self, party: str) -> datetime:
        assert party == "platform"
        return NOON

    async def advance(self, party: str, by: timedelta) -> None:
        assert party == "platform"
        self.moved += by


NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "moved_s"),
    [
        (Advance(by=timedelta(seconds=59)), 59),
        (Advance(end_of="code"), 50),
        (Advance(end_of="code", before=timedelta(seconds=1)), 49),
        (Advance(end_of="code", after=timedelta(seconds=1)), 51),
    ],
)
async def test_a_clock_moves_to_the_end_of_a_code_whatever_has_passed_since(
    step: Advance, moved_s: float
) -> None:
    stage = Clocked()
    stage.things.keep("code", "ESSC-1")
    stage.things.keep(end_as("code"), NOON + timedelta(seconds=50))

    await step.play(cast(Stage, stage))

    assert stage.moved == timedelta(seconds=moved_s)


async def test_a_clock_does_not_go_back_to_the_end_of_a_code() -> None:
    stage = Clocked()
    stage.things.keep("code", "ESSC-1")
    stage.things.keep(end_as("code"), NOON)

    with pytest.raises(UsageError, match="the moment by the end of code is over"):
        await Advance(end_of="code").play(cast(Stage, stage))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"by": timedelta(seconds=1), "end_of": "code"},
        {"by": timedelta(seconds=1), "before": timedelta(seconds=1)},
        {"end_of": "code", "before": timedelta(seconds=1), "after": timedelta(seconds=1)},
    ],
)
def test_a_clock_moves_in_one_way(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongArgument):
        Advance(**wrong)


async def next_seen(scan: ScanAt, stage: Stage) -> str:
    return SEEN.pop(0)


SEEN: list[str] = []
"""What scans give one after the other; nothing where it came too late to tell."""
SCAN: dict[str, Any] = {
    "citizen": "ma",
    "channel": "wechat",
    "before": timedelta(seconds=1),
    "verdict": "valid",
}


@pytest.mark.parametrize("late", [0, 9])
async def test_a_scan_that_came_too_late_to_tell_is_made_again(
    late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScanAt, "_scanned", next_seen)
    SEEN[:] = [*[""] * late, "valid", "not asked"]
    stage = Seeing()

    await ScanAt(**SCAN).play(cast(Stage, stage))

    assert stage.seen == [("ma in wechat: scan_at: the verdict", "valid", "valid")]
    assert SEEN == ["not asked"]


async def test_a_scan_in_time_is_not_made_again_whatever_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ScanAt, "_scanned", next_seen)
    SEEN[:] = ["expired", "valid"]

    with pytest.raises(Unmet):
        await ScanAt(**SCAN).play(cast(Stage, Seeing()))


async def test_a_machine_on_which_no_scan_is_in_time_fails_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ScanAt, "_scanned", next_seen)
    SEEN[:] = [""] * 10

    with pytest.raises(WorkbenchError, match="no code was scanned in time, 10 times"):
        await ScanAt(**SCAN).play(cast(Stage, Seeing()))


@pytest.mark.parametrize("wrong", [{"before": None}, {"after": timedelta(seconds=1)}])
def test_a_scan_is_before_or_after_the_end(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongArgument):
        ScanAt(**(SCAN | wrong))


def test_of_several_answers_it_is_counted_which_hold_what() -> None:
    answers = [Link(state=Link.STATE_ACTIVE), Link(state=Link.STATE_UNLINKED), Link(serial=2)]

    assert how_often([*answers], "serial") == {"0": 2, "2": 1}
    assert how_often([*answers[:2]], "state") == {"STATE_ACTIVE": 1, "STATE_UNLINKED": 1}


def test_a_code_is_named_or_written_out_and_an_order_stands_on_one_thing() -> None:
    for build in (CheckCode, Bill):
        with pytest.raises(WrongArgument):
            build()
    with pytest.raises(WrongArgument):
        CheckCode(code="code", text="ESSC")


def test_of_a_panel_only_what_was_asked_is_compared() -> None:
    asked = ExpectPanel(
        citizen="ma", channel="wechat", state="blocked", offers="unlink", hides="show_card"
    )
    panel = Panel(
        state=Panel.STATE_BLOCKED,
        reason="PHYSICAL_CARD_LOST",
        offered_flows=[FLOW_KIND_UNLINK, FLOW_KIND_SHOW_CARD],
    )

    seen = panel_facts(panel, asked)

    assert seen["state"] == "blocked"
    assert seen["reason"] == "some"
    assert seen["offers unlink"] is True
    assert seen["offers show_card"] is True
    assert seen["first"] == "unlink"
