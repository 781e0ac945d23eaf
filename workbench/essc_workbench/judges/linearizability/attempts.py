"""The calls of a history, taken apart and put together: one attempt a change, one deed a request.

A batch is taken apart into its single requests. Attempts with one request id are one deed: its
window spans them, and what one of them was answered for certain settles it. A deed that nobody
answered for certain may have happened at any time after it was first sent, or never.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from essc_workbench.history.items import Facts, Outcome
from essc_workbench.history.reading import Call, History
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.linearizability.people import number, text
from essc_workbench.judges.requests import BEFORE_THE_LEDGER
from essc_workbench.judges.snapshots import PLATFORM

SERVICES = frozenset(
    f"essc.{name}"
    for name in (
        "card.v1.CardService",
        "certification.v1.CertificationService",
        "code.v1.CodeService",
        "code.v1.VerificationService",
        "family.v1.FamilyService",
        "identity.v1.IdentityService",
        "password.v1.PasswordService",
        "registry.v1.RegistryService",
        "settlement.v1.OrderService",
        "settlement.v1.PaymentService",
    )
)
OF_NOBODY = frozenset({"GetNotice", "Reconcile", "ReconcileChannel"})
"""Methods of these services that are about no citizen."""
# Refusals after which another attempt may still be the one that is done: they come before anybody
# looks whether the request was answered already, or because it was, with other content.
SAY_NOTHING = BEFORE_THE_LEDGER | {"METHOD_NOT_ALLOWED", "REQUEST_ID_REUSED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that somebody asked for, once or repeatedly."""

    call: Call
    """The call that settled it; the first one if none did."""
    method: str
    began_us: int
    ended_us: int | None
    """When its answer was known; None if it may happen any time."""
    outcome: Outcome
    reason: str = ""
    asked: Facts = field(default_factory=dict)
    told: Facts = field(default_factory=dict)
    calls: tuple[int, ...] = ()


def deeds(evidence: Evidence) -> list[Deed]:
    """All that was asked of the platform about citizens, in the order in which it was sent."""
    return evidence.shared(_deeds)


def _deeds(evidence: Evidence) -> list[Deed]:
    history = evidence.history
    injected, doubled = _met_by(history, "refuse"), _met_by(history, "deliver_twice")
    groups: dict[tuple[str, ...], list[Deed]] = {}
    for call in history.calls:
        invoked = call.invoked
        if invoked.target != PLATFORM or not _is_about_citizens(invoked.method):
            continue
        if call.number in injected:
            continue
        for request_id, told in _single(call):
            is_open = call.number in doubled and told.outcome is Outcome.REFUSED
            deed = _unheard(told) if is_open else told
            key = (invoked.source, deed.method, request_id or f"call {call.number}")
            groups.setdefault(key, []).append(deed)
    settled = (_settled(attempts) for attempts in groups.values())
    return sorted((deed for deed in settled if deed), key=lambda deed: deed.began_us)


@cache
def _is_about_citizens(method: str) -> bool:
    service, _, name = method.rpartition("/")
    return service in SERVICES and name not in OF_NOBODY


def _settled(attempts: Sequence[Deed]) -> Deed | None:
    """Attempts as one deed; None if none of them can have had any part in what happened."""
    attempts = [each for each in attempts if not _says_nothing(each)]
    if not attempts:
        return None
    if len(attempts) == 1 and attempts[0].outcome is not Outcome.UNKNOWN:
        return attempts[0]
    began_us = min(each.began_us for each in attempts)
    calls = tuple(call for each in attempts for call in each.calls)
    answers = sorted(
        (each for each in attempts if each.outcome is not Outcome.UNKNOWN),
        key=lambda each: (each.outcome is not Outcome.OK, each.ended_us or 0),
    )
    if answers and (answers[0].outcome is Outcome.OK or not _is_any_out(attempts, answers[0])):
        return _with(answers[0], began_us, calls)
    first = next(each for each in attempts if each.outcome is Outcome.UNKNOWN)
    return _with(first, began_us, calls)


def _with(deed: Deed, began_us: int, calls: tuple[int, ...]) -> Deed:
    ended_us = None if deed.outcome is Outcome.UNKNOWN else deed.ended_us
    return replace(deed, began_us=began_us, ended_us=ended_us, calls=calls)


def _is_any_out(attempts: Sequence[Deed], refused: Deed) -> bool:
    """Whether another attempt was still on its way when this one was refused."""
    return any(
        each.outcome is Outcome.UNKNOWN
        and (each.ended_us is None or each.ended_us > refused.began_us)
        for each in attempts
    )


def _says_nothing(deed: Deed) -> bool:
    return deed.outcome is Outcome.REFUSED and deed.reason in SAY_NOTHING


def _met_by(history: History, effect: str) -> frozenset[int]:
    """Calls that a fault of this effect has met.

    One that was refused on the way the platform never heard of; of one that arrived twice only the
    first answer was told, and after a refusal the second may have been done.
    """
    hits = (each.facts for each in history.happened("fault-hit"))
    return frozenset(number(facts, "call") for facts in hits if facts.get("effect") == effect)


def _unheard(deed: Deed) -> Deed:
    return replace(deed, outcome=Outcome.UNKNOWN, reason="", told={})


def _single(call: Call) -> Iterator[tuple[str, Deed]]:
    """A call's single requests, each with its request id."""
    method = call.method
    if method == "BatchCheckCodes":
        yield from _checks(call)
    elif method == "ListLinks":
        yield from _links(call)
    else:
        yield call.invoked.request_id, _deed(call, method)


def _deed(call: Call, method: str, asked: Facts | None = None, told: Facts | None = None) -> Deed:
    return Deed(
        call=call,
        method=method,
        began_us=call.invoked.at_us,
        ended_us=call.end_us,
        outcome=call.outcome,
        reason=call.reason,
        asked=call.invoked.facts if asked is None else asked,
        told=(call.answered.facts if call.answered else {}) if told is None else told,
        calls=(call.number,),
    )


def _checks(call: Call) -> Iterator[tuple[str, Deed]]:
    """Codes that are checked together, but for those that were refused."""
    told = call.answered.facts if call.answered else {}
    for row, asked in _rows(call.invoked.facts, "requests").items():
        answer = _under(told, f"results.{row}.response")
        if call.outcome is Outcome.OK and not answer:
            continue
        yield text(asked, "request_id"), _deed(call, "CheckCode", asked, answer)


def _links(call: Call) -> Iterator[tuple[str, Deed]]:
    """Each link in a page, as if it had been got by itself."""
    told = call.answered.facts if call.answered else {}
    for row, item in _rows(told, "items").items():
        asked = {"link_id": text(item, "link.link_id")}
        yield f"call {call.number} row {row}", _deed(call, "ListLinks", asked, item)


def _rows(facts: Facts, name: str) -> dict[str, Facts]:
    """The messages of a repeated field, by their number."""
    numbers = {path.split(".")[1] for path in facts if path.startswith(f"{name}.")}
    return {each: _under(facts, f"{name}.{each}") for each in sorted(numbers, key=int)}


def _under(facts: Facts, prefix: str) -> Facts:
    cut = len(prefix) + 1
    return {path[cut:]: value for path, value in facts.items() if path.startswith(f"{prefix}.")}
