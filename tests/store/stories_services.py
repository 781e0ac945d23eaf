"""Services and settlement in the stories of the store: what is there before, and what is wished.

Each citizen has used the library once, through the bank, and has three orders of a clinic: one is
open, one is settling, one is settled.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from essc_platform.core.catalogue import CloseService, OpenService
from essc_platform.core.commands import Command
from essc_platform.core.orders import OrderUse, Refund
from essc_platform.core.payments import NoteTransfer, Pay, SetPasswordFree
from essc_platform.core.records import (
    Change,
    CitizenKey,
    Instant,
    Level,
    Order,
    OrderState,
    Outcome,
    Party,
    PartyKind,
    PasswordFree,
    Service,
    Ticket,
)
from essc_platform.core.tickets import CloseUse, IssueTicket, RedeemTicket
from essc_platform.core.times import china_day

TICKET, USE = 700, 701
ORDER, SETTLING, SETTLED = 710, 711, 712
REGION = "320600"
FAR = 1 << 60

KINDS = (
    "ticket",
    "redeem",
    "close",
    "order",
    "pay",
    "pay freely",
    "bank",
    "refund",
    "free",
    "library",
)


def parties_and_catalogue(at: Instant) -> list[Change]:
    clinic = Party(
        key="clinic",
        kind=PartyKind.PROVIDER,
        display_name="诊所",
        regions=(),
        register_time=at,
        service_ids=("library",),
    )
    library = Service(
        key="library",
        name_zh="图书借阅",
        name_en="Library",
        needed_level=Level.QUERY,
        regions=(REGION,),
        is_open_everywhere=False,
    )
    return [clinic, library]


def of_citizen(key: CitizenKey, at: Instant) -> list[Change]:
    ticket = Ticket(
        citizen=key,
        number=TICKET,
        channel="bank",
        serial=1,
        binding=None,
        service_id="library",
        issue_time=at,
        expire_time=FAR,
    )
    use = Ticket(
        citizen=key,
        number=USE,
        channel="bank",
        serial=1,
        binding=None,
        service_id="library",
        issue_time=at,
        expire_time=FAR,
        provider="clinic",
        redeem_time=at,
    )
    order = Order(
        citizen=key,
        number=ORDER,
        provider="clinic",
        channel="bank",
        serial=1,
        insurance_fen=7_000,
        own_fen=3_000,
        create_time=at,
        expire_time=FAR,
        state=OrderState.OPEN,
        state_time=at,
    )
    paid = replace(order, step=1, bank_id="bank-east", pay_time=at)
    free = PasswordFree(
        citizen=key, channel="bank", serial=1, is_on=True, day=china_day(at), spent_fen=95_000
    )
    return [
        ticket,
        use,
        order,
        replace(paid, number=SETTLING, state=OrderState.SETTLING),
        replace(paid, number=SETTLED, state=OrderState.SETTLED, step=2),
        free,
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Who wishes something through which link, and when; `variant` says how rightly."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    variant: int
    fresh: int
    pay_proof: tuple[int, int, int]
    free_proof: tuple[int, int, int]


def makers(here: Here) -> dict[str, Callable[[], Command]]:
    """The commands of the kinds, each made when it is wished for."""
    at, channel, citizen = here.at, here.channel, here.citizen
    is_even = here.variant % 2 == 0

    def pay(proof: tuple[int, int, int] | None) -> Pay:
        return Pay(
            at=at,
            channel=channel,
            citizen=citizen,
            link_number=here.link_number,
            order=(*citizen, ORDER),
            proof=proof,
        )

    return {
        "ticket": lambda: IssueTicket(
            at=at,
            channel=channel,
            citizen=citizen,
            link_number=here.link_number,
            binding=None,
            service_id="library" if is_even else "balloon",
            new_number=here.fresh,
        ),
        "redeem": lambda: RedeemTicket(
            at=at,
            provider="clinic",
            citizen=citizen,
            number=TICKET,
            channel="bank",
            binding=None,
        ),
        "close": lambda: CloseUse(
            at=at,
            provider="clinic",
            citizen=citizen,
            number=USE if is_even else TICKET,
            outcome=Outcome.DONE,
        ),
        "order": lambda: OrderUse(
            at=at,
            provider="clinic",
            citizen=citizen,
            use_number=USE if is_even else TICKET,
            channel="bank",
            insurance_fen=0,
            own_fen=1,
            new_number=here.fresh,
        ),
        "pay": lambda: pay(here.pay_proof),
        "pay freely": lambda: pay(None),
        "bank": lambda: NoteTransfer(
            at=at,
            citizen=citizen,
            order_number=SETTLING if here.variant < 2 else ORDER,
            step=1,
            is_moved=is_even,
        ),
        "refund": lambda: Refund(at=at, provider="clinic", citizen=citizen, order_number=SETTLED),
        "free": lambda: SetPasswordFree(
            at=at,
            channel=channel,
            citizen=citizen,
            link_number=here.link_number,
            serial=1 + here.variant // 2,
            is_on=is_even,
            proof=here.free_proof,
        ),
        "library": lambda: (OpenService if is_even else CloseService)(
            at=at, service_id="library" if here.variant < 2 else "balloon", region=REGION
        ),
    }
