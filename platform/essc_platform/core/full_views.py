"""The full view of a person's record (R93): in which channels things were done, by name."""

from dataclasses import dataclass

from essc_platform.core import proofs
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Channel, CitizenKey, Instant, Method, Proof, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewFully:
    """A holder wants to see the names of all channels, in this one. Changes nothing."""

    at: Instant
    channel: str
    citizen: CitizenKey


def refusal(query: ViewFully, channel: Channel, proof: Proof | None) -> Rejected | None:
    """R93: why not; None if it may. The proof is not used up: it is good for further pages."""
    if not channel.shows_all_channels:
        return Rejected(Reason.CALLER_NOT_ALLOWED)
    return proofs.refusal(query, proof, Purpose.VIEW_RECORDS, {Method.FACE})
