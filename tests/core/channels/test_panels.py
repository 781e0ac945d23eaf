"""The home panel as a decision table: what is known, and what is shown and offered."""

from dataclasses import replace

import pytest

from essc_channels.core import panels
from essc_channels.core.channel_profiles import (
    ChannelClass,
    ChannelProfile,
    Edition,
    IdentityCheck,
    Offer,
)
from essc_channels.core.flow_kinds import FlowKind
from essc_channels.core.panels import Panel, PanelState
from essc_channels.core.records import Card, CardState, Level, Link, LinkState, Words
from essc_channels.profiles import SHIPPED

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
TEN_MINUTES = 600 * SECOND

DELIVERED = Link(link_id="a" * 32, serial=2, state=LinkState.DELIVERED)
ACTIVE = Link(link_id="a" * 32, serial=2, state=LinkState.ACTIVE)
UNLINKED = Link(link_id="a" * 32, serial=2, state=LinkState.UNLINKED)

BARE = ChannelProfile(
    id="x1",
    name=Words("某", "X"),
    channel_class=ChannelClass.SOCIAL,
    identity_checks=(IdentityCheck.TEXT_MESSAGE,),
    offers=(),
)

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
ENDED_KNOWN = replace(ENDED, password_is_set=True)
ENDED_UNSEEN = replace(ENDED, masked_name="", masked_id_number="")

APPLY, ACCEPT, DECLINE = FlowKind.APPLY, FlowKind.ACCEPT_DELIVERY, FlowKind.DECLINE_DELIVERY
DISPLAY, SHOW, UNLINK = FlowKind.CONSENT_TO_DISPLAY, FlowKind.SHOW_CARD, FlowKind.UNLINK
SET, CHANGE, RESET = FlowKind.SET_PASSWORD, FlowKind.CHANGE_PASSWORD, FlowKind.RESET_PASSWORD

CERTIFIED, FAMILY = FlowKind.VIEW_CERTIFICATIONS, FlowKind.VIEW_FAMILY
ADD, REMOVE, LEAVE = FlowKind.ADD_MEMBER, FlowKind.REMOVE_MEMBER, FlowKind.LEAVE_BINDER
# The holder's nationally, so in every channel, whatever it offers itself (R43, R44, R52).
ANYWHERE = (CERTIFIED, FAMILY, REMOVE, LEAVE)

# link, card, serial whose display was consented to; state, reason, card shown, flows offered
FRESH = [
    (None, None, 0, PanelState.NOT_OPENED, "", None, (APPLY,)),
    (UNLINKED, None, 2, PanelState.NOT_OPENED, "", None, (APPLY,)),
    (DELIVERED, ENDED, 0, PanelState.ENDED, "CITIZEN_CANCELLED", ENDED_UNSEEN, (DECLINE,)),
    (ACTIVE, ENDED, 0, PanelState.ENDED, "CITIZEN_CANCELLED", ENDED_UNSEEN, (DISPLAY, UNLINK)),
    (ACTIVE, ENDED, 2, PanelState.ENDED, "CITIZEN_CANCELLED", ENDED, (*ANYWHERE, SET, UNLINK)),
    (DELIVERED, USABLE, 0, PanelState.AWAITING_CONSENT, "", None, (ACCEPT, DECLINE, APPLY)),
    (DELIVERED, LOST, 0, PanelState.AWAITING_CONSENT, "", None, (ACCEPT, DECLINE, APPLY)),
    (ACTIVE, USABLE, 0, PanelState.AWAITING_DISPLAY_CONSENT, "", None, (DISPLAY, UNLINK)),
    (ACTIVE, USABLE, 1, PanelState.AWAITING_DISPLAY_CONSENT, "", None, (DISPLAY, UNLINK)),
    (ACTIVE, LOST, 1, PanelState.AWAITING_DISPLAY_CONSENT, "", None, (DISPLAY, UNLINK)),
    (ACTIVE, USABLE, 2, PanelState.USABLE, "", USABLE, (SHOW, *ANYWHERE, SET, UNLINK)),
    (
        ACTIVE,
        WITH_PASSWORD,
        2,
        PanelState.USABLE,
        "",
        WITH_PASSWORD,
        (SHOW, *ANYWHERE, CHANGE, RESET, UNLINK),
    ),
    (
        ACTIVE,
        LOST,
        2,
        PanelState.BLOCKED,
        "PHYSICAL_CARD_LOST",
        LOST,
        (*ANYWHERE, CHANGE, RESET, UNLINK),
    ),
    (
        ACTIVE,
        CANCELLED,
        2,
        PanelState.BLOCKED,
        "PHYSICAL_CARD_CANCELLED",
        CANCELLED,
        (APPLY, *ANYWHERE, SET, UNLINK),
    ),
    (
        ACTIVE,
        EXPIRED,
        2,
        PanelState.BLOCKED,
        "CARD_EXPIRED",
        EXPIRED,
        (APPLY, *ANYWHERE, SET, UNLINK),
    ),
]


