"""What every command through a link shares: own link, holder's card, bound member, and level."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.core.people import (
    EARLIER,
    HOUR,
    LI,
    NOW,
    ZHANG,
    bank_account,
    binding,
    card,
    citizen,
    delivered_link,
    link,
    person,
    physical_card,
    unlinked_link,
)

from essc_platform.core import acting
from essc_platform.core.acting import Acting, BindingName, Person
from essc_platform.core.decisions import Rejected
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    CitizenKey,
    Level,
    Link,
    PhysicalCard,
    PhysicalCardStatus,
)

S = PhysicalCardStatus
CONSENT = Policy(loss=HOLDER_CONSENT)
NOBODY = Person(citizen=None, physical_cards=(), card=None)
LOST = physical_card(status=S.LOST, status_time=NOW - HOUR)
OPENED = link(allow_time=NOW - HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """A command through WeChat's link, under its serial, for a bound member if one is named."""

    at: int = NOW
    channel: str = "wechat"
    citizen: CitizenKey = ZHANG
    link_number: int = 300
    serial: int = 1
    binding: BindingName | None = None


FOR_LI = Through(binding=BindingName(600, LI))


@pytest.mark.rule("R14", "R44")
@pytest.mark.parametrize(
    ("own", "named", "found", "reason"),
    [
        (None, None, None, Reason.LINK_NOT_FOUND),
        (link(number=299), None, None, Reason.LINK_NOT_FOUND),
        (delivered_link(), None, None, Reason.LINK_NOT_ACTIVE),
        (unlinked_link(), BindingName(600, LI), None, Reason.LINK_NOT_ACTIVE),
        (link(), BindingName(600, LI), None, Reason.BINDING_NOT_FOUND),
        (link(), BindingName(600, LI), binding(member=ZHANG), Reason.BINDING_NOT_FOUND),
        (link(), BindingName(600, LI), binding(end_time=NOW), Reason.BINDING_NOT_FOUND),
        (link(), BindingName(600, LI), binding(), None),
        (link(), None, None, None),
    ],
)
def test_a_link_must_be_the_channels_own_and_active_and_a_binding_good(
    own: Link | None, named: BindingName | None, found: Binding | None, reason: Reason | None
) -> None:
    refusal = acting.link_refusal(
        Through(binding=named), Acting(link=own, holder=person(), binding=found)
    )

    assert refusal == (None if reason is None else Rejected(reason))


@pytest.mark.rule("R13", "R14")
@pytest.mark.parametrize(
    ("own", "serial", "reason"),
    [
        (None, 1, Reason.LINK_NOT_FOUND),
        (unlinked_link(number=299), 2, Reason.LINK_NOT_FOUND),
        (unlinked_link(), 2, Reason.LINK_SERIAL_OLD),
        (unlinked_link(), 1, Reason.LINK_NOT_ACTIVE),
        (delivered_link(), 1, Reason.LINK_NOT_ACTIVE),
        (link(), 1, None),
    ],
)
def test_a_serial_must_be_the_links(own: Link | None, serial: int, reason: Reason | None) -> None:
    refusal = acting.serial_refusal(Through(serial=serial), own)

    assert refusal == (None if reason is None else Rejected(reason))


# --- cards -----------------------------------------------------------------------------------


@pytest.mark.rule("R3", "R9")
@pytest.mark.parametrize(
    ("holder", "reason"),
    [
        (NOBODY, Reason.PHYSICAL_CARD_NOT_FOUND),
        (person(card=None), Reason.PHYSICAL_CARD_NOT_FOUND),
        (person(citizen=citizen(cancel_time=NOW)), Reason.CITIZEN_CANCELLED),
        (person(physical_cards=(physical_card(status=S.SEALED),)), Reason.PHYSICAL_CARD_SEALED),
        (person(physical_cards=(LOST,)), Reason.PHYSICAL_CARD_LOST),
        (person(card=card(expire_time=NOW)), Reason.CARD_EXPIRED),
        (person(), None),
    ],
)
def test_the_holders_card_must_be_in_order(holder: Person, reason: Reason | None) -> None:
    refusal = acting.card_refusal(Acting(link=link(), holder=holder), NOW, Policy())

    assert refusal == (None if reason is None else Rejected(reason))


@pytest.mark.rule("R44")
@pytest.mark.parametrize(
    ("member", "status"),
    [
        (NOBODY, "PHYSICAL_CARD_NOT_FOUND"),
        (person(physical_cards=(LOST,)), "PHYSICAL_CARD_LOST"),
        (person(citizen=citizen(cancel_time=NOW)), "CITIZEN_CANCELLED"),
        (person(), None),
    ],
)
def test_what_is_done_for_a_member_needs_the_members_card_in_order_too(
    member: Person, status: str | None
) -> None:
    who = Acting(link=OPENED, holder=person(), member=member)

    refusal = acting.card_refusal(who, NOW, CONSENT)

    wanted = None
    if status is not None:
        wanted = Rejected(Reason.MEMBER_CARD_NOT_NORMAL, (("status", status),))
    assert refusal == wanted
    assert who.subject is member


