"""The model's part about refusals: what must have been so for a reason to be given.

Only what a reason itself says is compared. A reason that is not in the table says nothing, and
neither does one that is about something which the model does not keep: proofs, devices, levels.
"""

from collections.abc import Callable

from essc_workbench.judges.linearizability import bureau, errands, family, passwords
from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.holdings import LAPSE_US, Known, States
from essc_workbench.judges.linearizability.operations import Operation, Side
from essc_workbench.judges.linearizability.people import number
from essc_workbench.judges.linearizability.state import LinkSeen, State

Refusal = Callable[[State, Operation, Known], States]

# In which states a link is not active enough, where that is not all but active.
_NOT_ACTIVE = {"GetCard": (of.UNLINKED,), "Unlink": (of.DELIVERED,)}


def link_not_found(state: State, operation: Operation, known: Known) -> States:
    """The channel has no link of this person; for a check, none that is delivered or active."""
    seen = state.link(operation.channel)
    if operation.channel in known.exited or operation.method == "FindLink":
        # Looking for a link by a wrong name is answered so too.
        return (state,)
    if operation.method == "StartChallenge":
        is_held = seen is not None and seen.state in (of.DELIVERED, of.ACTIVE)
        return () if is_held else (state,)
    if seen is None or seen.state == of.NONE:
        return (state.put((of.link(operation.channel), LinkSeen(of.NONE, 0))),)
    return ()


def link_not_active(state: State, operation: Operation, known: Known) -> States:
    """The link is delivered only, or unlinked."""
    states = _NOT_ACTIVE.get(operation.method, (of.DELIVERED, of.UNLINKED))
    seen = state.link(operation.channel)
    if operation.channel in known.exited or seen is None or seen.state in states:
        return (state,)
    is_delivered_anew = seen.may_be_delivered and of.DELIVERED in states
    return (state,) if is_delivered_anew else ()


def link_exists(state: State, operation: Operation, known: Known) -> States:
    """The link is active."""
    seen = state.link(operation.channel)
    if operation.channel in known.exited or (seen is not None and seen.state == of.ACTIVE):
        return (state,)
    return () if seen is not None else (state.put((of.link(operation.channel), _SOME_ACTIVE)),)


def link_serial_old(state: State, operation: Operation, known: Known) -> States:
    """The link has another serial than the one that was asked for."""
    seen = state.link(operation.channel)
    if operation.channel in known.exited or seen is None or seen.may_be_delivered:
        return (state,)
    is_of_serial = seen.serial == number(operation.asked, "serial")
    return () if is_of_serial else (state,)


def link_not_delivered(state: State, operation: Operation, known: Known) -> States:
    """The link is active, or unlinked."""
    seen = state.link(operation.channel)
    if operation.channel in known.exited or seen is None:
        return (state,)
    return () if seen.state == of.DELIVERED else (state,)


def card_not_lost(state: State, operation: Operation, _known: Known) -> States:
    """The physical card is not lost, or not any more."""
    mapped = state.get(of.MAPPED)
    status = state.get(of.physical(mapped)) if isinstance(mapped, str) and mapped else None
    may_have_lapsed = status == of.TEMPORARILY_LOST and operation.may_be_over(LAPSE_US)
    is_lost = status in (of.LOST, of.TEMPORARILY_LOST) and not may_have_lapsed
    return () if is_lost else (state,)


def loss_allowed_already(state: State, _operation: Operation, _known: Known) -> States:
    """Some link was opened for the loss."""
    was_any_opened = any(opened for _, opened in state.of_kind("opened"))
    return (state,) if was_any_opened or not state.is_born else ()


def citizen_cancelled(state: State, _operation: Operation, _known: Known) -> States:
    """The person is cancelled."""
    return () if state.get(of.CANCELLED) is False else (state.put((of.CANCELLED, True)),)


def binding_not_found(state: State, operation: Operation, known: Known) -> States:
    """There is no such binding, or it is not good any more."""
    is_gone = {operation.other, operation.citizen} & known.departed
    if not operation.other or operation.is_rebound or is_gone:
        return (state,)
    holds = of.binder if operation.method == "LeaveBinder" else of.member
    return () if state.get(holds(operation.other)) is True else (state,)


