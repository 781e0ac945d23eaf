"""The model's part about cards and links: what a citizen's cards and links allow, and become.

Each function takes a state and answers the states that fit: none if what was seen cannot be.
Nothing here is taken from the platform; it is the rules once more, as the contract tells them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from essc_workbench.history.items import Outcome
from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.operations import Operation
from essc_workbench.judges.linearizability.people import number, text
from essc_workbench.judges.linearizability.state import LinkSeen, State

States = tuple[State, ...]

DAY_US = 86_400_000_000
# A temporary loss lasts 7 days at the least, which end at midnight. What ends by time is only ever
# allowed to have ended, so the shortest span is the safe one.
LAPSE_US = 6 * DAY_US
CARD_US = 9 * 365 * DAY_US


@dataclass(frozen=True, slots=True)
class Known:
    """What holds for everybody in a run."""

    is_loss_excepted: bool = False
    """Whether a holder may open one link of a lost card."""
    exited: frozenset[str] = frozenset()
    """Channels that left, whose links end at a time that nobody tells."""
    departed: frozenset[str] = frozenset()
    """Citizens who were cancelled: their bindings count for nobody any more."""


def is_told(operation: Operation) -> bool:
    """Whether there is an answer to compare with."""
    return operation.outcome is Outcome.OK


# --- links -----------------------------------------------------------------------------------


def active(state: State, channel: str, known: Known) -> States:
    """The channel's link is active."""
    if channel in known.exited:
        return (state,)
    seen = state.link(channel)
    if seen is None:
        return (state.put((of.link(channel), LinkSeen(of.ACTIVE, 0))),)
    return (state,) if seen.state == of.ACTIVE else ()


def of_serial(state: State, operation: Operation, known: Known) -> States:
    """The channel's link is active, under the serial that was asked for."""
    serial = number(operation.asked, "serial")
    found: list[State] = []
    for each in active(state, operation.channel, known):
        seen = each.link(operation.channel)
        if operation.channel in known.exited or seen is None:
            found.append(each)
        elif seen.serial in (0, serial):
            found.append(each.put((of.link(operation.channel), LinkSeen(of.ACTIVE, serial))))
    return tuple(after for each in found for after in link_shown(each, operation, known))


def link_shown(state: State, operation: Operation, known: Known) -> States:
    """The channel's link is as the answer shows it."""
    shown = text(operation.told, "link.state")
    if not shown or operation.channel in known.exited:
        return (state,)
    serial = number(operation.told, "link.serial")
    seen = state.link(operation.channel)
    after = state.put((of.link(operation.channel), LinkSeen(shown, serial)))
    if seen is None:
        return (after,)
    if seen.state == shown and (seen.serial in (0, serial)):
        return (after,)
    return (after,) if shown == of.DELIVERED and _is_delivered_anew(seen, serial) else ()


def apply(state: State, operation: Operation, known: Known) -> States:
    """A card in order, and an active link: of a delivered one's serial, else of a new one."""
    if state.get(of.CANCELLED) is True or not _is_shown_normal(operation):
        return ()
    mapped = applied_for(state, operation)
    if operation.channel in known.exited:
        return mapped
    seen = state.link(operation.channel)
    told = number(operation.told, "link.serial")
    serial = told if seen is None else _serial_after_apply(seen)
    if seen is not None and seen.state == of.ACTIVE and not _is_remappable(state, operation):
        return ()
    if is_told(operation) and serial and told != serial:
        return ()
    link = LinkSeen(of.ACTIVE, serial or told)
    return tuple(each.put((of.link(operation.channel), link)) for each in mapped)


def accept_delivery(state: State, operation: Operation, known: Known) -> States:
    """A delivered link becomes active, for a card in order."""
    if not _is_shown_normal(operation):
        return ()
    serial = number(operation.asked, "serial")
    accepted = LinkSeen(of.ACTIVE, serial)
    return tuple(
        after
        for waiting in _delivered(state, operation, known)
        for each in usable(waiting, operation, known, channel="")
        for after in link_shown(each.put((of.link(operation.channel), accepted)), operation, known)
    )


def decline_delivery(state: State, operation: Operation, known: Known) -> States:
    """A delivered link becomes unlinked."""
    declined = LinkSeen(of.UNLINKED, number(operation.asked, "serial"))
    waiting = _delivered(state, operation, known)
    return tuple(each.put((of.link(operation.channel), declined)) for each in waiting)


def unlink(state: State, operation: Operation, known: Known) -> States:
    """An active link becomes unlinked; an unlinked one is so already."""
    channel, seen = operation.channel, state.link(operation.channel)
    if channel in known.exited:
        return (state,)
    asked = number(operation.asked, "serial")
    serial = number(operation.told, "link.serial") or asked
    after = state.put((of.link(channel), LinkSeen(of.UNLINKED, serial)))
    if seen is None:
        return (after,)
    if seen.state == of.ACTIVE and seen.serial in (0, asked) and serial == asked:
        return (after,)
    is_so_already = seen.state == of.UNLINKED and is_told(operation)
    return (after,) if is_so_already and seen.serial in (0, serial) else ()


