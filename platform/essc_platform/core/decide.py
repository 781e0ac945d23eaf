"""From a command to its rule: picks the records the rule takes. No rule lives here."""

from essc_platform.core import cards, challenges, citizens, deliveries, links, parties, passwords
from essc_platform.core import physical_cards as physical
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Decision
from essc_platform.core.passwords import Holder
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    Card,
    Challenge,
    Channel,
    Citizen,
    CitizenKey,
    Counters,
    Instant,
    Link,
    Party,
    PartyKey,
    Password,
    PhysicalCard,
    Proof,
)
from essc_platform.core.snapshot import View


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case (
            links.Apply()
            | deliveries.AcceptDelivery()
            | deliveries.DeclineDelivery()
            | links.Unlink()
        ):
            return _about_link(command, view, policy)
        case challenges.StartChallenge():
            return challenges.start_challenge(
                command,
                view.one(Citizen, command.citizen),
                view.one(Link, (*command.citizen, command.channel)),
                view.one(Password, command.citizen),
                view.one(Counters, command.citizen),
                policy,
            )
        case challenges.AnswerChallenge():
            return challenges.answer_challenge(
                command,
                view.one(Challenge, (*command.citizen, command.number)),
                view.one(Password, command.citizen),
                view.one(Counters, command.citizen),
                policy,
            )
        case passwords.SetPassword() | passwords.ChangePassword() | passwords.ResetPassword():
            return _about_password(command, view)
        case citizens.RegisterCitizen():
            return citizens.register_citizen(command, view.one(Citizen, command.citizen))
        case physical.IssuePhysicalCard() | physical.ChangePhysicalCard() | physical.NoteExpiry():
            return _about_physical_card(command, view, policy)
        case parties.RegisterParty():
            return parties.register_party(command, view.one(Party, command.party_id))
        case parties.RegisterChannel():
            return parties.register_channel(command, view.one(Party, command.channel_id))
        case parties.ChangeChannel():
            return parties.change_channel(command, *_party(view, command.channel_id))
        case parties.AddPartyKey():
            return parties.add_party_key(command, *_party(view, command.party_id))
        case parties.RemovePartyKey():
            return parties.remove_party_key(command, *_party(view, command.party_id))


def _about_link(
    command: links.Apply | deliveries.AcceptDelivery | deliveries.DeclineDelivery | links.Unlink,
    view: View,
    policy: Policy,
) -> Decision:
    citizen = command.citizen
    own = (*citizen, command.channel)
    match command:
        case links.Unlink():
            return links.unlink(command, view.one(Link, own), view.one(Proof, command.proof))
        case deliveries.DeclineDelivery():
            return deliveries.decline_delivery(
                command, view.one(Link, own), view.one(Proof, command.proof)
            )
        case deliveries.AcceptDelivery():
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
        case links.Apply():
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


def _about_password(
    command: passwords.SetPassword | passwords.ChangePassword | passwords.ResetPassword,
    view: View,
) -> Decision:
    holder = _holder(view, command.citizen, command.at)
    match command:
        case passwords.SetPassword():
            return passwords.set_password(command, holder, view.one(Proof, command.proof))
        case passwords.ChangePassword():
            return passwords.change_password(command, holder, view.one(Proof, command.proof))
        case passwords.ResetPassword():
            return passwords.reset_password(
                command,
                holder,
                view.one(Proof, command.text_proof),
                view.one(Proof, command.face_proof),
            )


def _about_physical_card(
    command: physical.IssuePhysicalCard | physical.ChangePhysicalCard | physical.NoteExpiry,
    view: View,
    policy: Policy,
) -> Decision:
    key = command.citizen
    citizen = view.one(Citizen, key)
    physical_cards = view.many(PhysicalCard, key)
    card = view.one(Card, key)
    password = view.one(Password, key)
    held = view.many(Link, key)
    match command:
        case physical.IssuePhysicalCard():
            return physical.issue_physical_card(
                command, citizen, physical_cards, card, password, held, policy
            )
        case physical.ChangePhysicalCard():
            return physical.change_physical_card(
                command, citizen, physical_cards, card, password, held, policy
            )
        case physical.NoteExpiry():
            return physical.note_expiry(command, citizen, physical_cards, card, password, held)


def _holder(view: View, key: CitizenKey, at: Instant) -> Holder:
    citizen = view.one(Citizen, key)
    card = view.one(Card, key)
    password = view.one(Password, key)
    physical_card = cards.mapped(card, view.many(PhysicalCard, key))
    worth = None
    if citizen is not None and card is not None and physical_card is not None:
        worth = cards.view(card, physical_card, citizen, password, at)
    return Holder(citizen=citizen, links=view.many(Link, key), password=password, card=worth)


def _party(view: View, party_id: str) -> tuple[Party | None, Channel | None, tuple[PartyKey, ...]]:
    return (
        view.one(Party, party_id),
        view.one(Channel, party_id),
        view.many(PartyKey, (party_id,)),
    )
