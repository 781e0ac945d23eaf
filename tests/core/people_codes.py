"""Codes and what they look at, as the tests of the core speak of them; each record good."""

from dataclasses import replace
from typing import Any

from tests.core.people import (
    EARLIER,
    LI,
    NANTONG,
    NOW,
    SECOND,
    ZHANG,
    binding,
    card,
    citizen,
    link,
    physical_card,
)

from essc_platform.core.acting import Acting
from essc_platform.core.cards import Person
from essc_platform.core.records import (
    BankAccount,
    Card,
    Citizen,
    Code,
    Level,
    LinkCodes,
    PhysicalCard,
    Service,
)

PHONE, TABLET = "d1", "d2"
ISSUED = NOW - 10 * SECOND


def code(**changes: Any) -> Code:
    """Shown ten seconds ago."""
    current = Code(
        citizen=ZHANG,
        number=700,
        channel="wechat",
        serial=1,
        binding=None,
        member=None,
        issue_time=ISSUED,
        expire_time=ISSUED + 60 * SECOND,
    )
    return replace(current, **changes)


def members_code(**changes: Any) -> Code:
    """Of Li, through Zhang's link."""
    return code(**{"binding": 600, "member": LI, **changes})


def link_codes(**changes: Any) -> LinkCodes:
    remembered = LinkCodes(citizen=ZHANG, channel="wechat", serial=1, newest=700, devices=(PHONE,))
    return replace(remembered, **changes)


def bank_account(**changes: Any) -> BankAccount:
    opened = BankAccount(
        citizen=ZHANG,
        physical_card=50,
        bank_id="citybank",
        reserved_phone="11100001234",
        open_time=EARLIER,
    )
    return replace(opened, **changes)


def medical_settlement(**changes: Any) -> Service:
    in_nantong = Service(
        key="medical-settlement",
        name_zh="医保结算",
        name_en="Medical settlement",
        needed_level=Level.PAYMENT,
        regions=(NANTONG,),
        is_open_everywhere=False,
    )
    return replace(in_nantong, **changes)


def li() -> Citizen:
    return citizen(key=LI, id_number="990101196001011234", name="李四")


def lis_physical_card(**changes: Any) -> PhysicalCard:
    return physical_card(**{"citizen": LI, "number": 60, **changes})


def lis_card(**changes: Any) -> Card:
    return card(**{"key": LI, "physical_card": 60, **changes})


def zhang_acting(**changes: Any) -> Acting:
    """Zhang, through an active link."""
    holder = Person(citizen=citizen(), physical_cards=(physical_card(),), card=card())
    return replace(Acting(link=link(), holder=holder), **changes)


def acting_for_li(**changes: Any) -> Acting:
    """The same, for Li who is bound."""
    member = Person(citizen=li(), physical_cards=(lis_physical_card(),), card=lis_card())
    return zhang_acting(**{"binding": binding(), "member": member, **changes})