def _delivered(state: State, operation: Operation, known: Known) -> States:
    if operation.channel in known.exited:
        return (state,)
    seen = state.link(operation.channel)
    serial = number(operation.asked, "serial")
    if seen is None or (seen.state == of.DELIVERED and seen.serial in (0, serial)):
        return (state,)
    return (state,) if _is_delivered_anew(seen, serial) else ()


def _is_delivered_anew(seen: LinkSeen, serial: int) -> bool:
    if not seen.may_be_delivered:
        return False
    return serial == seen.serial + 1 or (seen.state == of.UNLINKED and not seen.serial)


def _serial_after_apply(seen: LinkSeen) -> int:
    """The serial that an application leads to; 0 if that is not known."""
    if seen.state == of.NONE:
        return 1
    if seen.state == of.UNLINKED:
        return seen.serial + 1 if seen.serial else 0
    return seen.serial


def _is_remappable(state: State, operation: Operation) -> bool:
    """Whether applying where the link is active already may have had something to do."""
    mapped = state.get(of.MAPPED)
    status = state.get(of.physical(mapped)) if isinstance(mapped, str) and mapped else None
    return status in (None, of.CARD_CANCELLED) or operation.may_be_over(CARD_US)


# --- cards -----------------------------------------------------------------------------------


def usable(state: State, operation: Operation, known: Known, channel: str) -> States:
    """The electronic card may be used, through this channel's link; "" for none in particular."""
    if state.get(of.CANCELLED) is True:
        return ()
    mapped = state.get(of.MAPPED)
    if mapped is None:
        return (state,)
    if not isinstance(mapped, str) or not mapped:
        return ()
    normal = with_status(state, mapped, of.NORMAL, operation)
    status = state.get(of.physical(mapped))
    is_excepted = known.is_loss_excepted and channel and state.get(of.opened(channel)) is not False
    if is_excepted and status in (None, of.LOST, of.TEMPORARILY_LOST):
        return (state, *(each for each in normal if each != state))
    return normal


def with_status(state: State, card_id: str, status: str, operation: Operation) -> States:
    """A physical card has a status; a temporary loss may have lifted itself meanwhile."""
    now = state.get(of.physical(card_id))
    if now is None:
        return (state.put((of.physical(card_id), status)),)
    if now == status:
        return (state,)
    is_lapsed = now == of.TEMPORARILY_LOST and operation.may_be_over(LAPSE_US)
    if is_lapsed and status == of.NORMAL:
        return (state.put((of.physical(card_id), status)),)
    return ()


def card_shown(state: State, operation: Operation, _known: Known) -> States:
    """The electronic card is as the answer shows it."""
    status = text(operation.told, "card.physical_card_status")
    if not status:
        return (state,)
    ended = text(operation.told, "card.state") == "STATE_ENDED"
    if state.get(of.CANCELLED) not in (None, ended):
        return ()
    state = state.put((of.CANCELLED, ended))
    mapped = state.get(of.MAPPED)
    if isinstance(mapped, str):
        return with_status(state, mapped, status, operation) if mapped else ()
    if not operation.cards:
        return (state,)
    return _mapped_to(state, operation.cards, status, operation)


def applied_for(state: State, operation: Operation) -> States:
    """An application ties the card to a physical card in order, unless it is tied to one."""
    mapped = state.get(of.MAPPED)
    status = state.get(of.physical(mapped)) if isinstance(mapped, str) and mapped else None
    if isinstance(mapped, str) and mapped and status not in (None, of.CARD_CANCELLED):
        return with_status(state, mapped, of.NORMAL, operation)
    if not operation.cards:
        if state.is_born and not any(_may_be_normal(each) for _, each in state.of_kind("physical")):
            return () if state.get(of.HIDDEN) is None else (state.put((of.MAPPED, None)),)
        return (state.put((of.MAPPED, None)),)
    return _mapped_to(state, operation.cards, of.NORMAL, operation)


def _is_shown_normal(operation: Operation) -> bool:
    """Whether the answer, if it shows the physical card's status, shows that it is in order."""
    return text(operation.told, "card.physical_card_status") in ("", of.NORMAL)


def _may_be_normal(status: object) -> bool:
    return status in (None, of.NORMAL, of.TEMPORARILY_LOST)


def _mapped_to(state: State, cards: Iterable[str], status: str, operation: Operation) -> States:
    """The card is tied to one of these, which has this status."""
    return tuple(
        each.put((of.MAPPED, card_id))
        for card_id in cards
        for each in with_status(state, card_id, status, operation)
    )
