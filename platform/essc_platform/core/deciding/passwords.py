"""The card password: set, changed, reset."""

from typing import TypeAlias

from essc_platform.core import cards, passwords
from essc_platform.core.deciding.common import card_and_links_of, person
from essc_platform.core.decisions import Decision
from essc_platform.core.passwords import ChangePassword, Holder, ResetPassword, SetPassword
from essc_platform.core.policy import Policy
from essc_platform.core.records import CitizenKey, Instant, Link, Password, Proof
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = SetPassword | ChangePassword | ResetPassword


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    holder = card_and_links_of(command.citizen)
    match command:
        case SetPassword() | ChangePassword():
            return holder | {one(Proof, command.proof)}
        case ResetPassword():
            return holder | {one(Proof, command.text_proof), one(Proof, command.face_proof)}


def decide(command: Command, view: View, _policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    holder = _holder(view, command.citizen, command.at)
    match command:
        case SetPassword():
            return passwords.set_password(command, holder, view.one(Proof, command.proof))
        case ChangePassword():
            return passwords.change_password(command, holder, view.one(Proof, command.proof))
        case ResetPassword():
            return passwords.reset_password(
                command,
                holder,
                view.one(Proof, command.text_proof),
                view.one(Proof, command.face_proof),
            )


def _holder(view: View, key: CitizenKey, at: Instant) -> Holder:
    holder, password = person(view, key), view.one(Password, key)
    worth = None
    if holder.citizen is not None and holder.card is not None:
        worth = cards.view(holder, password, at)
    return Holder(citizen=holder.citizen, links=view.many(Link, key), password=password, card=worth)
