"""What a card is worth. Which card an application maps to stands in test_links.py."""

import pytest
from tests.core.people import (
    DAY,
    EARLIER,
    NANJING,
    NOW,
    card,
    citizen,
    password,
    person,
    physical_card,
    view,
)

from essc_platform.core import cards
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import CardView, PhysicalCard, PhysicalCardStatus

S = PhysicalCardStatus


@pytest.mark.rule("R3", "R8")
@pytest.mark.parametrize(
    ("physical", "expire_time", "cancel_time", "worth"),
    [
        (physical_card(), NOW + 1, None, view(expire_time=NOW + 1)),
        (physical_card(), NOW, None, view(expire_time=NOW, blocked_reason="CARD_EXPIRED")),
        (
            physical_card(status=S.SEALED),
            NOW,
            None,
            view(expire_time=NOW, status=S.SEALED, blocked_reason="PHYSICAL_CARD_SEALED"),
        ),
        (
            physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW + 1),
            NOW,
            None,
            view(
                expire_time=NOW,
                status=S.TEMPORARILY_LOST,
                blocked_reason="PHYSICAL_CARD_TEMPORARILY_LOST",
            ),
        ),
        (
            physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW),
            NOW + 1,
            None,
            view(expire_time=NOW + 1),
        ),
        (
            physical_card(status=S.LOST),
            NOW,
            None,
            view(
                expire_time=NOW,
                status=S.LOST,
                blocked_reason="PHYSICAL_CARD_LOST",
            ),
        ),
        (
            physical_card(status=S.LOST),
            NOW + 1,
            None,
            view(
                expire_time=NOW + 1,
                status=S.LOST,
                blocked_reason="PHYSICAL_CARD_LOST",
                loss_time=EARLIER,
            ),
        ),
        (
            physical_card(status=S.LOCKED),
            NOW,
            None,
            view(expire_time=NOW, status=S.LOCKED, blocked_reason="PHYSICAL_CARD_LOCKED"),
        ),
        (
            physical_card(status=S.CANCELLED),
            NOW,
            None,
            view(expire_time=NOW, status=S.CANCELLED, blocked_reason="PHYSICAL_CARD_CANCELLED"),
        ),
        (
            physical_card(status=S.LOST),
            NOW,
            NOW,
            view(
                expire_time=NOW,
                status=S.LOST,
                blocked_reason="CITIZEN_CANCELLED",
                is_ended=True,
            ),
        ),
    ],
)
def test_what_a_card_is_worth_follows_from_its_physical_card(
    physical: PhysicalCard, expire_time: int, cancel_time: int | None, worth: CardView
) -> None:
    zhang = person(
        citizen=citizen(cancel_time=cancel_time),
        physical_cards=(physical,),
        card=card(expire_time=expire_time),
    )

    found = cards.view(zhang, None, NOW)

    assert found == worth


def test_a_card_says_whether_there_is_a_password() -> None:
    worth = cards.view(person(), password(), NOW)

    assert worth == view(password_is_set=True)


@pytest.mark.rule("R8")
def test_ten_years_are_3652_days_and_a_half() -> None:
    assert cards.expiry(EARLIER, 10) - EARLIER == 3652 * DAY + DAY // 2


@pytest.mark.rule("R2")
def test_where_no_card_is_normal_the_newest_that_is_not_cancelled_tells_why() -> None:
    older = physical_card(number=50, status=S.LOST, issue_time=EARLIER)
    newer = physical_card(number=51, status=S.SEALED, region=NANJING, issue_time=EARLIER + 1)
    newest = physical_card(number=52, status=S.CANCELLED, issue_time=EARLIER + 2)

    found = cards.choose_physical_card(None, (newest, newer, older), None, NOW)

    assert found == Rejected(Reason.PHYSICAL_CARD_SEALED)


@pytest.mark.rule("R1", "R2")
def test_a_card_stays_with_its_physical_card_even_if_another_one_is_normal() -> None:
    lost = physical_card(status=S.LOST)
    normal = physical_card(number=51, region=NANJING)

    found = cards.choose_physical_card(card(), (lost, normal), None, NOW)

    assert found == Rejected(Reason.PHYSICAL_CARD_LOST)


@pytest.mark.rule("R2")
@pytest.mark.parametrize("region", [None, NANJING])
def test_only_after_a_cancellation_another_normal_card_is_chosen(region: str | None) -> None:
    cancelled = physical_card(status=S.CANCELLED)
    normal = physical_card(number=51, region=NANJING)

    found = cards.choose_physical_card(card(), (cancelled, normal), region, NOW)

    assert found == normal


@pytest.mark.rule("R6", "R95")
@pytest.mark.parametrize(("lift_time", "status"), [(NOW + 1, S.TEMPORARILY_LOST), (NOW, S.NORMAL)])
def test_a_temporary_loss_past_its_lift_time_is_over_whoever_noted_it(
    lift_time: int, status: PhysicalCardStatus
) -> None:
    lost = physical_card(status=S.TEMPORARILY_LOST, lift_time=lift_time)

    assert cards.status_at(lost, NOW) is status


def test_without_an_electronic_card_there_is_nothing_behind_it() -> None:
    assert cards.mapped(None, (physical_card(),)) is None
