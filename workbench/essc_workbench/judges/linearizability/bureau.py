"""The model's part about a person and the physical cards, as card bureaus change them."""

from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.holdings import (
    LAPSE_US,
    Known,
    States,
    is_told,
    with_status,
)
from essc_workbench.judges.linearizability.operations import Operation, count
from essc_workbench.judges.linearizability.people import text
from essc_workbench.judges.linearizability.state import LinkSeen, State

_LOSSES = frozenset({of.TEMPORARILY_LOST, of.LOST})
_LIVING = frozenset({of.SEALED, of.NORMAL, of.TEMPORARILY_LOST, of.LOST, of.LOCKED_CARD})
# From which status a step leads to which.
STEPS = {
    "EnablePhysicalCard": (frozenset({of.SEALED}), of.NORMAL),
    "LiftLoss": (_LOSSES, of.NORMAL),
    "LockPhysicalCard": (frozenset({of.NORMAL}), of.LOCKED_CARD),
    "UnlockPhysicalCard": (frozenset({of.LOCKED_CARD}), of.NORMAL),
    "CancelPhysicalCard": (_LIVING, of.CARD_CANCELLED),
    "ReplacePhysicalCard": (_LIVING, of.CARD_CANCELLED),
    "ReportLoss": (frozenset({of.NORMAL, of.TEMPORARILY_LOST}), of.LOST),
    "temporary ReportLoss": (frozenset({of.NORMAL}), of.TEMPORARILY_LOST),
    "ActivateBankAccount": (frozenset({of.NORMAL}), of.NORMAL),
}


def register(state: State, _operation: Operation, _known: Known) -> States:
    """A person is registered, once: from here on nothing is hidden."""
    return (State({of.BORN: True}),) if state.is_empty else ()


def forget(state: State, _operation: Operation, _known: Known) -> States:
    """Somebody may have been imported, with a card that nobody told of."""
    return () if state.is_born else (State(),)


def cancel_citizen(state: State, _operation: Operation, _known: Known) -> States:
    """A person is cancelled, once."""
    return () if state.get(of.CANCELLED) is True else (state.put((of.CANCELLED, True)),)


def register_recipient(state: State, _operation: Operation, _known: Known) -> States:
    """A person becomes a recipient of benefits, once."""
    return () if state.get(of.RECIPIENT) is True else (state.put((of.RECIPIENT, True)),)


def issue(state: State, operation: Operation, _known: Known) -> States:
    """A physical card is made, in a region where the person has none that is not cancelled."""
    card_id = text(operation.told, "physical_card.physical_card_id")
    status = of.NORMAL if operation.asked.get("enabled") else of.SEALED
    if not is_told(operation):
        return _hidden(state, operation)
    others = (state.get(of.physical(each)) for each in operation.cards if each != card_id)
    if state.get(of.physical(card_id)) or any(each in _LIVING for each in others):
        return ()
    made = state.put((of.physical(card_id), status))
    if text(operation.asked, "generation") != "GENERATION_THIRD":
        return (made,)
    if made.get(of.MAPPED) == "":
        made = made.put((of.MAPPED, card_id))
    return (_delivering(made),)


def step(state: State, operation: Operation, _known: Known) -> States:
    """A physical card takes a step of its life."""
    card_id = text(operation.asked, "physical_card_id")
    sources, target = STEPS[step_name(operation)]
    now = state.get(of.physical(card_id))
    if now is None or now in sources or _has_lapsed_into(now, sources, operation):
        return (state.put((of.physical(card_id), target)),)
    return ()


def replace(state: State, operation: Operation, known: Known) -> States:
    """A physical card is cancelled, and a sealed one takes its place behind the electronic card."""
    old = text(operation.asked, "physical_card_id")
    new = text(operation.told, "physical_card.physical_card_id")
    found: list[State] = []
    for each in step(state, operation, known):
        is_mapped = each.get(of.MAPPED) == old
        if not is_told(operation):
            after = each.put((of.HIDDEN, True))
            after = after.put((of.MAPPED, None)) if is_mapped else after
        else:
            after = each.put((of.physical(new), of.SEALED))
            after = after.put((of.MAPPED, new)) if is_mapped else after
        if text(operation.asked, "generation") == "GENERATION_THIRD":
            after = _delivering(after)
            if after.get(of.MAPPED) == "":
                after = after.put((of.MAPPED, new or None))
        found.append(after)
    return tuple(found)


