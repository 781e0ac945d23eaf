"""Everything that a running flow needs, in one value."""

import hashlib
import hmac
import uuid
from dataclasses import dataclass, field

from essc_channels.core.channel_profiles import ChannelProfile
from essc_channels.core.flow_kinds import FlowKind
from essc_channels.core.flow_records import Answer, Flow
from essc_channels.ports import Errands, FamilyDesk, Feed, NationalPlatform, Vouching
from essc_channels.store.database import Database
from essc_wire.clock import PartyClock

_NAMESPACE = uuid.UUID("5e8f3c0e-3b7c-5d0a-9a55-0e55c0de0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The channel, and those it asks."""

    profile: ChannelProfile
    platform: NationalPlatform
    family: FamilyDesk
    errands: Errands
    feed: Feed
    vouching: Vouching
    database: Database
    clock: PartyClock
    digest_key: bytes = field(repr=False)

    def digest(self, *parts: bytes) -> bytes:
        """A keyed digest of a request: it tells the same from another, and nothing else (R92)."""
        keyed = hmac.new(self.digest_key, digestmod=hashlib.sha256)
        for part in parts:
            keyed.update(len(part).to_bytes(8, "big") + part)
        return keyed.digest()

    def flow_id(self, session: str, request_id: str, kind: FlowKind) -> str:
        """The number of the flow that this very request starts: the same when it is repeated."""
        parts = (session.encode(), request_id.encode(), str(int(kind)).encode())
        return self.digest(*parts).hex()[:32]

    def request_id(
        self, flow: Flow, place: tuple[int, int], call: str, answer: Answer | None = None
    ) -> str:
        """The id of a call that a flow makes at (step number, attempt).

        It follows from stored facts alone, and from the answer where the call carries it. So a
        repeat after a lost answer or a restart of the channel is the same request, and another
        answer of the person is another one. The answer goes in as a keyed digest.
        """
        content = ""
        if answer is not None:
            parts = (answer.kind.encode(), answer.text.encode(), answer.capture)
            content = self.digest(*parts).hex()
        number, attempt = place
        return str(uuid.uuid5(_NAMESPACE, f"{flow.flow_id}/{number}/{attempt}/{call}/{content}"))

    def errand_id(self, flow: Flow, number: int, call: str, *parts: str) -> str:
        """The id of a call that makes something as a stage is entered, from what it is made."""
        content = self.digest(*(part.encode() for part in parts)).hex()
        return str(uuid.uuid5(_NAMESPACE, f"{flow.flow_id}/{number}/{call}/{content}"))

    def device(self, account: str, device_id: str) -> str:
        """The phone as the platform may know it: another one for every account (R33, R14)."""
        return self.digest(b"device", account.encode(), device_id.encode()).hex()[:32]
