"""The model's part about codes: a link's newest one can be scanned, once."""

from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.holdings import (
    DAY_US,
    Known,
    States,
    active,
    is_told,
    usable,
)
from essc_workbench.judges.linearizability.operations import Operation, Side
from essc_workbench.judges.linearizability.people import text
from essc_workbench.judges.linearizability.state import CodeSeen, LinkSeen, State

LIFE_US = 59_000_000
"""A code lives 60 seconds of the platform's time; one less, so that no clock is asked too much."""


def issue_code(state: State, operation: Operation, known: Known) -> States:
    """A new code is the link's newest, whosever it is; a member's needs the member's card too."""
    if operation.side is Side.SECOND:
        return acted_for(state, operation, known)
    digest = text(operation.told, "code.code") or f"lost {operation.calls[0]}"
    is_for_member = "binding_id" in operation.asked
    if is_for_member and state.get(of.member(operation.other)) is False:
        return ()
    found: list[State] = []
    for linked in active(state, operation.channel, known):
        for each in usable(linked, operation, known, operation.channel):
            seen = each.link(operation.channel)
            serial = seen.serial if seen else 0
            issued = CodeSeen(operation.channel, serial, is_for_member, is_used=False)
            found.append(
                each.put((of.code(digest), issued), (of.current(operation.channel), digest))
            )
    return tuple(found)


def acted_for(state: State, operation: Operation, known: Known) -> States:
    """Somebody who has bound this citizen acts for them: the binding and the own card are good."""
    if operation.other and state.get(of.binder(operation.other)) is False:
        return ()
    if operation.other and not operation.is_rebound:
        state = state.put((of.binder(operation.other), True))
    return usable(state, operation, known, channel="")


def check_code(state: State, operation: Operation, known: Known) -> States:
    """A verifier scans a code: what it is found to be, and that a valid one is used up."""
    verdict = text(operation.told, "verdict") if is_told(operation) else "VERDICT_VALID"
    if operation.side is Side.SECOND:
        return acted_for(state, operation, known) if verdict == "VERDICT_VALID" else (state,)
    digest = text(operation.asked, "code")
    return _found(state, operation, known, digest, verdict.removeprefix("VERDICT_"))


def get_code(state: State, operation: Operation, known: Known) -> States:
    """A channel looks at one of its codes."""
    if operation.side is Side.SECOND:
        return (state,)
    shown = text(operation.told, "code.state").removeprefix("STATE_")
    digest = text(operation.asked, "code")
    return tuple(
        after
        for each in active(state, operation.channel, known)
        for after in _found(each, operation, known, digest, shown)
    )


def _found(state: State, operation: Operation, known: Known, digest: str, worth: str) -> States:
    seen = state.code(digest)
    if seen is None:
        # Issued before anything is known here: only whether it is used up is learned.
        if worth not in ("VALID", "USED"):
            return (state,)
        return (state.put((of.code(digest), CodeSeen("", 0, is_for_member=True, is_used=True))),)
    if worth in ("VALID", "CURRENT"):
        return _good(state, operation, known, (digest, seen), worth)
    is_newest = not seen.channel or state.get(of.current(seen.channel)) in (None, digest)
    fits = {
        "USED": seen.is_used and is_newest,
        "REPLACED": not seen.channel or state.get(of.current(seen.channel)) != digest,
        "EXPIRED": operation.may_be_over(LIFE_US),
        "REVOKED": not _is_surely_good(state, seen, known),
        "FORGED": operation.may_be_over(DAY_US),
    }
    return (state,) if fits.get(worth, True) else ()


def _good(
    state: State, operation: Operation, known: Known, code: tuple[str, CodeSeen], worth: str
) -> States:
    """The code can be scanned: the newest of an active link of its serial, and not used yet."""
    digest, seen = code
    if seen.is_used or (seen.channel and state.get(of.current(seen.channel)) not in (None, digest)):
        return ()
    found: list[State] = []
    for linked in active(state, seen.channel, known) if seen.channel else (state,):
        link = linked.link(seen.channel)
        if link is not None and seen.serial and link.serial not in (0, seen.serial):
            continue
        found += usable(linked, operation, known, seen.channel)
    if worth == "CURRENT":
        return tuple(found)
    used = seen._replace(is_used=True)
    return tuple(each.put((of.code(digest), used)) for each in found)


def _is_surely_good(state: State, seen: CodeSeen, known: Known) -> bool:
    """Whether nothing that a code stands for can have been amiss."""
    if seen.is_for_member or not seen.channel or seen.channel in known.exited:
        return False
    link = state.link(seen.channel)
    if not isinstance(link, LinkSeen) or link.state != of.ACTIVE or link.serial != seen.serial:
        return False
    mapped = state.get(of.MAPPED)
    if state.get(of.CANCELLED) is not False or not isinstance(mapped, str):
        return False
    return bool(seen.serial) and state.get(of.physical(mapped)) == of.NORMAL
