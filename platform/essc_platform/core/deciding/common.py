"""What several nouns declare, and the values that their rules are given of it."""

from essc_platform.core.acting import Acting, BindingName, Person, ThroughLink
from essc_platform.core.records import (
    BankAccount,
    Binding,
    Card,
    Citizen,
    CitizenKey,
    Link,
    Password,
    PhysicalCard,
)
from essc_platform.core.snapshot import Read, View, many, one


def card_of(citizen: CitizenKey) -> frozenset[Read]:
    """All that says what a citizen's card is worth."""
    return frozenset(
        {
            one(Citizen, citizen),
            many(PhysicalCard, citizen),
            one(Card, citizen),
            one(Password, citizen),
        }
    )


def card_and_links_of(citizen: CitizenKey) -> frozenset[Read]:
    """What a citizen's card is worth, and every channel that has to know."""
    return card_of(citizen) | {many(Link, citizen)}


def person_of(citizen: CitizenKey) -> frozenset[Read]:
    """What `person` takes."""
    return frozenset(
        {
            one(Citizen, citizen),
            many(PhysicalCard, citizen),
            one(Card, citizen),
            many(BankAccount, citizen),
        }
    )


def person(view: View, citizen: CitizenKey) -> Person:
    """A person with all that says what the card is worth."""
    return Person(
        citizen=view.one(Citizen, citizen),
        physical_cards=view.many(PhysicalCard, citizen),
        card=view.one(Card, citizen),
        bank_accounts=view.many(BankAccount, citizen),
    )


def acting_of(command: ThroughLink) -> frozenset[Read]:
    """What `acting` takes: the own link, the holder, and a named binding with its member."""
    reads = person_of(command.citizen) | {one(Link, (*command.citizen, command.channel))}
    if command.binding is None:
        return reads
    return reads | person_of(command.binding.member) | {_binding(command, command.binding)}


def acting(view: View, command: ThroughLink) -> Acting:
    """Who acts, through which link, and for whom."""
    link = view.one(Link, (*command.citizen, command.channel))
    holder = person(view, command.citizen)
    if command.binding is None:
        return Acting(link=link, holder=holder)
    return Acting(
        link=link,
        holder=holder,
        binding=view.one(Binding, (*command.citizen, command.binding.number)),
        member=person(view, command.binding.member),
    )


def _binding(command: ThroughLink, named: BindingName) -> Read:
    return one(Binding, (*command.citizen, named.number))
