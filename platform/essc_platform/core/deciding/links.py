"""Links: applying, deliveries, unlinking, levels, and the one that stays open for a loss."""

from typing import TypeAlias

from essc_platform.core import deliveries, levels, links, losses
from essc_platform.core.deciding.common import card_and_links_of, card_of, person, person_of
from essc_platform.core.decisions import Decision
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.levels import LowerLevel, RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.policy import Policy
from essc_platform.core.records import Channel, Link, Password, PasswordFree, Proof, SigningKey
from essc_platform.core.signing_keys import CARD_KEYS, signed_by
from essc_platform.core.snapshot import Read, View, many, one

Command: TypeAlias = (
    Apply | AcceptDelivery | DeclineDelivery | Unlink | RaiseLevel | LowerLevel | AllowWhileLost
)

_KEYS = many(SigningKey, CARD_KEYS)


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case Apply():
            proofs = {one(Proof, command.identity_proof), one(Proof, command.face_proof)}
            return card_and_links_of(command.citizen) | proofs | {_KEYS}
        case AcceptDelivery():
            own = _own_link(command) | {one(Proof, command.proof), _KEYS}
            return card_of(command.citizen) | own
        case DeclineDelivery() | Unlink():
            return _own_link(command) | {one(Proof, command.proof)}
        case RaiseLevel():
            proved = {one(Proof, command.proof), one(Channel, command.channel)}
            free = {one(PasswordFree, (*command.citizen, command.channel))}
            return card_of(command.citizen) | _own_link(command) | proved | free
        case LowerLevel():
            return card_of(command.citizen) | _own_link(command)
        case AllowWhileLost():
            # One link at a time: whether another one is open decides, and nothing else of it.
            others = {many(Link, command.citizen), one(Proof, command.proof)}
            return person_of(command.citizen) | others


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
            decision = deliveries.accept_delivery(
                command,
                person(view, citizen),
                view.one(Password, citizen),
                view.one(Link, own),
                view.one(Proof, command.proof),
                policy,
            )
            return signed_by(view.many(SigningKey, CARD_KEYS), command.at, decision)
        case Apply():
            decision = links.apply(
                command,
                person(view, citizen),
                view.one(Password, citizen),
                view.many(Link, citizen),
                view.one(Proof, command.identity_proof),
                view.one(Proof, command.face_proof),
                policy,
            )
            return signed_by(view.many(SigningKey, CARD_KEYS), command.at, decision)
        case RaiseLevel():
            return levels.raise_level(
                command,
                view.one(Link, own),
                person(view, citizen),
                view.one(Password, citizen),
                view.one(Proof, command.proof),
                view.one(Channel, command.channel),
                view.one(PasswordFree, own),
                policy,
            )
        case LowerLevel():
            return levels.lower_level(
                command,
                view.one(Link, own),
                person(view, citizen),
                view.one(Password, citizen),
                policy,
            )
        case AllowWhileLost():
            return losses.allow_while_lost(
                command,
                view.many(Link, citizen),
                person(view, citizen),
                view.one(Proof, command.proof),
                policy,
            )


def _own_link(
    command: AcceptDelivery | DeclineDelivery | Unlink | RaiseLevel | LowerLevel,
) -> frozenset[Read]:
    """R11, R14: the calling channel's own link and no other."""
    return frozenset({one(Link, (*command.citizen, command.channel))})
