"""What the channel asks of others, in the channel's own words.

Two parties stand outside: the national platform, and the authority behind what this channel vouches
for. The wire speaks to both; the flows and the shadow know only these shapes. An answer is a value
or a `Refusal`. Whoever cannot be reached, or does not answer in time, is the refusal
PLATFORM_UNREACHABLE or AUTHORITY_UNREACHABLE: the outcome is open, and the same request id is the
way to find out.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.flow_records import Answer, Check, FlowKind
from essc_channels.core.records import Event, Holding, Instant, Link, Person, Words
from essc_wire.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """On whose behalf a call is made: how long it may take, and the trace it belongs to."""

    end: float
    """When the caller must have its answer, on the monotonic clock."""
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is to be authenticated: a person, or the holder of a link."""

    person: Person | None = None
    link_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A challenge of the platform, or a check of the authority."""

    number: str
    expire_time: Instant | None = None
    tries_left: int = 0
    masked_phone: str = ""
    actions: tuple[int, ...] = ()
    digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The platform's current consent text."""

    version: str
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """One thing that changed, as the platform names it."""

    kind: str
    place: str
    record_time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """One page of the own record."""

    lines: tuple[RecordLine, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """One page of the channel's own links."""

    holdings: tuple[Holding, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of the feed: everything up to here has been sent."""

    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What applying takes."""

    identity_proof: str = field(repr=False)
    face_proof: str = field(repr=False)
    consent_version: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """What setting, changing and resetting the password take."""

    link_id: str
    proofs: tuple[str, ...] = field(repr=False)
    password: str = field(repr=False)


class NationalPlatform(Protocol):
    """The platform, as flows need it. `request_id` makes a repeat the same request."""

    async def start_challenge(
        self, request_id: str, subject: Subject, kind: FlowKind | None, check: Check, ask: Ask
    ) -> Question | Refusal:
        """Starts a check for a flow; for finding the own link where there is no flow."""

    async def answer_challenge(
        self, request_id: str, challenge_id: str, answer: Answer | None, ask: Ask
    ) -> str | Refusal:
        """The proof. No answer means: the channel vouches."""

    async def get_consent(self, ask: Ask) -> Consent | Refusal: ...

    async def apply(
        self, request_id: str, application: Application, ask: Ask
    ) -> Holding | Refusal: ...

    async def find_link(self, person: Person, proof: str, ask: Ask) -> Link | Refusal: ...

    async def accept_delivery(
        self, request_id: str, link: tuple[str, int], proof: str, consent_version: str, ask: Ask
    ) -> Holding | Refusal: ...

    async def decline_delivery(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal: ...

    async def unlink(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal: ...

    async def change_password(
        self, request_id: str, kind: FlowKind, new: NewPassword, ask: Ask
    ) -> Refusal | None:
        """Sets, changes or resets it, as the kind of the flow says."""

    async def get_card(
        self, link_id: str, ask: Ask, *, timeout_s: float | None = None
    ) -> Holding | Refusal: ...

    async def list_records(
        self, link_id: str, page_size: int, page_token: str, ask: Ask
    ) -> RecordPage | Refusal: ...


class Feed(Protocol):
    """The platform's feed of events, as the shadow copy needs it."""

    def watch(self, cursor: str) -> AsyncGenerator[Event | Heartbeat | Refusal, None]:
        """Events after a cursor, for as long as the stream lasts; a refusal ends it."""

    async def head(self, ask: Ask, *, timeout_s: float | None = None) -> str | Refusal:
        """The cursor after which there is nothing yet."""

    async def list_links(self, page_token: str, ask: Ask) -> LinkPage | Refusal: ...


class Vouching(Protocol):
    """The authority behind what this channel vouches for."""

    async def get_person(self, account: str, ask: Ask) -> Person | Refusal: ...

    async def start_vouch(
        self, request_id: str, account: str, kind: VouchKind, ask: Ask
    ) -> Question | Refusal: ...

    async def answer_vouch(
        self, request_id: str, vouch_id: str, answer: str, ask: Ask
    ) -> Refusal | None:
        """Nothing if it passed; VOUCHING_FAILED with the tries left if not."""
