"""Services, tickets and orders for the store: plain ones, and ones with everything in them."""

from dataclasses import replace

from tests.store.stories import NOON, ZHANG

from essc_platform.core.records import (
    Account,
    Change,
    CitizenKey,
    Level,
    Order,
    OrderState,
    Outcome,
    PasswordFree,
    Posting,
    Service,
    Ticket,
)

WIDE = CitizenKey(1023, (1 << 63) - 1)
TAIL = (1 << 48) - 1

LIBRARY = Service(
    key="library",
    name_zh="图书借阅",
    name_en="Library",
    needed_level=Level.QUERY,
    regions=(),
    is_open_everywhere=True,
)
TICKET = Ticket(
    citizen=ZHANG,
    number=700,
    channel="bank",
    serial=1,
    binding=None,
    service_id="library",
    issue_time=NOON,
    expire_time=NOON + 1,
)
ORDER = Order(
    citizen=ZHANG,
    number=800,
    provider="clinic",
    channel="bank",
    serial=1,
    insurance_fen=0,
    own_fen=1,
    create_time=NOON,
    expire_time=NOON + 1,
    state=OrderState.OPEN,
    state_time=NOON,
)
POSTING = Posting(
    citizen=ZHANG,
    order=800,
    step=1,
    account=Account.HOLDER,
    party="bank-east",
    amount_fen=-(10**8),
    at=NOON,
)

RECORDS: list[Change] = [
    LIBRARY,
    Service(
        key="ferry",
        name_zh="轮渡",
        name_en="Ferry",
        needed_level=Level.PAYMENT,
        regions=("320500", "320600"),
        is_open_everywhere=False,
    ),
    TICKET,
    replace(
        TICKET,
        citizen=WIDE,
        number=TAIL,
        serial=1 << 40,
        binding=(TAIL, WIDE),
        provider="clinic",
        redeem_time=NOON,
        close_time=NOON + 1,
        outcome=Outcome.ABANDONED,
    ),
    ORDER,
    replace(
        ORDER,
        citizen=WIDE,
        number=TAIL,
        serial=1 << 40,
        insurance_fen=10**8,
        own_fen=10**8,
        state=OrderState.REFUNDED,
        step=4,
        bank_id="bank-east",
        pay_time=NOON,
        settle_time=NOON + 1,
        refund_time=NOON + 2,
        is_password_free=True,
    ),
    POSTING,
    replace(POSTING, citizen=WIDE, order=TAIL, account=Account.PROVIDER, party="clinic"),
    PasswordFree(citizen=ZHANG, channel="bank", serial=1, is_on=True, day=20_000, spent_fen=1),
    PasswordFree(citizen=WIDE, channel="bank", serial=9, is_on=False, day=0, spent_fen=0),
]
