"""Links: applying, deliveries, unlinking."""

from typing import TypeAlias

from essc_platform.core import deliveries, links
from essc_platform.core.deciding.common import card_and_links_of, card_of
from essc_platform.core.decisions import Decision
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.policy import Policy
from essc_platform.core.records import Card, Citizen, Link, Password, PhysicalCard, Proof
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = Apply | AcceptDelivery | DeclineDelivery | Unlink


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case Apply():
            proofs = {one(Proof, command.identity_proof), one(Proof, command.face_proof)}
            return card_and_links_of(command.citizen) | proofs
        case AcceptDelivery():
            return card_of(command.citizen) | _own_link(command) | {one(Proof, command.proof)}
        case DeclineDelivery() | Unlink():
            return _own_link(command) | {one(Proof, command.proof)}


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    citizen = command.citizen
    own = (*citizen, command.channel)
    match command:
        case Unlink():
            return links.unlink(command, view.one(Link, own), view.one(Proof, command.proof))
        case DeclineDelivery():
            return deliveries.decline_delivery(
                command, view.one(Link, own), view.one(Proof, command.proof)
            )
        case AcceptDelivery():
            return deliveries.accept_delivery(
                command,
                view.one(Citizen, citizen),
                view.many(PhysicalCard, citizen),
                view.one(Card, citizen),
                view.one(Password, citizen),
                view.one(Link, own),
                view.one(Proof, command.proof),
                policy,
            )
        case Apply():
            return links.apply(
                command,
                view.one(Citizen, citizen),
                view.many(PhysicalCard, citizen),
                view.one(Card, citizen),
                view.one(Password, citizen),
                view.many(Link, citizen),
                view.one(Proof, command.identity_proof),
                view.one(Proof, command.face_proof),
                policy,
            )


def _own_link(command: AcceptDelivery | DeclineDelivery | Unlink) -> frozenset[Read]:
    """R11, R14: the calling channel's own link and no other."""
    return frozenset({one(Link, (*command.citizen, command.channel))})