def test_without_a_member_it_is_about_the_holder() -> None:
    holder = person()

    assert Acting(link=link(), holder=holder).subject is holder


@pytest.mark.rule("R44")
def test_a_named_binding_is_good_and_of_the_named_member() -> None:
    name = BindingName(600, LI)

    assert acting.is_named(binding(), name)
    assert not acting.is_named(None, name)
    assert not acting.is_named(binding(member=ZHANG), name)
    assert not acting.is_named(binding(end_time=NOW), name)


# --- one link for a loss ---------------------------------------------------------------------


def lost(**changes: Any) -> PhysicalCard:
    return replace(LOST, **changes)


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("own", "physical", "at", "is_open"),
    [
        (OPENED, LOST, NOW, True),
        (OPENED, LOST, NOW + 23 * HOUR - 1, True),
        (OPENED, LOST, NOW + 23 * HOUR, False),
        (OPENED, lost(status=S.TEMPORARILY_LOST, lift_time=NOW + 1), NOW, True),
        (link(), LOST, NOW, False),
        (unlinked_link(allow_time=NOW - HOUR), LOST, NOW, False),
        (OPENED, lost(status_time=NOW - HOUR + 1), NOW, False),
        (OPENED, lost(status=S.LOCKED), NOW, False),
        (OPENED, lost(status=S.SEALED), NOW, False),
        (OPENED, lost(status=S.CANCELLED), NOW, False),
    ],
    ids=[
        "opened for this loss",
        "the last moment of 24 hours",
        "after 24 hours",
        "temporarily lost",
        "never opened",
        "unlinked since",
        "another loss since",
        "locked since",
        "replaced since",
        "cancelled since",
    ],
)
def test_a_link_stays_open_for_the_loss_it_was_opened_for(
    own: Link, physical: PhysicalCard, at: int, is_open: bool
) -> None:
    holder = person(physical_cards=(physical,))

    refusal = acting.card_refusal(Acting(link=own, holder=holder), at, CONSENT)
    until = acting.allow_until(own, holder, at, CONSENT)

    assert (refusal is None) is is_open
    assert until == (NOW + 23 * HOUR if is_open else None)


@pytest.mark.rule("R3", "R9")
@pytest.mark.parametrize(
    "holder",
    [
        person(physical_cards=(LOST,), citizen=citizen(cancel_time=NOW)),
        person(physical_cards=(LOST,), card=card(expire_time=NOW)),
        person(physical_cards=(lost(status=S.TEMPORARILY_LOST, lift_time=NOW),)),
        NOBODY,
    ],
    ids=["the person is cancelled", "the card has expired", "the loss is over", "no card"],
)
def test_nothing_is_open_for_a_loss_that_alone_blocks_nothing(holder: Person) -> None:
    assert acting.allow_until(OPENED, holder, NOW, CONSENT) is None


@pytest.mark.rule("R3")
def test_where_the_policy_blocks_a_link_opened_before_is_open_no_more() -> None:
    who = Acting(link=OPENED, holder=person(physical_cards=(LOST,)))

    assert acting.card_refusal(who, NOW, Policy()) == Rejected(Reason.PHYSICAL_CARD_LOST)


# --- levels ----------------------------------------------------------------------------------


@pytest.mark.rule("R26")
@pytest.mark.parametrize(
    ("own", "accounts", "level"),
    [
        (Level.PAYMENT, (bank_account(),), Level.PAYMENT),
        (Level.QUERY, (bank_account(),), Level.QUERY),
        (Level.PAYMENT, (), Level.QUERY),
        (Level.PAYMENT, (bank_account(close_time=NOW),), Level.QUERY),
        (Level.PAYMENT, (bank_account(physical_card=51),), Level.QUERY),
    ],
)
def test_a_link_pays_only_while_the_card_behind_it_has_an_open_bank_account(
    own: Level, accounts: Any, level: Level
) -> None:
    assert acting.level(link(level=own), person(bank_accounts=accounts)) is level


@pytest.mark.rule("R26")
def test_without_a_card_there_is_no_bank_account_of_it() -> None:
    assert person(card=None, bank_accounts=(bank_account(),)).bank_account is None


@pytest.mark.rule("R34")
def test_what_belonged_to_a_link_belongs_to_it_under_that_serial_only() -> None:
    assert acting.is_linked(link(serial=2), 2)
    assert not acting.is_linked(link(serial=2), 1)
    assert not acting.is_linked(unlinked_link(serial=2), 2)
    assert not acting.is_linked(None, 1)


def test_a_person_after_changes_has_them_and_keeps_the_rest() -> None:
    closed, other = bank_account(close_time=NOW), physical_card(number=51)
    zhang = person(bank_accounts=(bank_account(), bank_account(physical_card=51)))

    after = zhang.after(closed, other, card(physical_card=51), citizen(phone="1"), link())

    assert after.citizen == citizen(phone="1")
    assert after.card == card(physical_card=51)
    assert after.physical_cards == (physical_card(), other)
    assert after.bank_accounts == (bank_account(physical_card=51), closed)
    assert after.physical_card == other
    assert zhang.card == card(issue_time=EARLIER)
