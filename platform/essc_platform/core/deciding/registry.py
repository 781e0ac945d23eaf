"""The register of citizens and physical cards, and what time alone does to a card."""

from typing import TypeAlias

from essc_platform.core import bank_accounts, cancellations, citizens, issues, replacements
from essc_platform.core import physical_cards as physical
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.cancellations import CancelCitizen
from essc_platform.core.citizens import RegisterCitizen, RegisterRecipient
from essc_platform.core.deciding.common import card_and_links_of, person, side
from essc_platform.core.decisions import Decision
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.physical_cards import ChangePhysicalCard, NoteExpiry
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    Binding,
    Citizen,
    Link,
    Membership,
    Password,
    Recipient,
)
from essc_platform.core.replacements import ReplacePhysicalCard
from essc_platform.core.snapshot import Read, View, many, one

OfACard: TypeAlias = (
    IssuePhysicalCard
    | ChangePhysicalCard
    | NoteExpiry
    | ReplacePhysicalCard
    | ActivateBankAccount
    | CloseBankAccount
)
Command: TypeAlias = RegisterCitizen | RegisterRecipient | CancelCitizen | OfACard


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case RegisterCitizen():
            return frozenset({one(Citizen, command.citizen)})
        case RegisterRecipient():
            return frozenset({one(Citizen, command.citizen), one(Recipient, command.citizen)})
        case CancelCitizen():
            ties = {many(Binding, command.citizen), many(Membership, command.citizen)}
            sides = map(card_and_links_of, (command.citizen, *command.others))
            return frozenset(ties).union(*sides)
        case _:
            return card_and_links_of(command.citizen)


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case RegisterCitizen():
            return citizens.register_citizen(command, view.one(Citizen, command.citizen))
        case RegisterRecipient():
            return citizens.register_recipient(
                command,
                view.one(Citizen, command.citizen),
                view.one(Recipient, command.citizen),
            )
        case CancelCitizen():
            return cancellations.cancel_citizen(
                command,
                side(view, command.citizen),
                view.many(Binding, command.citizen),
                view.many(Membership, command.citizen),
                {each: side(view, each) for each in command.others},
            )
        case _:
            return _about_a_card(command, view, policy)


def _about_a_card(command: OfACard, view: View, policy: Policy) -> Decision:
    """What changes a card is told to every channel that holds it, so all these see the same."""
    who = person(view, command.citizen)
    password = view.one(Password, command.citizen)
    held = view.many(Link, command.citizen)
    match command:
        case IssuePhysicalCard():
            return issues.issue_physical_card(command, who, password, held, policy)
        case ChangePhysicalCard():
            return physical.change_physical_card(command, who, password, held, policy)
        case ReplacePhysicalCard():
            return replacements.replace_physical_card(command, who, password, held, policy)
        case ActivateBankAccount():
            return bank_accounts.activate_bank_account(command, who, password, held)
        case CloseBankAccount():
            return bank_accounts.close_bank_account(command, who, password, held)
        case NoteExpiry():
            return physical.note_expiry(command, who, password, held)
