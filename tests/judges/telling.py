"""Small hand-made histories and snapshots, for tests of judges."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from essc.card.v1.card_pb2 import Link
from essc.event.v1.event_pb2 import Event
from essc.lab.v1 import audit_channel_pb2 as channel_rows
from essc.lab.v1 import audit_platform_pb2 as rows
from essc.lab.v1.audit_service_pb2 import ExportHeader, ExportResponse
from essc.registry.v1 import physical_card_pb2
from essc_workbench.history.items import (
    Answered,
    Fact,
    Happened,
    Invoked,
    Item,
    Outcome,
    Seen,
)
from essc_workbench.history.methods import methods
from essc_workbench.history.reading import History
from essc_workbench.judges.findings import Evidence

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOON = int(datetime(2026, 3, 12, 4, tzinfo=UTC).timestamp()) * SECOND
"""Noon in China, when all runs of these tests begin."""
ZHANG, LI = "110000198503120013", "110000198604150028"
PEOPLE = {"zhang": ZHANG, "li": LI}
NORMAL = physical_card_pb2.PHYSICAL_CARD_STATUS_NORMAL
TEMPORARILY_LOST = physical_card_pb2.PHYSICAL_CARD_STATUS_TEMPORARILY_LOST
LOST = physical_card_pb2.PHYSICAL_CARD_STATUS_LOST

OK, REFUSED, UNKNOWN = Outcome.OK, Outcome.REFUSED, Outcome.UNKNOWN


def path_of(method: str) -> str:
    """A method's path by its own name."""
    (found,) = [path for path in methods() if path.endswith(f"/{method}")]
    return found


def time(seconds: float) -> Timestamp:
    """A platform time, that long after noon."""
    return Timestamp(seconds=NOON // SECOND + int(seconds), nanos=int(seconds % 1 * SECOND) * 1000)


def at(seconds: float) -> int:
    """The same as a fact."""
    return NOON + int(seconds * SECOND)


class Telling:
    """A history as it is told: each call a second after the one before, unless said otherwise."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.now_us = 0
        self._calls = 0

    def begin(
        self,
        source: str,
        method: str,
        asked: Any = None,
        *,
        target: str = "platform",
        request_id: str | None = None,
        citizens: tuple[str, ...] = (),
    ) -> int:
        """A call on its way; its number."""
        self._calls += 1
        self.now_us += SECOND
        self.items.append(
            Invoked(
                at_us=self.now_us,
                call=self._calls,
                source=source,
                target=target,
                method=path_of(method),
                request_id=f"request-{self._calls}" if request_id is None else request_id,
                citizens=citizens,
                facts=asked or {},
            )
        )
        return self._calls

    def end(self, call: int, answer: Any = None, outcome: Outcome = OK, reason: str = "") -> None:
        """Its answer."""
        self.now_us += SECOND // 10
        self.items.append(
            Answered(
                at_us=self.now_us, call=call, outcome=outcome, reason=reason, facts=answer or {}
            )
        )

    def call(
        self,
        source: str,
        method: str,
        asked: Any = None,
        answer: Any = None,
        *,
        refused: str = "",
        unknown: bool = False,
        **about: Any,
    ) -> int:
        """A call and its answer."""
        number = self.begin(source, method, asked, **about)
        outcome = REFUSED if refused else UNKNOWN if unknown else OK
        self.end(number, answer, outcome, refused)
        return number

    def seen(self, channel: str, cursor: str, **about: Any) -> None:
        """An event that reached a channel."""
        self.now_us += SECOND // 100
        self.items.append(
            Seen(at_us=self.now_us, channel=channel, cursor=cursor, **({"event_kind": ""} | about))
        )

    def happened(self, what: str, *, step: int = 0, party: str = "", **facts: Fact) -> None:
        """Something that is no call."""
        self.items.append(
            Happened(at_us=self.now_us, what=what, step=step, party=party, facts=facts)
        )

    def evidence(
        self, exports: Mapping[str, ExportResponse] | None = None, **about: Any
    ) -> Evidence:
        """What a judge gets."""
        values: dict[str, Any] = {"channels": ("wechat", "alipay"), "citizens": PEOPLE}
        return Evidence(history=History(self.items), exports=exports or {}, **(values | about))


def platform(*, now: float = 100, **lists: Any) -> ExportResponse:
    """The platform's snapshot: these rows, and two people."""
    people = [rows.AuditCitizen(citizen=name, id_number=each) for name, each in PEOPLE.items()]
    header = ExportHeader(party_id="cn-test", is_platform=True, time=time(now))
    found = ExportResponse(header=header, citizens=people, **lists)
    found.row_count = 1
    return found


def channel(party_id: str = "wechat", **lists: Any) -> ExportResponse:
    """A channel's snapshot."""
    header = ExportHeader(party_id=party_id, time=time(100))
    found = ExportResponse(header=header, **lists)
    found.row_count = 1
    return found


def link(channel_id: str, citizen: str = "zhang", **about: Any) -> rows.AuditLink:
    """An active link since the first second, unless said otherwise."""
    values: dict[str, Any] = {
        "link_id": f"link-{channel_id}-{citizen}",
        "serial": 1,
        "state": Link.STATE_ACTIVE,
        "level": 1,
        "activate_time": time(1),
    }
    return rows.AuditLink(citizen=citizen, channel_id=channel_id, **(values | about))


def event(
    channel_id: str,
    kind: "Event.Kind.ValueType",
    seconds: float,
    *,
    citizen: str = "zhang",
    serial: int = 1,
    **about: Any,
) -> rows.AuditEvent:
    """An event in a channel's feed; its cursor follows from all of it."""
    cursor = f"{channel_id}-{kind}-{seconds}-{citizen}"
    told = Event(
        cursor=cursor,
        kind=kind,
        event_time=time(seconds),
        link=Link(link_id=f"link-{channel_id}-{citizen}", serial=serial),
        **about,
    )
    return rows.AuditEvent(channel_id=channel_id, cursor=cursor, event=told)


def applied(number: int, told: rows.AuditEvent) -> channel_rows.AuditAppliedEvent:
    """An event as a channel has applied it."""
    return channel_rows.AuditAppliedEvent(
        number=number,
        cursor=told.cursor,
        kind=told.event.kind,
        link_id=told.event.link.link_id,
        serial=told.event.link.serial,
        event_time=told.event.event_time,
    )


def shadow(channel_id: str, citizen: str = "zhang", **about: Any) -> channel_rows.AuditShadow:
    """A copy of an active link."""
    values: dict[str, Any] = {
        "link_id": f"link-{channel_id}-{citizen}",
        "serial": 1,
        "state": Link.STATE_ACTIVE,
        "level": 1,
    }
    return channel_rows.AuditShadow(**(values | about))
