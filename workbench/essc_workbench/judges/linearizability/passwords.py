"""The model's part about the card password: one for all channels, its tries counted nationally."""

from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.holdings import DAY_US, Known, States, active, is_told
from essc_workbench.judges.linearizability.operations import Operation, Side
from essc_workbench.judges.linearizability.people import number, text
from essc_workbench.judges.linearizability.state import State

TRIES_MAX = 6
"""The sixth wrong password in a row locks."""
LOCK_US = DAY_US - 60_000_000
"""A lock lasts a day; a minute less, so that no clock is asked too much."""


def set_password(state: State, operation: Operation, known: Known) -> States:
    """The first password."""
    is_first = state.get(of.PASSWORD) in (None, "")
    return _renewed(state, operation, known) if is_first else ()


def change_password(state: State, operation: Operation, known: Known) -> States:
    """Another password, while it is not locked."""
    if state.get(of.PASSWORD) == "" or _is_locked(state, operation):
        return ()
    return _renewed(state, operation, known)


def reset_password(state: State, operation: Operation, known: Known) -> States:
    """Another password, locked or not."""
    return () if state.get(of.PASSWORD) == "" else _renewed(state, operation, known)


def start_challenge(state: State, operation: Operation, known: Known) -> States:
    """A check begins: of a person by an own link, or of a member through it."""
    asked = operation.asked
    is_of_member = "subject.member.binding_id" in asked
    states: States = (state,)
    if operation.side is Side.FIRST and ("subject.link_id" in asked or is_of_member):
        states = _held(state, operation, known)
    is_checked = is_of_member == (operation.side is Side.SECOND)
    if not is_checked or text(asked, "method") != "METHOD_CARD_PASSWORD":
        return states
    return tuple(after for each in states for after in _asked(each, operation))


def answer_challenge(state: State, operation: Operation, _known: Known) -> States:
    """A right password starts the count again; no other answer says anything here."""
    entered = text(operation.asked, "card_password")
    if not entered:
        return (state,)
    if not is_told(operation):
        return _answered_unseen(state, entered)
    if _is_locked(state, operation) or state.get(of.PASSWORD) not in (
        None,
        of.SOME_PASSWORD,
        entered,
    ):
        return ()
    return (state.put((of.PASSWORD, entered), (of.TRIES, 0), (of.LOCKED, False)),)


def wrong(state: State, operation: Operation) -> States:
    """A wrong password was counted, and was not the last one that is."""
    tries = state.number(of.TRIES)
    if not _is_wrong(state, operation) or _is_locked(state, operation):
        return ()
    if tries is not None and tries + 1 >= TRIES_MAX:
        return ()
    counted = None if tries is None else tries + 1
    return (state.put((of.TRIES, counted), (of.LOCKED, False)),)


def refused_as_locked(state: State, operation: Operation) -> States:
    """The password is locked, or was by this very try."""
    locked = state.get(of.LOCKED)
    if locked is not False:
        return (state.put((of.LOCKED, True), (of.TRIES, 0)),)
    is_a_try = operation.method == "AnswerChallenge" and _is_wrong(state, operation)
    if not is_a_try or state.number(of.TRIES) not in (None, TRIES_MAX - 1):
        return ()
    return (state.put((of.LOCKED, True), (of.TRIES, 0)),)


def not_set(state: State) -> States:
    """There is no password."""
    return (state.put((of.PASSWORD, "")),) if state.get(of.PASSWORD) in (None, "") else ()


def set_already(state: State) -> States:
    """There is a password."""
    return () if state.get(of.PASSWORD) == "" else (state,)


def _renewed(state: State, operation: Operation, known: Known) -> States:
    entered = text(operation.asked, "new_password") or of.SOME_PASSWORD
    return tuple(
        each.put((of.PASSWORD, entered), (of.TRIES, 0), (of.LOCKED, False))
        for each in active(state, operation.channel, known)
    )


def _asked(state: State, operation: Operation) -> States:
    """The password is asked for: there is one, it is not locked, and so many tries are left."""
    if state.get(of.PASSWORD) == "" or _is_locked(state, operation):
        return ()
    if state.get(of.PASSWORD) is None:
        state = state.put((of.PASSWORD, of.SOME_PASSWORD))
    state = state.put((of.LOCKED, False))
    if not is_told(operation):
        return (state,)
    tries = TRIES_MAX - number(operation.told, "challenge.tries_left")
    if state.number(of.TRIES) not in (None, tries):
        return ()
    return (state.put((of.TRIES, tries)),)


def _held(state: State, operation: Operation, known: Known) -> States:
    """The link that a check names is one of the channel's own, delivered or active."""
    seen = state.link(operation.channel)
    if operation.channel in known.exited or seen is None or seen.may_be_delivered:
        return (state,)
    return (state,) if seen.state in (of.DELIVERED, of.ACTIVE) else ()


def _answered_unseen(state: State, entered: str) -> States:
    """What a try does of which nobody heard: it may have been right, wrong, or the last one."""
    if state.get(of.PASSWORD) == "" or state.get(of.LOCKED) is True:
        return ()
    found: list[State] = []
    password, tries = state.get(of.PASSWORD), state.number(of.TRIES)
    if password in (None, of.SOME_PASSWORD, entered):
        found.append(state.put((of.PASSWORD, entered), (of.TRIES, 0), (of.LOCKED, False)))
    if password != entered and (tries is None or tries + 1 < TRIES_MAX):
        counted = None if tries is None else tries + 1
        found.append(state.put((of.TRIES, counted), (of.LOCKED, False)))
    if password != entered and tries in (None, TRIES_MAX - 1):
        found.append(state.put((of.TRIES, 0), (of.LOCKED, True)))
    return tuple(found)


def _is_wrong(state: State, operation: Operation) -> bool:
    """Whether what was entered may have been another password than the one that is set."""
    entered = text(operation.asked, "card_password")
    return bool(entered) and state.get(of.PASSWORD) not in ("", entered)


def _is_locked(state: State, operation: Operation) -> bool:
    """Whether the password is locked, and cannot have unlocked itself yet."""
    return state.get(of.LOCKED) is True and not operation.may_be_over(LOCK_US)
