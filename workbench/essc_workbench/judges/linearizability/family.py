"""The model's part about family: places once used stay used, and at most four binders at a time."""

from collections import Counter

from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.holdings import Known, States, active, usable
from essc_workbench.judges.linearizability.operations import Operation, Side, count
from essc_workbench.judges.linearizability.people import number, text
from essc_workbench.judges.linearizability.state import State

PLACES = {
    "RELATION_PARENT": 4,
    "RELATION_CHILD": 3,
    "RELATION_SPOUSE": 1,
    "RELATION_OTHER": 2,
}
BINDERS_MAX = 4


def add_member(state: State, operation: Operation, known: Known) -> States:
    """A place is used up on one side, and a binder comes to the other."""
    if operation.side is Side.SECOND:
        return _bound(state, operation, known)
    relation = text(operation.asked, "relation")
    used = state.number(of.places(relation))
    if used is not None and used >= PLACES.get(relation, 0):
        return ()
    pairs = [(of.places(relation), None if used is None else used + 1)]
    if operation.other:
        if state.get(of.member(operation.other)) is True:
            return ()
        pairs.append((of.member(operation.other), True))
    return tuple(
        each.put(*pairs)
        for linked in active(state, operation.channel, known)
        for each in usable(linked, operation, known, operation.channel)
    )


def remove_member(state: State, operation: Operation, known: Known) -> States:
    """The holder ends a binding."""
    if operation.side is Side.SECOND:
        return _ended(state, "binder", operation)
    return tuple(
        after
        for each in active(state, operation.channel, known)
        for after in _ended(each, "member", operation)
    )


def leave_binder(state: State, operation: Operation, known: Known) -> States:
    """The member ends a binding."""
    if operation.side is Side.SECOND:
        return _ended(state, "member", operation)
    return tuple(
        after
        for each in active(state, operation.channel, known)
        for after in _ended(each, "binder", operation)
    )


def get_places(state: State, operation: Operation, known: Known) -> States:
    """How many places of each relation were ever used."""
    told = operation.told
    used = {
        text(told, f"places.{row}.relation"): number(told, f"places.{row}.used")
        for row in range(count(told, "places", "relation"))
    }
    return tuple(
        after
        for each in active(state, operation.channel, known)
        for after in _places_used(each, used)
    )


def list_members(state: State, operation: Operation, known: Known) -> States:
    """All members who were ever bound: so many places are used, and so are these bound now.

    The binding of a member who was cancelled has ended, whoever asks.
    """
    told = operation.told
    rows = range(count(told, "bindings", "binding_id"))
    used = Counter(text(told, f"bindings.{row}.relation") for row in rows)
    living = {
        other
        for row, other in zip(rows, operation.others, strict=True)
        if f"bindings.{row}.end_time" not in told
    }
    shown = dict.fromkeys(PLACES, 0) | dict(used)
    return tuple(
        after
        for linked in active(state, operation.channel, known)
        for each in _places_used(linked, shown)
        for after in _bound_now(each, "member", living, operation, known)
    )


def list_binders(state: State, operation: Operation, known: Known) -> States:
    """Who has bound this citizen now."""
    living = set(operation.others)
    return tuple(
        after
        for each in active(state, operation.channel, known)
        for after in _bound_now(each, "binder", living, operation, known)
    )


def are_too_many(state: State) -> bool:
    """Whether as many as may be can have bound this citizen."""
    binders = sum(is_bound is True for _, is_bound in state.of_kind("binder"))
    return not state.is_born or binders >= BINDERS_MAX


def are_used_up(state: State, operation: Operation) -> bool:
    """Whether no place of the relation can have been left."""
    relation = text(operation.asked, "relation")
    used = state.number(of.places(relation))
    return used is None or used >= PLACES.get(relation, 0)


def _bound(state: State, operation: Operation, known: Known) -> States:
    """The member's side: fewer than four binders, and a card in order, issued if there is none."""
    if state.get(of.binder(operation.other)) is True or state.get(of.CANCELLED) is True:
        return ()
    binders = (name for name, is_bound in state.of_kind("binder") if is_bound is True)
    if sum(name not in known.departed for name in binders) >= BINDERS_MAX:
        return ()
    bound = state.put((of.binder(operation.other), True))
    if state.get(of.MAPPED) != "":
        return usable(bound, operation, known, channel="")
    normal = [name for name, status in state.of_kind("physical") if status == of.NORMAL]
    lost = [name for name, status in state.of_kind("physical") if status == of.TEMPORARILY_LOST]
    if not normal and not lost and not state.get(of.HIDDEN):
        return ()
    # Of several in order the oldest is taken, which nobody here knows.
    chosen = normal[0] if len(normal) == 1 and not lost and not state.get(of.HIDDEN) else None
    return (bound.put((of.MAPPED, chosen)),)


def _ended(state: State, kind: str, operation: Operation) -> States:
    if not operation.other:
        # Nobody knows which one ended: then nobody knows of any who is bound now.
        bound = [((kind, name), None) for name, is_bound in state.of_kind(kind) if is_bound is True]
        return (state.put(*bound),)
    after = state.put(((kind, operation.other), False))
    return (after, state) if operation.is_rebound and after != state else (after,)


def _places_used(state: State, used: dict[str, int]) -> States:
    for relation, number_used in used.items():
        if state.number(of.places(relation)) not in (None, number_used):
            return ()
    return (state.put(*((of.places(relation), each) for relation, each in used.items())),)


def _bound_now(
    state: State,
    kind: str,
    living: set[str],
    operation: Operation,
    known: Known,
) -> States:
    """Exactly these are bound now, as far as they are known by name.

    Of whom somebody was cancelled, on either side, a binding is good no more, and not ended either.
    """
    if operation.citizen in known.departed:
        return (state,)
    ignored = known.departed
    named = living - {""}
    known_bound = {name for name, is_bound in state.of_kind(kind) if is_bound is True}
    missing = known_bound - named - ignored
    if missing and all(operation.others):
        return ()
    if any(state.get((kind, name)) is False for name in named - ignored):
        return ()
    return (state.put(*(((kind, name), True) for name in sorted(named - ignored))),)
