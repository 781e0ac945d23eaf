"""Whether a federation can have a fault: who is there, what can be done to whom."""

from collections.abc import Collection, Iterable

from essc.errors.v1 import error_reason_pb2
from essc.lab.v1.fault_pb2 import Fault, FaultMatch
from essc_wire.refusals import PREFIX, Refusal, Violation
from essc_workbench.gate.effects import PARTIES
from essc_workbench.gate.powers import PartyPowers, party_of
from essc_workbench.history.methods import methods


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
        if party not in powers.targets:
            return invalid(f"fault.{effect}", _nobody(party, powers.targets))
        why = powers.cannot(effect, party)
        return invalid(f"fault.{effect}", why) if why else None
    if not has_doors:
        text = "no door is in the way of any call: start the federation with `essc up --gate`"
        return invalid(f"fault.{effect}", text)
    reason = fault.refuse.reason
    if reason and f"{PREFIX}{reason}" not in error_reason_pb2.ErrorReason.keys():  # noqa: SIM118
        return invalid("fault.refuse.reason", f"no reason {reason!r} in the contract")
    citizen = fault.match.citizen
    if citizen and citizens is not None and citizen not in citizens:
        return invalid("fault.match.citizen", _nobody(citizen, sorted(citizens)))
    return _unfit_match(fault.match, powers)


def _unfit_match(match: FaultMatch, powers: PartyPowers) -> Refusal | None:
    for name in match.sources:
        if name not in powers.sources:
            return invalid("fault.match.sources", _nobody(name, powers.sources))
    for name in match.targets:
        if name not in powers.targets:
            return invalid("fault.match.targets", _nobody(name, powers.targets))
    if match.method and not any(match.method in each.names for each in methods().values()):
        return invalid("fault.match.method", f"no method {match.method!r} in the contract")
    return None


def _nobody(name: str, there: Iterable[str]) -> str:
    return f"nobody is called {name!r}; there are: {', '.join(there)}"
