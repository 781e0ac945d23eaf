"""The home panel: what a person sees of the card, and what can be done about it.

A pure function of what the channel knows. With the platform there it is `fresh`; without it only
the copy speaks, marked with its age and offering nothing (R17); when even that is too old, nothing
can be said.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

from essc_channels.core.card_errands import Member
from essc_channels.core.channel_profiles import ChannelProfile, Edition, Offer
from essc_channels.core.flow_kinds import FlowKind
from essc_channels.core.records import Card, CardState, Instant, Level, Link, LinkState


class PanelState(IntEnum):
    """Of the panel; numbers as in the contract."""

    NOT_OPENED = 1
    AWAITING_CONSENT = 2
    AWAITING_DISPLAY_CONSENT = 3
    USABLE = 4
    BLOCKED = 5
    ENDED = 6
    UNKNOWN = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The card as the home page shows it."""

    state: PanelState
    reason: str = ""
    card: Card | None = None
    offered_flows: tuple[FlowKind, ...] = ()
    as_of_time: Instant | None = None
    level: Level | None = None
    allow_until_time: Instant | None = None
    members: tuple[Member, ...] = ()
    edition: Edition = Edition.STANDARD


# A new application maps the card to another normal physical card (R4), or issues it anew (R8).
_CURED_BY_APPLYING = frozenset({"PHYSICAL_CARD_CANCELLED", "CARD_EXPIRED"})
LOSSES = frozenset({"PHYSICAL_CARD_TEMPORARILY_LOST", "PHYSICAL_CARD_LOST"})
# R3: refused while the card is not normal.
_NEEDS_GOOD_CARD = frozenset(
    {
        FlowKind.SHOW_CODE,
        FlowKind.PAY,
        FlowKind.RAISE_LEVEL,
        FlowKind.PASSWORD_FREE_ON,
        FlowKind.USE_SERVICE,
        FlowKind.CERTIFY,
        FlowKind.ADD_MEMBER,
    }
)


# R50: few entries, certification first. Whatever else there is can be started all the same.
_ELDER_FLOWS = (
    FlowKind.CERTIFY,
    FlowKind.VIEW_CERTIFICATIONS,
    FlowKind.SHOW_CODE,
    FlowKind.SHOW_CARD,
    FlowKind.ACCEPT_DELIVERY,
    FlowKind.CONSENT_TO_DISPLAY,
    FlowKind.APPLY,
)


def fresh(
    link: Link | None,
    card: Card | None,
    displayed_serial: int,
    profile: ChannelProfile,
    *,
    is_consent_to_loss: bool = False,
) -> Panel:
    """The panel as the platform knows it at this moment.

    `is_consent_to_loss` is the national policy for lost cards: may holders open one link (R3)?
    """
    if link is None or link.state is LinkState.UNLINKED:
        return Panel(state=PanelState.NOT_OPENED, offered_flows=(FlowKind.APPLY,))
    assert card is not None, "a link that is held has a card"
    is_displayed = displayed_serial == link.serial
    if card.state is CardState.ENDED:
        return Panel(
            state=PanelState.ENDED,
            reason=card.blocked_reason,
            card=card if is_displayed else replace(card, masked_name="", masked_id_number=""),
            offered_flows=_when_ended(link, card, profile, is_displayed=is_displayed),
        )
    if link.state is LinkState.DELIVERED:
        # Applying activates the delivered link as well (R5), where a person would rather do that.
        offered = (FlowKind.ACCEPT_DELIVERY, FlowKind.DECLINE_DELIVERY, FlowKind.APPLY)
        return Panel(state=PanelState.AWAITING_CONSENT, offered_flows=offered)
    if not is_displayed:
        return Panel(
            state=PanelState.AWAITING_DISPLAY_CONSENT,
            offered_flows=(FlowKind.CONSENT_TO_DISPLAY, FlowKind.UNLINK),
        )
    is_open = card.state is CardState.USABLE or link.allow_until_time is not None
    return Panel(
        state=PanelState.USABLE if is_open else PanelState.BLOCKED,
        reason="" if is_open else card.blocked_reason,
        card=card,
        offered_flows=_when_held(
            link, card, profile, is_open=is_open, is_consent_to_loss=is_consent_to_loss
        ),
        level=link.level,
        allow_until_time=link.allow_until_time,
    )


def drawn(panel: Panel, edition: Edition) -> Panel:
    """The panel as an edition draws it."""
    if edition is not Edition.ELDER:
        return replace(panel, edition=edition)
    few = tuple(kind for kind in _ELDER_FLOWS if kind in panel.offered_flows)
    return replace(panel, edition=edition, offered_flows=few or panel.offered_flows)