@pytest.mark.rule("R3", "R5", "R20", "R43", "R52")
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
    panel = panels.fresh(link, card, displayed, BARE)

    is_shown = state in (PanelState.USABLE, PanelState.BLOCKED)
    assert panel == Panel(
        state=state,
        reason=reason,
        card=shown,
        offered_flows=offered,
        level=Level.QUERY if is_shown else None,
    )


ALL = replace(BARE, offers=tuple(Offer))
PAYING = replace(ACTIVE, level=Level.PAYMENT)
ALLOWED = replace(ACTIVE, allow_until_time=NOW + SECOND)
SERVICES = (FlowKind.USE_SERVICE, FlowKind.VIEW_USES)
CERTIFYING = (FlowKind.CERTIFY, CERTIFIED)
PAY, ORDERS = FlowKind.PAY, FlowKind.VIEW_ORDERS
RAISE, LOWER = FlowKind.RAISE_LEVEL, FlowKind.LOWER_LEVEL
FREE_ON, FREE_OFF = FlowKind.PASSWORD_FREE_ON, FlowKind.PASSWORD_FREE_OFF
CODE, LOST_USE = FlowKind.SHOW_CODE, FlowKind.ALLOW_WHILE_LOST

# what the channel offers, link, card; flows offered between showing the card and the passwords
OFFERED = [
    ((Offer.CODE,), ACTIVE, USABLE, (SHOW, CODE, *ANYWHERE)),
    ((Offer.PAYMENT,), ACTIVE, USABLE, (SHOW, ORDERS, RAISE, FREE_OFF, *ANYWHERE)),
    ((Offer.PAYMENT,), PAYING, USABLE, (SHOW, PAY, ORDERS, FREE_ON, FREE_OFF, LOWER, *ANYWHERE)),
    ((Offer.SERVICES,), ACTIVE, USABLE, (SHOW, *SERVICES, *ANYWHERE)),
    ((Offer.CERTIFICATION,), ACTIVE, USABLE, (SHOW, FlowKind.CERTIFY, *ANYWHERE)),
    ((Offer.FAMILY,), ACTIVE, USABLE, (SHOW, CERTIFIED, FAMILY, ADD, REMOVE, LEAVE)),
    ((Offer.CODE,), ACTIVE, LOST, ANYWHERE),
    ((Offer.PAYMENT,), ACTIVE, LOST, (ORDERS, FREE_OFF, *ANYWHERE)),
    ((Offer.PAYMENT,), PAYING, LOST, (ORDERS, FREE_OFF, LOWER, *ANYWHERE)),
    ((Offer.SERVICES,), ACTIVE, LOST, (FlowKind.VIEW_USES, *ANYWHERE)),
    ((Offer.CERTIFICATION,), ACTIVE, LOST, ANYWHERE),
    ((Offer.FAMILY,), ACTIVE, LOST, ANYWHERE),
    ((Offer.CODE,), ALLOWED, LOST, (SHOW, CODE, *ANYWHERE)),
    ((Offer.CODE,), ACTIVE, ENDED, ANYWHERE),
    ((Offer.PAYMENT,), ACTIVE, ENDED, (ORDERS, FREE_OFF, *ANYWHERE)),
    ((Offer.PAYMENT,), PAYING, ENDED_KNOWN, (ORDERS, FREE_OFF, LOWER, *ANYWHERE)),
    ((Offer.SERVICES,), ACTIVE, ENDED, (FlowKind.VIEW_USES, *ANYWHERE)),
    ((Offer.CERTIFICATION,), ACTIVE, ENDED, ANYWHERE),
    ((Offer.FAMILY,), ACTIVE, ENDED, ANYWHERE),
]


