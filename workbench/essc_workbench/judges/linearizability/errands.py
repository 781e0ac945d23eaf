"""The model's part about certifications and orders."""

from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.codes import acted_for
from essc_workbench.judges.linearizability.holdings import (
    DAY_US,
    Known,
    States,
    active,
    is_told,
    usable,
)
from essc_workbench.judges.linearizability.operations import Operation, Side, count
from essc_workbench.judges.linearizability.people import number, text
from essc_workbench.judges.linearizability.state import State

RENEWAL_US = 270 * DAY_US
"""A certification counts twelve months and can be renewed in the last 90 days; a few days less."""
ORDER_US = DAY_US - 60_000_000
"""An order waits a day to be paid; a minute less, so that no clock is asked too much."""
_SOME_TIME = -1
_PAYABLE = frozenset({"STATE_OPEN", "STATE_UNPAID"})
# What the bank's word makes of an order, whenever it comes.
_BY_ITSELF = {
    "STATE_SETTLING": frozenset({"STATE_SETTLED", "STATE_UNPAID"}),
    "STATE_REFUNDING": frozenset({"STATE_REFUNDED", "STATE_SETTLED"}),
}


def certify(state: State, operation: Operation, known: Known) -> States:
    """A certification, or the one that stands; of the holder, or of a member by the holder."""
    is_of_member = "binding_id" in operation.asked
    if operation.side is Side.SECOND:
        states = acted_for(state, operation, known)
        return tuple(after for each in states for after in _certified(each, operation))
    if is_of_member and state.get(of.member(operation.other)) is False:
        return ()
    found = tuple(
        each
        for linked in active(state, operation.channel, known)
        for each in usable(linked, operation, known, operation.channel)
    )
    if is_of_member:
        return found
    return tuple(after for each in found for after in _certified(each, operation))


def list_certifications(state: State, operation: Operation, known: Known) -> States:
    """The newest certification, on the first page."""
    is_of_member = "binding_id" in operation.asked
    states: States = (state,)
    if operation.side is Side.FIRST:
        states = active(state, operation.channel, known)
    if "page_token" in operation.asked or is_of_member == (operation.side is Side.FIRST):
        return states
    newest = number(operation.told, "certifications.0.certify_time")
    return tuple(after for each in states for after in _stands(each, newest))


def create_order(state: State, operation: Operation, _known: Known) -> States:
    """An order is made, open."""
    order_id = text(operation.told, "order.order_id")
    if not is_told(operation):
        return (state.put((of.HIDDEN, True)),)
    return () if state.get(of.order(order_id)) else (state.put((of.order(order_id), "STATE_OPEN")),)


def pay(state: State, operation: Operation, known: Known) -> States:
    """An order that can be paid is settling from then on."""
    key = of.order(text(operation.asked, "order_id"))
    now = state.get(key)
    if now is not None and not _PAYABLE & _reachable(now, state, operation):
        return ()
    return tuple(
        each.put((key, "STATE_SETTLING"))
        for linked in active(state, operation.channel, known)
        for each in usable(linked, operation, known, operation.channel)
    )


def refund(state: State, operation: Operation, _known: Known) -> States:
    """A settled order is being given back from then on."""
    key = of.order(text(operation.asked, "order_id"))
    now = state.get(key)
    if now is not None and "STATE_SETTLED" not in _reachable(now, state, operation):
        return ()
    return (state.put((key, "STATE_REFUNDING")),)


def order_shown(state: State, operation: Operation, _known: Known) -> States:
    """An order as an answer shows it."""
    return _shown(state, operation, "order")


def orders_shown(state: State, operation: Operation, known: Known) -> States:
    """A page of orders."""
    states: States = active(state, operation.channel, known)
    for row in range(count(operation.told, "orders", "order_id")):
        states = tuple(
            after for each in states for after in _shown(each, operation, f"orders.{row}")
        )
    return states


def linked_order_shown(state: State, operation: Operation, known: Known) -> States:
    """An order as its channel is shown it."""
    return tuple(
        after
        for each in active(state, operation.channel, known)
        for after in _shown(each, operation, "order")
    )


def is_settling(state: State, operation: Operation) -> bool:
    """Whether an order may have been at the bank."""
    now = state.get(of.order(text(operation.asked, "order_id")))
    return now in (None, "STATE_SETTLING")


def state_forbids(state: State, operation: Operation) -> bool:
    """Whether an order may have been in a state that allows no such step."""
    now = state.get(of.order(text(operation.asked, "order_id")))
    if now is None:
        return True
    allowing = {"STATE_SETTLED"} if operation.method == "Refund" else _PAYABLE
    return bool(_reachable(now, state, operation) - allowing)


def _certified(state: State, operation: Operation) -> States:
    if state.get(of.RECIPIENT) is False:
        return ()
    state = state.put((of.RECIPIENT, True))
    stands = state.number(of.CERTIFIED)
    if not is_told(operation):
        if stands == 0:
            return (state.put((of.CERTIFIED, _SOME_TIME)),)
        return (state.put((of.CERTIFIED, None)),) if operation.may_be_over(RENEWAL_US) else (state,)
    made = number(operation.told, "certification.certify_time")
    if not operation.told.get("is_new"):
        return _stands(state, made)
    if stands == _SOME_TIME and not operation.may_be_over(RENEWAL_US):
        return ()
    if stands and stands > 0 and made - stands < RENEWAL_US:
        return ()
    return (state.put((of.CERTIFIED, made)),)


def _stands(state: State, newest: int) -> States:
    """The newest certification is this one; 0 for none."""
    stands = state.number(of.CERTIFIED)
    if stands is None or stands == newest or (stands == _SOME_TIME and newest > 0):
        return (state.put((of.CERTIFIED, newest)),)
    return ()


def _shown(state: State, operation: Operation, prefix: str) -> States:
    key = of.order(text(operation.told, f"{prefix}.order_id"))
    shown = text(operation.told, f"{prefix}.state")
    now = state.get(key)
    if now is not None and shown not in _reachable(now, state, operation):
        return ()
    return (state.put((key, shown)),)


def _reachable(now: object, state: State, operation: Operation) -> set[str]:
    """What an order may be by now without anybody's doing."""
    reached = {str(now), *_BY_ITSELF.get(str(now), ())}
    is_ended = operation.may_be_over(ORDER_US) or not _is_first_link(state, operation)
    if is_ended and reached & _PAYABLE:
        reached.add("STATE_ENDED")
    return reached


def _is_first_link(state: State, operation: Operation) -> bool:
    """Whether the link in which the order is paid is certainly still the one it was made in."""
    link = state.link(operation.payer)
    return link is not None and link.state == of.ACTIVE and link.serial == 1
