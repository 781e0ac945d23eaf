from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    LI,
    MINUTE,
    NOW,
    SECOND,
    ZHANG,
    Table,
    accepted,
    binding,
    card,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    link,
    physical_card,
    unlinked_link,
)
from tests.core.people_services import (
    account,
    at_provider,
    card_steps,
    li,
    paying_link,
    provider,
    service,
    ticket,
    use,
)

from essc_platform.core.acting import BindingName
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    EntryKind,
    Level,
    Outcome,
    PhysicalCardStatus,
    Ticket,
)
from essc_platform.core.tickets import (
    CloseUse,
    IssueTicket,
    Redeemed,
    RedeemTicket,
    TicketAnswer,
)

LIS = BindingName(600, LI)
GOOD_LI = {"li": li()}
LOST_LI = {
    "li": [li()[0], physical_card(citizen=LI, status=PhysicalCardStatus.LOST), li()[2]],
}

# --- issuing ---------------------------------------------------------------------------------

ISSUE = IssueTicket(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    binding=None,
    service_id="library",
    new_number=700,
)
FRESH = ticket(issue_time=NOW, expire_time=NOW + 10 * MINUTE)


def issued(fresh: Ticket = FRESH) -> Accepted:
    return Accepted(
        answer=TicketAnswer(ticket=fresh),
        changes=(fresh,),
        entries=(entry(EntryKind.TICKET_ISSUED),),
    )


ISSUING = Table(
    {
        "command": replace(ISSUE, binding=LIS),
        "link": None,
        "binding": None,
        "service": None,
        **card_steps()[0][0],
        **LOST_LI,
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=301)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(end_time=NOW)}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(member=ZHANG)}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding()}, Rejected(Reason.CITIZEN_CANCELLED)),
    *card_steps()[1:],
    (
        {"card": card()},
        Rejected(Reason.MEMBER_CARD_NOT_NORMAL, (("status", "PHYSICAL_CARD_LOST"),)),
    ),
    (GOOD_LI, Rejected(Reason.SERVICE_NOT_FOUND)),
    # Open where the holder's card is of, but not the member's.
    ({"service": service(needed_level=Level.PAYMENT)}, Rejected(Reason.SERVICE_NOT_OPEN)),
    (
        {"service": service(needed_level=Level.PAYMENT, is_open_everywhere=True, regions=())},
        Rejected(Reason.MEMBER_CANNOT_PAY),
    ),
    ({"command": ISSUE, "account": account()}, Rejected(Reason.LEVEL_TOO_LOW)),
    ({"link": paying_link(), "account": None}, Rejected(Reason.LEVEL_TOO_LOW)),
    ({"account": account()}, issued()),
)