def get_citizen(state: State, operation: Operation, _known: Known) -> States:
    """A bureau sees the physical cards of its own regions, and whether the person is cancelled."""
    told = operation.told
    is_cancelled = "citizen.cancel_time" in told
    if state.get(of.CANCELLED) not in (None, is_cancelled):
        return ()
    states: States = (state.put((of.CANCELLED, is_cancelled)),)
    for row in range(count(told, "citizen.physical_cards", "physical_card_id")):
        card_id = text(told, f"citizen.physical_cards.{row}.physical_card_id")
        status = text(told, f"citizen.physical_cards.{row}.status")
        states = tuple(
            after for each in states for after in with_status(each, card_id, status, operation)
        )
    return states


def step_name(operation: Operation) -> str:
    """The step's name among `STEPS`."""
    is_temporary = text(operation.asked, "kind") == "KIND_TEMPORARY"
    return f"temporary {operation.method}" if is_temporary else operation.method


def _has_lapsed_into(now: object, sources: frozenset[str], operation: Operation) -> bool:
    """Whether a temporary loss may have lifted itself before the step."""
    is_lapsed = now == of.TEMPORARILY_LOST and operation.may_be_over(LAPSE_US)
    return is_lapsed and of.NORMAL in sources


def _hidden(state: State, operation: Operation) -> States:
    """A card may have been made that nobody was told of."""
    hidden = state.put((of.HIDDEN, True))
    if text(operation.asked, "generation") != "GENERATION_THIRD":
        return (hidden,)
    if hidden.get(of.MAPPED) == "":
        hidden = hidden.put((of.MAPPED, None))
    return (_delivering(hidden),)


def _delivering(state: State) -> State:
    """Channels that nobody named here may have been given a link, where there was none."""
    marked = [(of.DELIVERING, True)]
    for channel, seen in list(state.of_kind("link")):
        if isinstance(seen, LinkSeen) and seen.state in (of.NONE, of.UNLINKED):
            marked.append((of.link(channel), seen._replace(may_be_delivered=True)))  # type: ignore[arg-type]
    return state.put(*marked)


def forbids(state: State, operation: Operation) -> bool:
    """Whether a card's status may have been one from which the step does not lead on."""
    name = step_name(operation)
    now = state.get(of.physical(text(operation.asked, "physical_card_id")))
    if name not in STEPS or now is None or now not in STEPS[name][0]:
        return True
    return now == of.TEMPORARILY_LOST and operation.may_be_over(LAPSE_US)


def exists(state: State, operation: Operation) -> bool:
    """Whether the person may have had a card of the region that is not cancelled."""
    if not state.is_born or state.get(of.HIDDEN):
        return True
    return any(state.get(of.physical(each)) in _LIVING for each in operation.cards)


def has_status(state: State, status: str, operation: Operation) -> bool:
    """Whether the card that a channel asked with may have had this status."""
    mapped = state.get(of.MAPPED)
    if mapped is None:
        return True
    now = state.get(of.physical(mapped)) if isinstance(mapped, str) and mapped else None
    if operation.method == "Apply" and now in (None, of.CARD_CANCELLED):
        return _any_has(state, status)
    return now in (None, status)


def has_no_card(state: State, operation: Operation) -> bool:
    """Whether the person may have had no physical card at all."""
    if operation.method != "Apply":
        return True
    return not any(status for _, status in state.of_kind("physical"))


def is_not_normal(state: State) -> bool:
    """Whether a member's card may have been out of order."""
    if state.get(of.CANCELLED) is not False:
        return True
    mapped = state.get(of.MAPPED)
    if isinstance(mapped, str) and mapped:
        return state.get(of.physical(mapped)) != of.NORMAL
    return mapped is None or not _any_has(state, of.NORMAL) or not state.is_born


def _any_has(state: State, status: str) -> bool:
    if not state.is_born or state.get(of.HIDDEN):
        return True
    return any(each in (None, status) for _, each in state.of_kind("physical"))
