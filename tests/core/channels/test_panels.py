"""The home panel as a decision table: what is known, and what is shown and offered."""

from dataclasses import replace

import pytest

from essc_channels.core import panels
from essc_channels.core.flow_records import FlowKind
from essc_channels.core.panels import Panel, PanelState
from essc_channels.core.records import Card, CardState, Link, LinkState

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
TEN_MINUTES = 600 * SECOND

DELIVERED = Link(link_id="a" * 32, serial=2, state=LinkState.DELIVERED)
ACTIVE = Link(link_id="a" * 32, serial=2, state=LinkState.ACTIVE)
UNLINKED = Link(link_id="a" * 32, serial=2, state=LinkState.UNLINKED)

USABLE = Card(
    state=CardState.USABLE,
    physical_card_status=2,
    masked_name="张*",
    masked_id_number="****************12",
)
WITH_PASSWORD = replace(USABLE, password_is_set=True)
LOST = replace(WITH_PASSWORD, state=CardState.BLOCKED, blocked_reason="PHYSICAL_CARD_LOST")
CANCELLED = replace(USABLE, state=CardState.BLOCKED, blocked_reason="PHYSICAL_CARD_CANCELLED")
EXPIRED = replace(USABLE, state=CardState.BLOCKED, blocked_reason="CARD_EXPIRED")
ENDED = replace(USABLE, state=CardState.ENDED, blocked_reason="CITIZEN_CANCELLED")
ENDED_UNSEEN = replace(ENDED, masked_name="", masked_id_number="")

APPLY, ACCEPT, DECLINE = FlowKind.APPLY, FlowKind.ACCEPT_DELIVERY, FlowKind.DECLINE_DELIVERY
DISPLAY, SHOW, UNLINK = FlowKind.CONSENT_TO_DISPLAY, FlowKind.SHOW_CARD, FlowKind.UNLINK
SET, CHANGE, RESET = FlowKind.SET_PASSWORD, FlowKind.CHANGE_PASSWORD, FlowKind.RESET_PASSWORD

# link, card, serial whose display was consented to; state, reason, card shown, flows offered
FRESH = [
    (None, None, 0, PanelState.NOT_OPENED, "", None, (APPLY,)),
    (UNLINKED, None, 2, PanelState.NOT_OPENED, "", None, (APPLY,)),
    (DELIVERED, ENDED, 0, PanelState.ENDED, "CITIZEN_CANCELLED", ENDED_UNSEEN, (DECLINE,)),
    (ACTIVE, ENDED, 0, PanelState.ENDED, "CITIZEN_CANCELLED", ENDED_UNSEEN, (UNLINK,)),
    (ACTIVE, ENDED, 2, PanelState.ENDED, "CITIZEN_CANCELLED", ENDED, (UNLINK,)),
    (DELIVERED, USABLE, 0, PanelState.AWAITING_CONSENT, "", None, (ACCEPT, DECLINE, APPLY)),
    (DELIVERED, LOST, 0, PanelState.AWAITING_CONSENT, "", None, (ACCEPT, DECLINE, APPLY)),
    (ACTIVE, USABLE, 0, PanelState.AWAITING_DISPLAY_CONSENT, "", None, (DISPLAY, UNLINK)),
    (ACTIVE, USABLE, 1, PanelState.AWAITING_DISPLAY_CONSENT, "", None, (DISPLAY, UNLINK)),
    (ACTIVE, LOST, 1, PanelState.AWAITING_DISPLAY_CONSENT, "", None, (DISPLAY, UNLINK)),
    (ACTIVE, USABLE, 2, PanelState.USABLE, "", USABLE, (SHOW, SET, UNLINK)),
    (ACTIVE, WITH_PASSWORD, 2, PanelState.USABLE, "", WITH_PASSWORD, (SHOW, CHANGE, RESET, UNLINK)),
    (ACTIVE, LOST, 2, PanelState.BLOCKED, "PHYSICAL_CARD_LOST", LOST, (CHANGE, RESET, UNLINK)),
    (
        ACTIVE,
        CANCELLED,
        2,
        PanelState.BLOCKED,
        "PHYSICAL_CARD_CANCELLED",
        CANCELLED,
        (APPLY, SET, UNLINK),
    ),
    (ACTIVE, EXPIRED, 2, PanelState.BLOCKED, "CARD_EXPIRED", EXPIRED, (APPLY, SET, UNLINK)),
]


@pytest.mark.rule("R3", "R5", "R20")
@pytest.mark.parametrize(
    ("link", "card", "displayed", "state", "reason", "shown", "offered"), FRESH
)
def test_with_the_platform_the_panel_says_what_is_true(
    link: Link | None,
    card: Card | None,
    displayed: int,
    state: PanelState,
    reason: str,
    shown: Card | None,
    offered: tuple[FlowKind, ...],
) -> None:
    panel = panels.fresh(link, card, displayed)

    assert panel == Panel(state=state, reason=reason, card=shown, offered_flows=offered)


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("link", "card", "age", "state", "shown"),
    [
        (ACTIVE, USABLE, 0, PanelState.USABLE, USABLE),
        (ACTIVE, USABLE, TEN_MINUTES, PanelState.USABLE, USABLE),
        (ACTIVE, LOST, TEN_MINUTES, PanelState.BLOCKED, LOST),
        (None, None, TEN_MINUTES, PanelState.NOT_OPENED, None),
        (UNLINKED, None, TEN_MINUTES, PanelState.NOT_OPENED, None),
        (DELIVERED, USABLE, TEN_MINUTES, PanelState.AWAITING_CONSENT, None),
    ],
)
def test_without_the_platform_a_young_copy_is_shown_with_its_age_and_offers_nothing(
    link: Link | None, card: Card | None, age: int, state: PanelState, shown: Card | None
) -> None:
    panel = panels.away(link, card, 2, as_of_time=NOW - age, now=NOW, age_us_max=TEN_MINUTES)

    assert panel.state is state
    assert panel.card == shown
    assert panel.offered_flows == ()
    assert panel.as_of_time == NOW - age


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("link", "card", "age"),
    [
        (ACTIVE, USABLE, TEN_MINUTES + 1),
        (None, None, TEN_MINUTES + 1),
        (ACTIVE, None, 0),
    ],
)
def test_without_the_platform_an_old_or_empty_copy_says_nothing(
    link: Link | None, card: Card | None, age: int
) -> None:
    panel = panels.away(link, card, 2, as_of_time=NOW - age, now=NOW, age_us_max=TEN_MINUTES)

    assert panel == Panel(state=PanelState.UNKNOWN, reason="PLATFORM_UNREACHABLE")
