"""Whether a federation can have a fault: who is there, what can be done to whom."""

from collections.abc import Collection, Iterable

from essc.lab.v1.fault_pb2 import Fault, FaultMatch
from essc_wire.refusals import Refusal, Violation, semantics
from essc_workbench.gate.effects import PARTIES
from essc_workbench.gate.powers import PartyPowers, party_of
from essc_workbench.history.methods import methods
from essc_workbench.near_misses import meant


def invalid(field: str, text: str) -> Refusal:
    """A fault that cannot be, with the field that says so."""
    return Refusal("REQUEST_INVALID", violations=(Violation(field=field, text=text),))


def unfit(
    fault: Fault, powers: PartyPowers, citizens: Collection[str] | None, *, has_doors: bool
) -> Refusal | None:
    """Why this federation cannot have this fault; None if it can.

    Without `citizens` whom a call is about may be anybody.
    """
    effect = fault.WhichOneof("effect") or ""
    if effect in PARTIES:
        party = party_of(effect, getattr(fault, effect))
        if party not in powers.processes:
            return invalid(f"fault.{effect}", _no("party", party, powers.processes))
        why = powers.cannot(effect, party)
        return invalid(f"fault.{effect}", why) if why else None
    if not has_doors:
        text = "no door is in the way of any call: start the federation with `essc up --gate`"
        return invalid(f"fault.{effect}", text)
    reason = fault.refuse.reason
    if reason and reason not in semantics():
        return invalid("fault.refuse.reason", _no("reason", reason, semantics()))
    citizen = fault.match.citizen
    if citizen and citizens is not None and citizen not in citizens:
        return invalid("fault.match.citizen", _no("citizen", citizen, citizens))
    return _unfit_match(fault.match, powers)


def _unfit_match(match: FaultMatch, powers: PartyPowers) -> Refusal | None:
    for name in match.sources:
        if name not in powers.sources:
            return invalid("fault.match.sources", _no("party", name, powers.sources))
    for name in match.targets:
        if name not in powers.targets:
            return invalid("fault.match.targets", _no("party", name, powers.targets))
    if match.method and not any(match.method in each.names for each in methods().values()):
        names = {path.rpartition("/")[2] for path in methods()}
        return invalid("fault.match.method", _no("method", match.method, names))
    return None


def _no(kind: str, name: str, there: Iterable[str]) -> str:
    return f"no {kind} {name!r}; {meant(name, there)}"