def away(
    link: Link | None,
    card: Card | None,
    displayed_serial: int,
    profile: ChannelProfile,
    *,
    as_of_time: Instant,
    now: Instant,
    age_us_max: int,
) -> Panel:
    """The panel while the platform is away: the copy with its age, if it is young enough."""
    is_held = link is not None and link.state is not LinkState.UNLINKED
    if now - as_of_time > age_us_max or (is_held and card is None):
        return unknown("PLATFORM_UNREACHABLE")
    if link is not None and link.allow_until_time is not None and now >= link.allow_until_time:
        link = replace(link, allow_until_time=None)
    panel = fresh(link, card, displayed_serial, profile)
    return replace(panel, offered_flows=(), as_of_time=as_of_time)


def unknown(reason: str) -> Panel:
    """The panel when nothing can be said, and why."""
    return Panel(state=PanelState.UNKNOWN, reason=reason)


def _when_held(
    link: Link,
    card: Card,
    profile: ChannelProfile,
    *,
    is_open: bool,
    is_consent_to_loss: bool,
) -> tuple[FlowKind, ...]:
    """What stays open whatever the card's status is, and around it what needs a good card (R3)."""
    if is_open:
        return (FlowKind.SHOW_CARD, *_with_a_good_card(link, profile), *_last(card, profile))
    cure: tuple[FlowKind, ...] = ()
    if card.blocked_reason in _CURED_BY_APPLYING:
        cure = (FlowKind.APPLY,)
    elif card.blocked_reason in LOSSES and is_consent_to_loss:
        cure = (FlowKind.ALLOW_WHILE_LOST,)
    return (*cure, *_with_any_card(link, profile), *_last(card, profile))


def _last(card: Card, profile: ChannelProfile) -> tuple[FlowKind, ...]:
    passwords: tuple[FlowKind, ...] = (FlowKind.SET_PASSWORD,)
    if card.password_is_set:
        passwords = (FlowKind.CHANGE_PASSWORD, FlowKind.RESET_PASSWORD)
    records = (FlowKind.VIEW_RECORDS,) if profile.shows_all_channels else ()
    return (*records, *passwords, FlowKind.UNLINK)


def _with_a_good_card(link: Link, profile: ChannelProfile) -> tuple[FlowKind, ...]:
    """What the profile offers, and in every channel what is the holder's nationally (R43, R52)."""
    offered: list[FlowKind] = []
    if Offer.CODE in profile.offers:
        offered += [FlowKind.SHOW_CODE]
    if Offer.PAYMENT in profile.offers:
        offered += _payments(link)
    if Offer.SERVICES in profile.offers:
        offered += [FlowKind.USE_SERVICE, FlowKind.VIEW_USES]
    if Offer.CERTIFICATION in profile.offers:
        offered += [FlowKind.CERTIFY]
    offered += [FlowKind.VIEW_CERTIFICATIONS, FlowKind.VIEW_FAMILY]
    if Offer.FAMILY in profile.offers:
        offered += [FlowKind.ADD_MEMBER]
    offered += [FlowKind.REMOVE_MEMBER, FlowKind.LEAVE_BINDER]
    return tuple(offered)


def _payments(link: Link) -> list[FlowKind]:
    """By the link's level; what only gives a right up is open at any."""
    if link.level is not Level.PAYMENT:
        return [FlowKind.VIEW_ORDERS, FlowKind.RAISE_LEVEL, FlowKind.PASSWORD_FREE_OFF]
    return [
        FlowKind.PAY,
        FlowKind.VIEW_ORDERS,
        FlowKind.PASSWORD_FREE_ON,
        FlowKind.PASSWORD_FREE_OFF,
        FlowKind.LOWER_LEVEL,
    ]


def _with_any_card(link: Link, profile: ChannelProfile) -> tuple[FlowKind, ...]:
    offered = _with_a_good_card(link, profile)
    return tuple(kind for kind in offered if kind not in _NEEDS_GOOD_CARD)


def _when_ended(
    link: Link, card: Card, profile: ChannelProfile, *, is_displayed: bool
) -> tuple[FlowKind, ...]:
    """What stays open for good once the person is cancelled (R3, R9)."""
    if link.state is LinkState.DELIVERED:
        return (FlowKind.DECLINE_DELIVERY,)
    if not is_displayed:
        return (FlowKind.CONSENT_TO_DISPLAY, FlowKind.UNLINK)
    return (*_with_any_card(link, profile), *_last(card, profile))
