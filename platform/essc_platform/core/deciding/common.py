"""What several nouns declare, and the values that their rules are given of it."""

from essc_platform.core.acting import Acting, BindingName, ThroughLink
from essc_platform.core.cards import Person
from essc_platform.core.family import Side
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


def card_of(citizen: CitizenKey) -> frozenset[Read]:
    """All that says what a citizen's card is worth, and what an event shows of it."""
    return person_of(citizen) | {one(Password, citizen)}


def card_and_links_of(citizen: CitizenKey) -> frozenset[Read]:
    """What a citizen's card is worth, and every channel that has to know."""
    return card_of(citizen) | {many(Link, citizen)}


def person(view: View, citizen: CitizenKey) -> Person:
    """A person with all that says what the card is worth."""
    return Person(
        citizen=view.one(Citizen, citizen),
        physical_cards=view.many(PhysicalCard, citizen),
        card=view.one(Card, citizen),
        bank_accounts=view.many(BankAccount, citizen),
    )


def side(view: View, citizen: CitizenKey) -> Side:
    """A person with every channel that has to know; `card_and_links_of` declares it."""
    return Side(
        person=person(view, citizen),
        password=view.one(Password, citizen),
        links=view.many(Link, citizen),
    )


def acting_of(command: ThroughLink) -> frozenset[Read]:
    """What `acting` takes: the own link, the holder, and a named binding with its member."""
    return standing_of(command.citizen, command.channel, command.binding)


def acting(view: View, command: ThroughLink) -> Acting:
    """Who acts, through which link, and for whom."""
    return standing(view, command.citizen, command.channel, command.binding)


def standing_of(citizen: CitizenKey, channel: str, binding: BindingName | None) -> frozenset[Read]:
    """What `standing` takes."""
    reads = person_of(citizen) | {one(Link, (*citizen, channel))}
    if binding is None:
        return reads
    return reads | person_of(binding.member) | {one(Binding, (*citizen, binding.number))}


def standing(view: View, citizen: CitizenKey, channel: str, binding: BindingName | None) -> Acting:
    """How a link, its holder and a bound member stand now; for whom that is, others ask too."""
    link = view.one(Link, (*citizen, channel))
    holder = person(view, citizen)
    if binding is None:
        return Acting(link=link, holder=holder)
    return Acting(
        link=link,
        holder=holder,
        binding=view.one(Binding, (*citizen, binding.number)),
        member=person(view, binding.member),
    )
