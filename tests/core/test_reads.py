"""What a command declares is what its rule reads: no key less, and none for nothing."""

from typing import Any, get_args

import pytest
from tests.core.people import Store, card, channel, citizen, link, physical_card
from tests.core.people_services import settling
from tests.core.test_bank_accounts import ACTIVATING, CLOSING
from tests.core.test_cancellations import CANCELLING, RECEIVING
from tests.core.test_catalogue import ADDING as ADDING_A_SERVICE
from tests.core.test_catalogue import CLOSING as CLOSING_A_SERVICE
from tests.core.test_catalogue import OPENING
from tests.core.test_certifications import CERTIFYING
from tests.core.test_challenges import ANSWERING, STARTING
from tests.core.test_checks import CHECKING, CHECKING_A_MEMBERS, CHECKING_ELSEWHERE
from tests.core.test_citizens import REGISTERING
from tests.core.test_codes import ISSUING as ISSUING_A_CODE
from tests.core.test_exits import END
from tests.core.test_family import ADDING_A_MEMBER, LEAVING_A_BINDER, REMOVING_A_MEMBER
from tests.core.test_levels import LOWERING, RAISING
from tests.core.test_links import ACCEPTING, APPLYING, DECLINING, UNLINKING
from tests.core.test_losses import ALLOWING
from tests.core.test_orders import CHECKED, GIVING_BACK, ORDERING
from tests.core.test_parties import (
    ADDING,
    GOING_LIVE,
    REGISTERING_A_CHANNEL,
    REGISTERING_A_PARTY,
    REMOVING,
)
from tests.core.test_passwords import CHANGING, RESETTING, SETTING
from tests.core.test_payments import MOVED, PAYING, SWITCHING
from tests.core.test_physical_cards import ENABLING, ISSUING, NOTE
from tests.core.test_replacements import REPLACING
from tests.core.test_signing_keys import ANEW, COMPROMISING, GONE, P3, ROTATING, SIGNED
from tests.core.test_tickets import CLOSING as CLOSING_A_USE
from tests.core.test_tickets import ISSUING as ISSUING_A_TICKET
from tests.core.test_tickets import REDEEMING

from essc_platform.core.commands import Command
from essc_platform.core.decide import decide
from essc_platform.core.policy import Policy
from essc_platform.core.reads import reads_of
from essc_platform.core.records import ChannelState

EXITED: dict[str, Any] = {
    "command": END,
    "channel": channel(state=ChannelState.EXITED),
    "link": link(),
}
SIGNING_ANEW: dict[str, Any] = {
    "command": ANEW,
    "link": SIGNED,
    "citizen": citizen(),
    "physical_card": physical_card(),
    "card": card(),
    "keys": [GONE, P3],
}
NOTING: dict[str, Any] = {
    "command": NOTE,
    "citizen": citizen(),
    "physical_card": physical_card(),
    "card": card(),
}
HAPPY: list[dict[str, Any]] = [
    NOTING,
    EXITED,
    SIGNING_ANEW,
    {"command": MOVED, "order": settling()},
    CHECKED,
    *(
        table.rows[-1][0]
        for table in (
            APPLYING,
            ACCEPTING,
            DECLINING,
            UNLINKING,
            CHECKING,
            CHECKING_A_MEMBERS,
            CHECKING_ELSEWHERE,
            ISSUING_A_CODE,
            STARTING,
            ANSWERING,
            SETTING,
            CHANGING,
            RESETTING,
            REGISTERING,
            ISSUING,
            ENABLING,
            REPLACING,
            ACTIVATING,
            CLOSING,
            RECEIVING,
            CANCELLING,
            RAISING,
            LOWERING,
            ALLOWING,
            REGISTERING_A_PARTY,
            REGISTERING_A_CHANNEL,
            GOING_LIVE,
            ADDING,
            REMOVING,
            ADDING_A_MEMBER,
            REMOVING_A_MEMBER,
            LEAVING_A_BINDER,
            CERTIFYING,
            ROTATING,
            COMPROMISING,
            ADDING_A_SERVICE,
            OPENING,
            CLOSING_A_SERVICE,
            ISSUING_A_TICKET,
            REDEEMING,
            CLOSING_A_USE,
            ORDERING,
            GIVING_BACK,
            PAYING,
            SWITCHING,
        )
    ),
]


def name(situation: dict[str, Any]) -> str:
    return type(situation["command"]).__name__


def store_of(situation: dict[str, Any]) -> Store:
    store = Store()
    for each in situation.values():
        records = each if isinstance(each, list) else [each]
        store.save(tuple(r for r in records if hasattr(r, "key")))
    return store


def test_every_command_is_tried() -> None:
    assert {name(situation) for situation in HAPPY} == {each.__name__ for each in get_args(Command)}


@pytest.mark.rule("R11", "R14")
@pytest.mark.parametrize("situation", HAPPY, ids=name)
def test_a_command_reads_exactly_what_it_declares(situation: dict[str, Any]) -> None:
    """A view raises KeyError for what was not declared, so taking any one key away must show."""
    command = situation["command"]
    snapshot = store_of(situation).snapshot(command)
    declared = reads_of(command)

    decide(command, snapshot.view(declared), Policy())

    for read in declared:
        with pytest.raises(KeyError, match=read[0].__name__):
            decide(command, snapshot.view(declared - {read}), Policy())
