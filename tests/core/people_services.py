"""What the tests of services, tickets and settlement speak of beside the people of `people`.

Zhang has a good card with a bank account in Nantong, linked in WeChat, and has bound Li. The clinic
is a provider of two services.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.core.people import (
    DAY,
    EARLIER,
    HOUR,
    LI,
    MINUTE,
    NANTONG,
    NOW,
    ZHANG,
    card,
    citizen,
    link,
    party,
    physical_card,
)

from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Account,
    BankAccount,
    Card,
    Citizen,
    Entry,
    EntryKind,
    EntryPlace,
    Level,
    Link,
    Order,
    OrderState,
    Party,
    PartyKind,
    PasswordFree,
    PhysicalCard,
    PhysicalCardStatus,
    Posting,
    Service,
    Ticket,
)

Steps = Sequence[tuple[dict[str, Any], Decision]]


def account(**changes: Any) -> BankAccount:
    opened = BankAccount(
        citizen=ZHANG,
        physical_card=50,
        bank_id="bank-east",
        reserved_phone="11100001234",
        open_time=EARLIER,
    )
    return replace(opened, **changes)


def paying_link(**changes: Any) -> Link:
    return link(**{"level": Level.PAYMENT, **changes})


def li() -> list[Citizen | PhysicalCard | Card]:
    """Li, with a good card of another region."""
    return [
        citizen(key=LI, id_number="990101195001011234", name="李四"),
        physical_card(citizen=LI, region="431222"),
        card(key=LI),
    ]


def service(**changes: Any) -> Service:
    library = Service(
        key="library",
        name_zh="图书借阅",
        name_en="Library",
        needed_level=Level.QUERY,
        regions=(NANTONG,),
        is_open_everywhere=False,
    )
    return replace(library, **changes)


def ticket(**changes: Any) -> Ticket:
    issued = Ticket(
        citizen=ZHANG,
        number=700,
        channel="wechat",
        serial=1,
        binding=None,
        service_id="library",
        issue_time=NOW - MINUTE,
        expire_time=NOW + 9 * MINUTE,
    )
    return replace(issued, **changes)


def use(**changes: Any) -> Ticket:
    return ticket(**{"provider": "clinic", "redeem_time": NOW - MINUTE, **changes})


def provider(**changes: Any) -> Party:
    return party(
        **{
            "key": "clinic",
            "kind": PartyKind.PROVIDER,
            "service_ids": ("library", "medical-settlement"),
            **changes,
        }
    )


def order(**changes: Any) -> Order:
    opened = Order(
        citizen=ZHANG,
        number=800,
        provider="clinic",
        channel="wechat",
        serial=1,
        insurance_fen=7_000,
        own_fen=3_000,
        create_time=NOW - HOUR,
        expire_time=NOW - HOUR + DAY,
        state=OrderState.OPEN,
        state_time=NOW - HOUR,
    )
    return replace(opened, **changes)


def settling(**changes: Any) -> Order:
    return order(
        **{
            "state": OrderState.SETTLING,
            "state_time": NOW,
            "step": 1,
            "bank_id": "bank-east",
            "pay_time": NOW,
            **changes,
        }
    )


def free(**changes: Any) -> PasswordFree:
    """On, with 500 yuan taken today."""
    setting = PasswordFree(
        citizen=ZHANG, channel="wechat", serial=1, is_on=True, day=TODAY, spent_fen=50_000
    )
    return replace(setting, **changes)


TODAY = (NOW + 8 * HOUR) // DAY


def booked(step: int, **amounts: int) -> tuple[Posting, ...]:
    """The lines of one step of the order, by account."""
    return tuple(
        Posting(
            citizen=ZHANG,
            order=800,
            step=step,
            account=Account[name.upper()],
            party="clinic" if name == "provider" else "bank-east",
            amount_fen=amount,
            at=NOW,
        )
        for name, amount in amounts.items()
    )


def at_provider(kind: EntryKind) -> Entry:
    return Entry(citizen=ZHANG, kind=kind, at=NOW, channel="wechat", place=EntryPlace.PROVIDER)


def card_steps() -> Steps:
    """R3: Zhang's card from bad in every way to expired; "card" comes good in the next step."""
    statuses = PhysicalCardStatus
    found: list[tuple[dict[str, Any], Decision]] = [
        (
            {
                "citizen": citizen(cancel_time=NOW),
                "physical_card": physical_card(status=statuses.SEALED),
                "card": card(expire_time=NOW),
            },
            Rejected(Reason.CITIZEN_CANCELLED),
        ),
        ({"citizen": citizen()}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
    ]
    for name in ("TEMPORARILY_LOST", "LOST", "LOCKED", "CANCELLED"):
        blocked = physical_card(status=statuses[name])
        found.append(({"physical_card": blocked}, Rejected(Reason[f"PHYSICAL_CARD_{name}"])))
    found.append(({"physical_card": physical_card()}, Rejected(Reason.CARD_EXPIRED)))
    return found
