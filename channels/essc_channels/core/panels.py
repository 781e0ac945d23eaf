"""The home panel: what a person sees of the card, and what can be done about it.

A pure function of what the channel knows. With the platform there it is `fresh`; without it only
the copy speaks, marked with its age and offering nothing (R17); when even that is too old, nothing
can be said.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

from essc_channels.core.flow_records import FlowKind
from essc_channels.core.records import Card, CardState, Instant, Link, LinkState


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


_CARD_PANELS = {
    CardState.USABLE: PanelState.USABLE,
    CardState.BLOCKED: PanelState.BLOCKED,
    CardState.ENDED: PanelState.ENDED,
}


# A new application maps the card to another normal physical card (R4), or issues it anew (R8).
_CURED_BY_APPLYING = frozenset({"PHYSICAL_CARD_CANCELLED", "CARD_EXPIRED"})


def fresh(link: Link | None, card: Card | None, displayed_serial: int) -> Panel:
    """The panel as the platform knows it at this moment."""
    if link is None or link.state is LinkState.UNLINKED:
        return Panel(state=PanelState.NOT_OPENED, offered_flows=(FlowKind.APPLY,))
    assert card is not None, "a link that is held has a card"
    is_displayed = displayed_serial == link.serial
    if card.state is CardState.ENDED:
        return Panel(
            state=PanelState.ENDED,
            reason=card.blocked_reason,
            card=card if is_displayed else replace(card, masked_name="", masked_id_number=""),
            offered_flows=_when_ended(link),
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
    return Panel(
        state=_CARD_PANELS[card.state],
        reason=card.blocked_reason,
        card=card,
        offered_flows=_when_held(card),
    )


def away(
    link: Link | None,
    card: Card | None,
    displayed_serial: int,
    *,
    as_of_time: Instant,
    now: Instant,
    age_us_max: int,
) -> Panel:
    """The panel while the platform is away: the copy with its age, if it is young enough."""
    is_held = link is not None and link.state is not LinkState.UNLINKED
    if now - as_of_time > age_us_max or (is_held and card is None):
        return unknown("PLATFORM_UNREACHABLE")
    panel = fresh(link, card, displayed_serial)
    return replace(panel, offered_flows=(), as_of_time=as_of_time)


def unknown(reason: str) -> Panel:
    """The panel when nothing can be said, and why."""
    return Panel(state=PanelState.UNKNOWN, reason=reason)


def _when_held(card: Card) -> tuple[FlowKind, ...]:
    """Passwords and unlinking stay open whatever the card's status is (R3)."""
    passwords: tuple[FlowKind, ...] = (FlowKind.SET_PASSWORD,)
    if card.password_is_set:
        passwords = (FlowKind.CHANGE_PASSWORD, FlowKind.RESET_PASSWORD)
    if card.state is CardState.USABLE:
        return (FlowKind.SHOW_CARD, *passwords, FlowKind.UNLINK)
    if card.blocked_reason in _CURED_BY_APPLYING:
        return (FlowKind.APPLY, *passwords, FlowKind.UNLINK)
    return (*passwords, FlowKind.UNLINK)


def _when_ended(link: Link) -> tuple[FlowKind, ...]:
    if link.state is LinkState.DELIVERED:
        return (FlowKind.DECLINE_DELIVERY,)
    return (FlowKind.UNLINK,)