@pytest.mark.rule("R3", "R26", "R30", "R40", "R50", "R61", "R62")
@pytest.mark.parametrize(("offers", "link", "card", "offered"), OFFERED)
def test_a_channel_offers_what_its_profile_says_and_the_cards_status_allows(
    offers: tuple[Offer, ...], link: Link, card: Card, offered: tuple[FlowKind, ...]
) -> None:
    panel = panels.fresh(link, card, 2, replace(BARE, offers=offers))

    passwords = (CHANGE, RESET) if card.password_is_set else (SET,)
    assert panel.offered_flows == (*offered, *passwords, UNLINK)


@pytest.mark.rule("R43", "R44", "R52")
@pytest.mark.parametrize("profile", SHIPPED, ids=lambda profile: profile.id)
def test_every_shipped_channel_shows_and_ends_what_is_the_holders_nationally(
    profile: ChannelProfile,
) -> None:
    for card in (USABLE, LOST, ENDED):
        offered = panels.fresh(ACTIVE, card, 2, profile).offered_flows

        assert set(ANYWHERE) <= set(offered)
        is_adding = card is USABLE and Offer.FAMILY in profile.offers
        assert (ADD in offered) is is_adding


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("card", "is_consent_to_loss", "is_offered"),
    [
        (LOST, True, True),
        (LOST, False, False),
        (CANCELLED, True, False),
        (USABLE, True, False),
    ],
)
def test_only_a_lost_card_can_be_opened_and_only_by_the_national_policy(
    card: Card, is_consent_to_loss: bool, is_offered: bool
) -> None:
    panel = panels.fresh(ACTIVE, card, 2, BARE, is_consent_to_loss=is_consent_to_loss)

    assert (LOST_USE in panel.offered_flows) is is_offered


@pytest.mark.rule("R3", "R17")
def test_a_link_that_was_opened_for_a_loss_is_usable_until_its_time_and_not_in_a_stale_copy() -> (
    None
):
    fresh = panels.fresh(ALLOWED, LOST, 2, BARE)
    young = panels.away(ALLOWED, LOST, 2, BARE, as_of_time=NOW, now=NOW, age_us_max=TEN_MINUTES)
    late = panels.away(
        ALLOWED, LOST, 2, BARE, as_of_time=NOW, now=NOW + SECOND, age_us_max=TEN_MINUTES
    )

    assert (fresh.state, fresh.reason) == (PanelState.USABLE, "")
    assert fresh.allow_until_time == NOW + SECOND
    assert (young.state, young.offered_flows) == (PanelState.USABLE, ())
    assert (late.state, late.reason) == (PanelState.BLOCKED, "PHYSICAL_CARD_LOST")
    assert late.allow_until_time is None


@pytest.mark.rule("R93")
def test_only_a_channel_that_may_show_all_names_offers_the_full_record() -> None:
    full = replace(BARE, shows_all_channels=True)

    assert FlowKind.VIEW_RECORDS in panels.fresh(ACTIVE, USABLE, 2, full).offered_flows
    assert FlowKind.VIEW_RECORDS in panels.fresh(ACTIVE, LOST, 2, full).offered_flows
    assert FlowKind.VIEW_RECORDS in panels.fresh(ACTIVE, ENDED, 2, full).offered_flows
    assert FlowKind.VIEW_RECORDS not in panels.fresh(ACTIVE, USABLE, 2, BARE).offered_flows


@pytest.mark.rule("R50")
@pytest.mark.parametrize(
    ("link", "card", "offered"),
    [
        (None, None, (APPLY,)),
        (DELIVERED, USABLE, (ACCEPT, APPLY)),
        (ACTIVE, USABLE, (*CERTIFYING, CODE, SHOW)),
        (ACTIVE, LOST, (CERTIFIED,)),
        (ACTIVE, ENDED, (CERTIFIED,)),
    ],
)
def test_the_elder_edition_is_short_and_certification_comes_first(
    link: Link | None, card: Card | None, offered: tuple[FlowKind, ...]
) -> None:
    panel = panels.fresh(link, card, 2, ALL)

    elder = panels.drawn(panel, Edition.ELDER)
    standard = panels.drawn(panel, Edition.STANDARD)

    assert (elder.edition, elder.offered_flows) == (Edition.ELDER, offered)
    assert (standard.edition, standard.offered_flows) == (Edition.STANDARD, panel.offered_flows)


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
    panel = panels.away(link, card, 2, BARE, as_of_time=NOW - age, now=NOW, age_us_max=TEN_MINUTES)

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
    panel = panels.away(link, card, 2, BARE, as_of_time=NOW - age, now=NOW, age_us_max=TEN_MINUTES)

    assert panel == Panel(state=PanelState.UNKNOWN, reason="PLATFORM_UNREACHABLE")
