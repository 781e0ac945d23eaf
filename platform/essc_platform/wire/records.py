"""RecordService: the holder's own record."""

from essc.record.v1 import record_service_pb2 as pb
from essc_platform.core import full_views
from essc_platform.core.full_views import ViewFully
from essc_platform.core.records import CitizenKey, Entry, Proof
from essc_platform.core.snapshot import one
from essc_platform.store.gateway import load
from essc_platform.store.views import entries_before, held
from essc_platform.wire.front import Front, PlatformCall, refusal
from essc_wire.refusals import Refusal
from essc_wire.times import to_timestamp

PAGE = 5
PAGE_MAX = 100

_NEWEST = (1 << 63) - 1


class RecordServicer:
    """essc.record.v1.RecordService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def ListRecords(
        self, request: pb.ListRecordsRequest, call: PlatformCall
    ) -> pb.ListRecordsResponse | Refusal:
        channel = call.caller.party_id
        citizen, number = self._vault.read_id(request.link_id)
        found = await self._front.read(held, citizen, channel)
        if found is None or found.number != number:
            return Refusal("LINK_NOT_FOUND")
        if not found.is_active:
            return Refusal("LINK_NOT_ACTIVE")
        if request.face_proof:
            refused = await self._full_view_refusal(call, citizen, request.face_proof)
            if refused is not None:
                return refused
        before = _NEWEST
        if request.page_token:
            place = self._vault.read_cursor(_scope(channel, request.link_id), request.page_token)
            if place is None:
                return Refusal("PAGE_TOKEN_INVALID")
            before = place
        size = min(request.page_size or PAGE, PAGE_MAX)
        # One more than asked for tells whether there is another page.
        ahead = await self._front.read(entries_before, citizen, before, size + 1)
        entries = ahead[:size]
        token = ""
        if len(ahead) > size:
            token = self._vault.write_cursor(_scope(channel, request.link_id), entries[-1][0])
        shown = [_shown(entry, channel) for _, entry in entries]
        if request.face_proof:
            for record, (_, entry) in zip(shown, entries, strict=True):
                record.channel_name = self._name(entry.channel)
        return pb.ListRecordsResponse(records=shown, next_page_token=token)

    async def _full_view_refusal(
        self, call: PlatformCall, citizen: CitizenKey, face_proof: str
    ) -> Refusal | None:
        """Why this channel may not show all names to this holder now; None if it may."""
        caller = call.caller
        assert caller.channel is not None, "the service is for channels"
        query = ViewFully(at=self._front.clock.now(), channel=caller.party_id, citizen=citizen)
        key = self._front.proof_key(face_proof)
        reads = frozenset({one(Proof, key)})
        proof = (await self._front.read(load, reads)).view(reads).one(Proof, key)
        refused = full_views.refusal(query, caller.channel, proof)
        return None if refused is None else refusal(refused)

    def _name(self, channel: str) -> str:
        caller = self._front.directory.caller(channel)
        return "" if caller is None else caller.display_name


def _scope(channel: str, link_id: str) -> str:
    """A page token is good for this channel and this link only."""
    return f"records:{channel}:{link_id}"


def _shown(entry: Entry, channel: str) -> pb.Record:
    """R93: what and when, and where only if it was this channel, or came of its link."""
    place = entry.place.value
    if entry.channel not in ("", channel):
        place = pb.Record.PLACE_ANOTHER_CHANNEL
    return pb.Record(
        kind=int(entry.kind),  # type: ignore[arg-type]
        record_time=to_timestamp(entry.at),
        place=place,  # type: ignore[arg-type]
    )