def member_bound_already(state: State, operation: Operation, _known: Known) -> States:
    """The member is bound by this holder."""
    if not operation.other:
        return (state,)
    is_bound = state.get(of.member(operation.other))
    return () if is_bound is False else (state.put((of.member(operation.other), True)),)


def _if(holds: Callable[[State, Operation], bool]) -> Refusal:
    """The reason can be given where this may have been so."""
    return lambda state, operation, _known: (state,) if holds(state, operation) else ()


def _status(status: str) -> Refusal:
    return _if(lambda state, operation: bureau.has_status(state, status, operation))


_SOME_ACTIVE = LinkSeen(of.ACTIVE, 0)
OF_THE_FIRST: dict[str, Refusal] = {
    "BINDING_NOT_FOUND": binding_not_found,
    "CARD_NOT_LOST": card_not_lost,
    "CITIZEN_CANCELLED": citizen_cancelled,
    "CITIZEN_NOT_FOUND": _if(lambda state, _: not state.is_born),
    "LINK_EXISTS": link_exists,
    "LINK_NOT_ACTIVE": link_not_active,
    "LINK_NOT_DELIVERED": link_not_delivered,
    "LINK_NOT_FOUND": link_not_found,
    "LINK_SERIAL_OLD": link_serial_old,
    "LOSS_ALLOWED_ALREADY": loss_allowed_already,
    "MEMBER_BOUND_ALREADY": member_bound_already,
    "ORDER_SETTLING": _if(errands.is_settling),
    "ORDER_STATE_FORBIDS": _if(errands.state_forbids),
    "PASSWORD_LOCKED": lambda state, operation, _: passwords.refused_as_locked(state, operation),
    "PASSWORD_NOT_SET": lambda state, *_: passwords.not_set(state),
    "PASSWORD_SET_ALREADY": lambda state, *_: passwords.set_already(state),
    "PASSWORD_WRONG": lambda state, operation, _: passwords.wrong(state, operation),
    "PHYSICAL_CARD_CANCELLED": _status(of.CARD_CANCELLED),
    "PHYSICAL_CARD_EXISTS": _if(bureau.exists),
    "PHYSICAL_CARD_LOCKED": _status(of.LOCKED_CARD),
    "PHYSICAL_CARD_LOST": _status(of.LOST),
    "PHYSICAL_CARD_NOT_FOUND": _if(bureau.has_no_card),
    "PHYSICAL_CARD_SEALED": _status(of.SEALED),
    "PHYSICAL_CARD_STATUS_FORBIDS": _if(bureau.forbids),
    "PHYSICAL_CARD_TEMPORARILY_LOST": _status(of.TEMPORARILY_LOST),
    "PLACES_USED_UP": _if(family.are_used_up),
    "RECIPIENT_EXISTS": _if(lambda state, _: state.get(of.RECIPIENT) is not False),
    "NOT_A_RECIPIENT": _if(lambda state, _: state.get(of.RECIPIENT) is not True),
}
"""Reasons about whoever's link, card or order it is."""
OF_THE_SECOND: dict[str, Refusal] = {
    "BINDERS_TOO_MANY": _if(lambda state, _: family.are_too_many(state)),
    "MEMBER_CARD_NOT_NORMAL": _if(lambda state, _: bureau.is_not_normal(state)),
    "NOT_A_RECIPIENT": OF_THE_FIRST["NOT_A_RECIPIENT"],
    "PASSWORD_LOCKED": OF_THE_FIRST["PASSWORD_LOCKED"],
    "PASSWORD_NOT_SET": OF_THE_FIRST["PASSWORD_NOT_SET"],
}
"""Reasons about whoever is acted for, or added."""


def refusal_of(operation: Operation) -> Refusal | None:
    """What a refusal says of this citizen; None if nothing that is compared here."""
    is_for_another = operation.side is Side.FIRST and "binding_id" in operation.asked
    if is_for_another and operation.reason == "NOT_A_RECIPIENT":
        return None  # it is the member who is none
    is_check_of_member = "subject.member.binding_id" in operation.asked
    if is_check_of_member and operation.side is Side.FIRST and "PASSWORD" in operation.reason:
        return None  # it is the member's password
    table = OF_THE_FIRST if operation.side is Side.FIRST else OF_THE_SECOND
    return table.get(operation.reason)
