"""What each command needs to see, named before anything is loaded.

The union over a batch is what the batch loads, with one statement per table. A command sees only
what is named for it here.
"""

from essc_platform.core.challenges import AnswerChallenge, StartChallenge
from essc_platform.core.citizens import RegisterCitizen
from essc_platform.core.commands import Command
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.parties import (
    AddPartyKey,
    ChangeChannel,
    RegisterChannel,
    RegisterParty,
    RemovePartyKey,
)
from essc_platform.core.passwords import ChangePassword, ResetPassword, SetPassword
from essc_platform.core.physical_cards import ChangePhysicalCard, IssuePhysicalCard, NoteExpiry
from essc_platform.core.records import (
    Card,
    Challenge,
    Channel,
    Citizen,
    CitizenKey,
    Counters,
    Link,
    Party,
    PartyKey,
    Password,
    PhysicalCard,
    Proof,
)
from essc_platform.core.snapshot import Read, many, one


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case RegisterCitizen():
            return frozenset({one(Citizen, command.citizen)})
        case IssuePhysicalCard() | ChangePhysicalCard() | NoteExpiry():
            return _card(command.citizen) | {many(Link, command.citizen)}
        case Apply():
            proofs = {one(Proof, command.identity_proof), one(Proof, command.face_proof)}
            return _card(command.citizen) | {many(Link, command.citizen)} | proofs
        case AcceptDelivery():
            return _card(command.citizen) | _own_link(command) | {one(Proof, command.proof)}
        case DeclineDelivery() | Unlink():
            return _own_link(command) | {one(Proof, command.proof)}
        case StartChallenge():
            return frozenset(
                {
                    one(Citizen, command.citizen),
                    one(Password, command.citizen),
                    one(Counters, command.citizen),
                    one(Link, (*command.citizen, command.channel)),
                }
            )
        case AnswerChallenge():
            return frozenset(
                {
                    one(Challenge, (*command.citizen, command.number)),
                    one(Password, command.citizen),
                    one(Counters, command.citizen),
                }
            )
        case SetPassword() | ChangePassword():
            holder = _card(command.citizen) | {many(Link, command.citizen)}
            return holder | {one(Proof, command.proof)}
        case ResetPassword():
            holder = _card(command.citizen) | {many(Link, command.citizen)}
            return holder | {one(Proof, command.text_proof), one(Proof, command.face_proof)}
        case RegisterParty():
            return frozenset({one(Party, command.party_id)})
        case RegisterChannel():
            return frozenset({one(Party, command.channel_id)})
        case AddPartyKey() | RemovePartyKey():
            return _party(command.party_id)
        case ChangeChannel():
            return _party(command.channel_id)


def _card(citizen: CitizenKey) -> frozenset[Read]:
    """All that says what a citizen's card is worth."""
    return frozenset(
        {
            one(Citizen, citizen),
            many(PhysicalCard, citizen),
            one(Card, citizen),
            one(Password, citizen),
        }
    )


def _own_link(command: AcceptDelivery | DeclineDelivery | Unlink) -> frozenset[Read]:
    """R11, R14: the calling channel's own link and no other."""
    return frozenset({one(Link, (*command.citizen, command.channel))})


def _party(party_id: str) -> frozenset[Read]:
    return frozenset({one(Party, party_id), one(Channel, party_id), many(PartyKey, (party_id,))})
