"""The platform's family service, as flows need it."""

from dataclasses import dataclass, field
from typing import Protocol

from essc_channels.core.card_errands import Binder, Family, Member
from essc_channels.core.flow_records import Draft
from essc_channels.ports.asking import Ask, Consent
from essc_wire.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """What adding a member takes."""

    link_id: str
    password_proof: str = field(repr=False)
    notice_version: str
    relation: int
    draft: Draft = field(repr=False)
    member_proof: str = field(default="", repr=False)


class FamilyDesk(Protocol):
    """Members, binders and places of a holder. `request_id` makes a repeat the same request."""

    async def get_notice(self, ask: Ask) -> Consent | Refusal: ...

    async def add_member(self, request_id: str, new: NewMember, ask: Ask) -> Refusal | None: ...

    async def remove_member(
        self, request_id: str, link_id: str, binding_id: str, proof: str, ask: Ask
    ) -> Refusal | None: ...

    async def leave_binder(
        self, request_id: str, link_id: str, binding_id: str, proof: str, ask: Ask
    ) -> Refusal | None: ...

    async def list_members(
        self, link_id: str, ask: Ask, *, timeout_s: float | None = None
    ) -> tuple[Member, ...] | Refusal:
        """The members, ended bindings too, oldest first."""

    async def list_binders(self, link_id: str, ask: Ask) -> tuple[Binder, ...] | Refusal: ...

    async def get_family(self, link_id: str, ask: Ask) -> Family | Refusal:
        """Members, places and binders."""
