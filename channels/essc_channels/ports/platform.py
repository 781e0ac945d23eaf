"""The national platform, its feed, and the authority behind the channel's vouching."""

from collections.abc import AsyncGenerator
from typing import Protocol

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.flow_kinds import Check, FlowKind, Purpose
from essc_channels.core.flow_records import Answer
from essc_channels.core.records import Event, Holding, Link, Person
from essc_channels.ports.asking import (
    Application,
    Ask,
    Consent,
    Head,
    Heartbeat,
    LinkPage,
    NewPassword,
    Question,
    RecordPage,
    Subject,
)
from essc_wire.refusals import Refusal


class NationalPlatform(Protocol):
    """The platform, as flows need it. `request_id` makes a repeat the same request."""

    async def start_challenge(
        self, request_id: str, subject: Subject, purpose: Purpose, check: Check, ask: Ask
    ) -> Question | Refusal: ...

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

    async def raise_level(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal: ...

    async def lower_level(
        self, request_id: str, link: tuple[str, int], ask: Ask
    ) -> Link | Refusal: ...

    async def allow_while_lost(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask
    ) -> Link | Refusal: ...

    async def is_consent_to_loss(self, ask: Ask) -> bool:
        """The national policy for lost cards: may holders open one link (R3)? No if unknown."""

    async def change_password(
        self, request_id: str, kind: FlowKind, new: NewPassword, ask: Ask
    ) -> Refusal | None:
        """Sets, changes or resets it, as the kind of the flow says."""

    async def get_card(
        self, link_id: str, ask: Ask, *, timeout_s: float | None = None
    ) -> Holding | Refusal: ...

    async def list_records(
        self, link_id: str, page_size: int, page_token: str, ask: Ask, *, face_proof: str = ""
    ) -> RecordPage | Refusal:
        """A page of the own record; with a proof, with the names of all channels."""


class Feed(Protocol):
    """The platform's feed of events, as the shadow copy needs it."""

    def watch(self, cursor: str) -> AsyncGenerator[Event | Heartbeat | Refusal, None]:
        """Events after a cursor, for as long as the stream lasts; a refusal ends it."""

    async def head(self, ask: Ask, *, timeout_s: float | None = None) -> Head | Refusal:
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
