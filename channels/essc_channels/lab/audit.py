"""The channel's snapshot for audits: accounts, the copy of its links, applied events, flows."""

from collections.abc import Callable, Iterable, Iterator

from google.protobuf.message import Message

from essc.lab.v1 import audit_channel_pb2 as pb
from essc.lab.v1 import audit_service_pb2
from essc_channels.store.audit import AuditStore
from essc_channels.store.database import Database
from essc_wire.clock import PartyClock
from essc_wire.times import to_timestamp


class ChannelSnapshot:
    """One look at one channel's store."""

    def __init__(self, database: Database, channel_id: str, clock: PartyClock) -> None:
        self._store = AuditStore(database)
        self._channel_id, self._time = channel_id, clock.now()

    def header(self) -> audit_service_pb2.ExportHeader:
        return audit_service_pb2.ExportHeader(
            party_id=self._channel_id, time=to_timestamp(self._time), cursor=self._store.cursor
        )

    def lists(self) -> Iterable[tuple[str, Callable[[], Iterator[Message]]]]:
        yield "accounts", self._accounts
        yield "shadows", self._shadows
        yield "applied_events", self._applied_events
        yield "flows", self._flows

    def close(self) -> None:
        self._store.close()

    def _accounts(self) -> Iterator[Message]:
        for row in self._store.accounts():
            yield pb.AuditAccount(
                account=row.account,
                link_id=row.link_id or "",
                displayed_serial=row.displayed_serial,
            )

    def _shadows(self) -> Iterator[Message]:
        for row in self._store.shadows():
            yield pb.AuditShadow(
                link_id=row.link_id,
                serial=row.serial,
                state=row.link_state,
                level=row.level,
                card_state=row.card_state or 0,  # type: ignore[arg-type]
                physical_card_status=row.physical_card_status or 0,  # type: ignore[arg-type]
                as_of_time=to_timestamp(row.as_of_time),
            )

    def _applied_events(self) -> Iterator[Message]:
        for row in self._store.applied_events():
            yield pb.AuditAppliedEvent(
                number=row.apply_order,
                cursor=row.cursor,
                kind=row.kind,
                link_id=row.link_id,
                serial=row.serial,
                event_time=to_timestamp(row.event_time),
                apply_time=to_timestamp(row.apply_time),
                has_effect=row.has_effect,
            )

    def _flows(self) -> Iterator[Message]:
        for row in self._store.flows():
            yield pb.AuditFlow(
                flow_id=row.flow_id,
                account=row.account,
                kind=row.kind,
                state=row.state,
                reason=row.reason,
            )
