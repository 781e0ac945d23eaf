"""The platform's signing keys, and the cards that have to be signed anew."""

from typing import TypeAlias

from essc_platform.core import signing_keys
from essc_platform.core.deciding.common import person, person_of
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.records import Link, SigningKey
from essc_platform.core.signing_keys import CARD_KEYS, CompromiseKey, RotateKey, SignAnew
from essc_platform.core.snapshot import Read, View, many, one

Command: TypeAlias = RotateKey | CompromiseKey | SignAnew


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    keys = many(SigningKey, CARD_KEYS)
    match command:
        case RotateKey() | CompromiseKey():
            return frozenset({keys})
        case SignAnew():
            own = one(Link, (*command.citizen, command.channel))
            return person_of(command.citizen) | {keys, own}


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    keys = view.many(SigningKey, CARD_KEYS)
    match command:
        case RotateKey():
            return signing_keys.rotate_key(command, keys, policy)
        case CompromiseKey():
            return signing_keys.compromise_key(command, keys)
        case SignAnew():
            own = (*command.citizen, command.channel)
            decision = signing_keys.sign_anew(
                command, person(view, command.citizen), view.one(Link, own), keys
            )
            return signing_keys.signed_by(keys, command.at, decision)
