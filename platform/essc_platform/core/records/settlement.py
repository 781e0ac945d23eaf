"""Orders and their settlement (结算). All amounts are whole fen (分)."""

from dataclasses import dataclass
from enum import Enum, IntEnum

from essc_platform.core.records.keys import CitizenKey, Instant


class OrderState(IntEnum):
    """Of an order; numbers as in the contract."""

    OPEN = 1
    SETTLING = 2
    SETTLED = 3
    UNPAID = 4
    REFUNDING = 5
    REFUNDED = 6
    ENDED = 7
    """Never stored: it follows from the link and the time, see `orders.state_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a provider asks of a holder, to be paid in one channel (R62)."""

    citizen: CitizenKey
    number: int
    provider: str
    channel: str
    serial: int
    """Of the link through which the ticket or the code came."""
    insurance_fen: int
    own_fen: int
    create_time: Instant
    expire_time: Instant
    state: OrderState
    state_time: Instant
    step: int = 0
    """How many times money was booked: names the bank's transfer, and grows with every step."""
    bank_id: str = ""
    """Where the money comes from, and goes back to."""
    pay_time: Instant | None = None
    settle_time: Instant | None = None
    refund_time: Instant | None = None
    is_password_free: bool = False

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)

    @property
    def is_at_bank(self) -> bool:
        """Whether the bank has to be asked."""
        return self.state in (OrderState.SETTLING, OrderState.REFUNDING)

    @property
    def total_fen(self) -> int:
        return self.insurance_fen + self.own_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordFree:
    """Small password-free payment in one channel, and what it has taken on one day in China."""

    citizen: CitizenKey
    channel: str
    serial: int
    """It is on for the link of this serial only."""
    is_on: bool
    day: int
    spent_fen: int

    @property
    def key(self) -> tuple[int, int, str]:
        return (*self.citizen, self.channel)


class Account(Enum):
    """Whose money a posting moves."""

    HOLDER = "holder"
    FUND = "fund"
    CLEARING = "clearing"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of the double-entry books: what one step of an order did to one account."""

    citizen: CitizenKey
    order: int
    step: int
    account: Account
    party: str
    """Which provider; or through which bank."""
    amount_fen: int
    at: Instant

    @property
    def key(self) -> tuple[int, int, int, int, str]:
        return (*self.citizen, self.order, self.step, self.account.value)
