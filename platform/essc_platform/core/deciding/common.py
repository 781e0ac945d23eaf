"""What several nouns declare."""

from essc_platform.core.records import Card, Citizen, CitizenKey, Link, Password, PhysicalCard
from essc_platform.core.snapshot import Read, many, one


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
