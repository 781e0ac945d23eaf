"""What is done with a card at the platform: codes, certifications, services, payments."""

from dataclasses import dataclass, field
from typing import Protocol

from essc_channels.core.card_errands import Certification, Code, Order, Service, Use
from essc_channels.core.records import Words
from essc_channels.ports.asking import Ask
from essc_wire.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """For whom something is done: the holder of a link, or a member bound through it."""

    link_id: str
    binding_id: str = ""
    name: Words = field(default=Words("", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationPage:
    """One page of certifications."""

    certifications: tuple[Certification, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One page of orders."""

    orders: tuple[Order, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePage:
    """One page of uses."""

    uses: tuple[Use, ...]
    next_page_token: str


class Errands(Protocol):
    """The platform, as errands need it. `request_id` makes a repeat the same request."""

    async def issue_code(
        self, request_id: str, whose: Bound, device: str, proof: str, ask: Ask
    ) -> Code | Refusal: ...

    async def certify(
        self, request_id: str, whose: Bound, proof: str, ask: Ask
    ) -> tuple[Certification, bool] | Refusal:
        """The certification that counts now, and whether it is new."""

    async def list_certifications(
        self, whose: Bound, page_token: str, ask: Ask
    ) -> CertificationPage | Refusal: ...

    async def list_services(self, ask: Ask) -> tuple[Service, ...] | Refusal:
        """The whole catalogue."""

    async def issue_ticket(
        self, request_id: str, whose: Bound, service_id: str, service: Words, ask: Ask
    ) -> Code | Refusal: ...

    async def list_uses(self, link_id: str, page_token: str, ask: Ask) -> UsePage | Refusal: ...

    async def list_orders(self, link_id: str, page_token: str, ask: Ask) -> OrderPage | Refusal: ...

    async def pay(
        self, request_id: str, link_id: str, order_id: str, proof: str, ask: Ask
    ) -> Order | Refusal: ...

    async def set_password_free(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask, *, enabled: bool
    ) -> Refusal | None: ...
