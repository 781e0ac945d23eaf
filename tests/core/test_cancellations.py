"""R9: a cancelled person's card has ended in every channel, and only the person is written."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    LI,
    NOW,
    ZHANG,
    Table,
    accepted,
    binding,
    by_bureau,
    card,
    citizen,
    delivered_link,
    judge,
    judge_situation,
    link,
    physical_card,
    unlinked_link,
    view,
)

from essc_platform.core.cancellations import CancelCitizen, CancellationAnswer
from essc_platform.core.citizens import RecipientAnswer, RegisterRecipient
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.family import mirrored
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    CancelCause,
    Change,
    CitizenKey,
    EntryKind,
    Event,
    EventKind,
    PhysicalCardStatus,
    Recipient,
)

CANCEL = CancelCitizen(
    at=NOW, citizen=ZHANG, id_number="990101199001011234", cause=CancelCause.DEATH
)
IN_ALIPAY = delivered_link(channel="alipay", number=310)
HELD = [IN_ALIPAY, unlinked_link(channel="citybank", number=330), link()]
CANCELLED = citizen(cancel_time=NOW, cancel_cause=CancelCause.DEATH)
ENDED = view(blocked_reason="CITIZEN_CANCELLED", is_ended=True)

CANCELLING = Table(
    {
        "command": replace(CANCEL, id_number="990101199001015678"),
        "citizen": None,
        "physical_card": physical_card(),
        "card": card(),
        "links": HELD,
    },
    ({}, Rejected(Reason.CITIZEN_NOT_FOUND)),
    ({"citizen": citizen(cancel_time=NOW - 1)}, Rejected(Reason.CITIZEN_NOT_FOUND)),
    ({"command": CANCEL}, Rejected(Reason.CITIZEN_CANCELLED)),
    (
        {"citizen": citizen()},
        Accepted(
            answer=CancellationAnswer(cancel_time=NOW),
            changes=(CANCELLED,),
            events=tuple(
                Event(
                    channel=of.channel,
                    kind=EventKind.CARD_STATUS_CHANGED,
                    at=NOW,
                    citizen=ZHANG,
                    link=of,
                    card=ENDED,
                )
                for of in (IN_ALIPAY, link())
            ),
            entries=(by_bureau(EntryKind.CITIZEN_CANCELLED),),
        ),
    ),
)


@pytest.mark.rule("R9", "R16")
@pytest.mark.parametrize(("situation", "decision"), CANCELLING.rows, ids=CANCELLING.ids)
def test_cancelling_a_person(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R9")
def test_a_person_without_a_card_is_cancelled_and_nobody_told() -> None:
    decision = accepted(judge(CANCEL, citizen()))

    assert decision.changes == (CANCELLED,)
    assert decision.events == ()


@pytest.mark.rule("R9")
@pytest.mark.parametrize("status", PhysicalCardStatus)
def test_the_end_is_the_same_whatever_the_physical_cards_status(
    status: PhysicalCardStatus,
) -> None:
    decision = accepted(judge(CANCEL, citizen(), physical_card(status=status), card(), link()))

    (event,) = decision.events
    assert event.card is not None
    assert event.card.is_ended
    assert event.card.blocked_reason == "CITIZEN_CANCELLED"


# --- family ----------------------------------------------------------------------------------

WANG = CitizenKey(9, 3)
BY_ZHANG = binding()
BY_WANG = binding(holder=WANG, member=ZHANG, number=610)
STATUS, FAMILY = EventKind.CARD_STATUS_CHANGED, EventKind.FAMILY_CHANGED


def at_home(key: CitizenKey, channel: str, **changes: Any) -> list[Change]:
    """Somebody else, with a card in one channel."""
    return [
        citizen(key=key, **changes),
        physical_card(citizen=key),
        card(key=key),
        link(citizen=key, channel=channel),
    ]


def told_of(
    *ties: Binding, others: tuple[CitizenKey, ...] = (LI, WANG), **of_wang: Any
) -> Decision:
    """The death of Zhang, who has bound Li or is bound by Wang."""
    written: list[Change] = [*ties, *map(mirrored, ties)]
    zhang: list[Change] = [citizen(), physical_card(), card(), link()]
    theirs = [*at_home(LI, "alipay"), *at_home(WANG, "citybank", **of_wang)]
    return judge(replace(CANCEL, others=others), *zhang, *theirs, *written)


@pytest.mark.rule("R9", "R16", "R43")
def test_both_sides_of_every_binding_are_told_that_it_is_good_no_more() -> None:
    decision = accepted(told_of(BY_ZHANG, BY_WANG))

    assert [(each.citizen, each.channel, each.kind) for each in decision.events] == [
        (ZHANG, "wechat", STATUS),
        (ZHANG, "wechat", FAMILY),
        (LI, "alipay", FAMILY),
        (WANG, "citybank", FAMILY),
    ]
    assert [each.card for each in decision.events] == [ENDED, ENDED, view(), view()]
    assert decision.changes == (CANCELLED,)


@pytest.mark.rule("R9", "R16")
def test_who_is_bound_twice_is_told_once_and_whose_binding_ended_before_is_not() -> None:
    again = binding(number=620, holder=LI, member=ZHANG)
    ended = replace(BY_WANG, end_time=NOW - 1)

    decision = accepted(told_of(BY_ZHANG, again, ended))

    assert [each.channel for each in decision.events if each.kind is FAMILY] == [
        "wechat",
        "alipay",
    ]


@pytest.mark.rule("R9", "R16")
def test_with_the_dead_a_binding_was_good_no_more_already() -> None:
    decision = accepted(told_of(BY_WANG, cancel_time=NOW - 1))

    assert [each.kind for each in decision.events] == [STATUS]


@pytest.mark.rule("R9")
def test_who_was_bound_since_the_edge_looked_has_to_be_looked_for_again() -> None:
    decision = told_of(BY_ZHANG, BY_WANG, others=(WANG,))

    assert decision == Rejected(Reason.CHANGES_CONFLICT)


# --- recipients ------------------------------------------------------------------------------

RECIPIENT = Recipient(key=ZHANG, register_time=NOW)
RECEIVE = RegisterRecipient(at=NOW, citizen=ZHANG, id_number="990101199001011234")
RECEIVING = Table(
    {
        "command": replace(RECEIVE, id_number="990101199001015678"),
        "citizen": None,
        "recipient": RECIPIENT,
    },
    ({}, Rejected(Reason.CITIZEN_NOT_FOUND)),
    ({"citizen": citizen(cancel_time=NOW)}, Rejected(Reason.CITIZEN_NOT_FOUND)),
    ({"command": RECEIVE}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizen": citizen()}, Rejected(Reason.RECIPIENT_EXISTS)),
    (
        {"recipient": None},
        Accepted(
            answer=RecipientAnswer(register_time=NOW),
            changes=(RECIPIENT,),
            entries=(by_bureau(EntryKind.RECIPIENT_REGISTERED),),
        ),
    ),
)


@pytest.mark.rule("R52")
@pytest.mark.parametrize(("situation", "decision"), RECEIVING.rows, ids=RECEIVING.ids)
def test_registering_a_recipient(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R92")
@pytest.mark.parametrize("command", [CANCEL, RECEIVE])
def test_who_it_is_about_is_not_in_what_is_printed(command: object) -> None:
    assert "990101" not in repr(command)
