"""The register of citizens and physical cards, and what time alone does to a card."""

from typing import TypeAlias

from essc_platform.core import citizens
from essc_platform.core import physical_cards as physical
from essc_platform.core.citizens import RegisterCitizen
from essc_platform.core.deciding.common import card_and_links_of
from essc_platform.core.decisions import Decision
from essc_platform.core.physical_cards import ChangePhysicalCard, IssuePhysicalCard, NoteExpiry
from essc_platform.core.policy import Policy
from essc_platform.core.records import Card, Citizen, Link, Password, PhysicalCard
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = RegisterCitizen | IssuePhysicalCard | ChangePhysicalCard | NoteExpiry


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case RegisterCitizen():
            return frozenset({one(Citizen, command.citizen)})
        case IssuePhysicalCard() | ChangePhysicalCard() | NoteExpiry():
            return card_and_links_of(command.citizen)


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case RegisterCitizen():
            return citizens.register_citizen(command, view.one(Citizen, command.citizen))
        case IssuePhysicalCard() | ChangePhysicalCard() | NoteExpiry():
            return _about_physical_card(command, view, policy)


def _about_physical_card(
    command: IssuePhysicalCard | ChangePhysicalCard | NoteExpiry, view: View, policy: Policy
) -> Decision:
    key = command.citizen
    citizen = view.one(Citizen, key)
    physical_cards = view.many(PhysicalCard, key)
    card = view.one(Card, key)
    password = view.one(Password, key)
    held = view.many(Link, key)
    match command:
        case IssuePhysicalCard():
            return physical.issue_physical_card(
                command, citizen, physical_cards, card, password, held, policy
            )
        case ChangePhysicalCard():
            return physical.change_physical_card(
                command, citizen, physical_cards, card, password, held, policy
            )
        case NoteExpiry():
            return physical.note_expiry(command, citizen, physical_cards, card, password, held)
