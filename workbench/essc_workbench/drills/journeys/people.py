"""The residents as journeys need them: on paper, and how an answer shows them."""

from functools import lru_cache
from typing import NamedTuple

from essc.identity.v1 import identity_pb2 as identity
from essc_workbench.seeding.people import Resident, resident

_KEPT = 65_536


class Looks(NamedTuple):
    """What of a person an answer shows to a channel."""

    masked_name: str
    masked_id_number: str


class People:
    """The population of a seed; those who were asked for last are kept."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.person = lru_cache(maxsize=_KEPT)(self._person)
        self.looks = lru_cache(maxsize=_KEPT)(self._looks)

    def _person(self, place: int) -> Resident:
        return resident(place, self.seed)

    def _looks(self, place: int) -> Looks:
        """A name but for the first character and a number but for the last two are hidden."""
        person = self._person(place)
        return Looks(
            person.name[:1] + "*" * (len(person.name) - 1),
            "*" * (len(person.id_number) - 2) + person.id_number[-2:],
        )


def named(person: Resident) -> identity.Subject:
    """A person named by name and ID number."""
    return identity.Subject(person=identity.Person(name=person.name, id_number=person.id_number))
