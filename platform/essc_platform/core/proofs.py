"""Proofs: what is looked at before a command believes one. The ladder is the same everywhere."""

from collections.abc import Container
from typing import Protocol

from essc_platform.core.decisions import Rejected
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import CitizenKey, Instant, Method, Proof, Purpose


class Proving(Protocol):
    """A command that carries a proof."""

    @property
    def at(self) -> Instant: ...
    @property
    def channel(self) -> str: ...
    @property
    def citizen(self) -> CitizenKey: ...


def refusal(
    command: Proving,
    proof: Proof | None,
    purpose: Purpose,
    methods: Container[Method],
    person: CitizenKey | None = None,
) -> Rejected | None:
    """R23: why this proof is no good here; None if it is. One of another channel is unknown.

    It is about the command's own citizen, unless another person is named: a bound member.
    """
    if proof is None or proof.channel != command.channel:
        return Rejected(Reason.PROOF_UNKNOWN)
    if proof.is_used:
        return Rejected(Reason.PROOF_USED)
    if command.at >= proof.expire_time:
        return Rejected(Reason.PROOF_EXPIRED)
    if proof.purpose is not purpose:
        return Rejected(Reason.PROOF_FOR_OTHER_PURPOSE)
    if proof.method not in methods:
        return Rejected(Reason.PROOF_OF_OTHER_METHOD)
    if proof.citizen != (person or command.citizen):
        return Rejected(Reason.PROOF_FOR_OTHER_PERSON)
    return None


def used(proof: Proof) -> Proof:
    """The proof after its one use."""
    return replace(proof, is_used=True)