@pytest.mark.rule("R3", "R61", "R63")
@pytest.mark.parametrize(("situation", "decision"), ISSUING.rows, ids=ISSUING.ids)
def test_issuing_a_ticket(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R44", "R61", "R63")
def test_a_bound_members_ticket_goes_by_the_region_of_the_members_card() -> None:
    command = replace(ISSUE, binding=LIS)
    there = service(regions=("431222",))

    decision = judge(command, citizen(), physical_card(), card(), link(), binding(), there, *li())

    assert decision == issued(replace(FRESH, binding=(600, LI)))


# --- redeeming -------------------------------------------------------------------------------

REDEEM = RedeemTicket(
    at=NOW, provider="clinic", citizen=ZHANG, number=700, channel="wechat", binding=None
)
LIS_TICKET = ticket(binding=(600, LI))
USE = ticket(provider="clinic", redeem_time=NOW)


def redeemed(begun: Ticket, level: Level = Level.QUERY, **shown: str) -> Accepted:
    person = {"masked_name": "张**", "masked_id_number": "*" * 16 + "34", "region": "320600"}
    return Accepted(
        answer=Redeemed(ticket=begun, level=level, **(person | shown)),
        changes=(begun,),
        entries=(at_provider(EntryKind.TICKET_REDEEMED),),
    )


REDEEMING = Table(
    {
        "command": replace(REDEEM, binding=LIS),
        "ticket": None,
        "provider": None,
        "link": None,
        "binding": None,
        **card_steps()[0][0],
        **LOST_LI,
    },
    ({}, Rejected(Reason.TICKET_NOT_FOUND)),
    (
        {"ticket": use(binding=(600, LI), expire_time=NOW)},
        Rejected(Reason.TICKET_NOT_FOUND),
    ),
    ({"provider": provider(service_ids=("ferry",))}, Rejected(Reason.TICKET_NOT_FOUND)),
    ({"provider": provider()}, Rejected(Reason.TICKET_REDEEMED)),
    ({"ticket": replace(LIS_TICKET, expire_time=NOW)}, Rejected(Reason.TICKET_EXPIRED)),
    ({"ticket": LIS_TICKET}, Rejected(Reason.TICKET_REVOKED)),
    ({"link": unlinked_link()}, Rejected(Reason.TICKET_REVOKED)),
    ({"link": paying_link(serial=2)}, Rejected(Reason.TICKET_REVOKED)),
    ({"link": paying_link()}, Rejected(Reason.TICKET_REVOKED)),
    ({"binding": binding(end_time=NOW)}, Rejected(Reason.TICKET_REVOKED)),
    ({"binding": binding()}, Rejected(Reason.TICKET_REVOKED)),
    *((changes, Rejected(Reason.TICKET_REVOKED)) for changes, _ in card_steps()[1:]),
    ({"card": card()}, Rejected(Reason.TICKET_REVOKED)),
    (
        GOOD_LI | {"account": account()},
        redeemed(
            replace(LIS_TICKET, provider="clinic", redeem_time=NOW),
            masked_name="李*",
            region="431222",
        ),
    ),
    ({"command": REDEEM, "ticket": ticket()}, redeemed(USE, Level.PAYMENT)),
    ({"account": None}, redeemed(USE)),
)


@pytest.mark.rule("R11", "R44", "R61")
@pytest.mark.parametrize(("situation", "decision"), REDEEMING.rows, ids=REDEEMING.ids)
def test_redeeming_a_ticket(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R61")
def test_a_ticket_is_good_for_ten_minutes_to_the_microsecond() -> None:
    good = (FRESH, provider(), link(), citizen(), physical_card(), card())
    last = NOW + 600 * SECOND - 1

    in_time = judge(replace(REDEEM, at=last), *good)
    late = judge(replace(REDEEM, at=last + 1), *good)

    assert isinstance(in_time, Accepted)
    assert late == Rejected(Reason.TICKET_EXPIRED)


# --- closing ---------------------------------------------------------------------------------

CLOSE = CloseUse(at=NOW, provider="clinic", citizen=ZHANG, number=700, outcome=Outcome.REFUSED)
CLOSED = use(close_time=NOW, outcome=Outcome.REFUSED)

CLOSING = Table(
    {"command": CLOSE, "use": None},
    ({}, Rejected(Reason.USE_NOT_FOUND)),
    ({"use": ticket()}, Rejected(Reason.USE_NOT_FOUND)),
    ({"use": use(provider="museum", close_time=NOW)}, Rejected(Reason.USE_NOT_FOUND)),
    ({"use": use(close_time=NOW, outcome=Outcome.DONE)}, Rejected(Reason.USE_CLOSED)),
    (
        {"use": use()},
        Accepted(
            answer=TicketAnswer(ticket=CLOSED),
            changes=(CLOSED,),
            entries=(at_provider(EntryKind.USE_CLOSED),),
        ),
    ),
)


@pytest.mark.rule("R61")
@pytest.mark.parametrize(("situation", "decision"), CLOSING.rows, ids=CLOSING.ids)
def test_closing_a_use(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


def test_a_ticket_is_redeemed_once_and_a_use_closed_once() -> None:
    good = (provider(), link(), citizen(), physical_card(), card())
    (begun,) = accepted(judge(REDEEM, ticket(), *good)).changes
    (closed,) = accepted(judge(CLOSE, begun)).changes

    again = judge(REDEEM, begun, *good)
    closed_again = judge(CLOSE, closed)

    assert again == Rejected(Reason.TICKET_REDEEMED)
    assert closed_again == Rejected(Reason.USE_CLOSED)
