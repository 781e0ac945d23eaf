"""Who lives in an invented population.

A person is a place in it and nothing else: who they are follows from the place and the seed, so
that any part of a population can be made anywhere, and again. Four places in a row are a household:
a grandmother or grandfather, two parents, a child. Each role has years of birth of its own, so no
two people have one ID number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from essc_wire.id_numbers import SYNTHETIC_PHONE_PREFIX, synthetic
from essc_workbench.enrolment import REGIONS
from essc_workbench.failures import UsageError

HOUSEHOLD = 4
_FIRST_SEQUENCE, _SEQUENCES = 100, 800
"""As many people can be born on one day; the first and the last numbers are the personas' and
whoever a scenario invents."""
_FIRST_PHONE = 10_000_000
"""The phones before are the personas', and some of them never ring."""
_PHONES = 90_000_000
_STRIDE = 7_919
"""A prime that divides no number of days below: neighbours are born on days far apart."""


class Role(IntEnum):
    """A person's role in the household, by place in it."""

    GRANDPARENT = 0
    PARENT = 1
    OTHER_PARENT = 2
    CHILD = 3


_BORN = {
    Role.GRANDPARENT: (date(1934, 1, 1), date(1961, 12, 31)),
    Role.PARENT: (date(1962, 1, 1), date(1981, 12, 31)),
    Role.OTHER_PARENT: (date(1982, 1, 1), date(1999, 12, 31)),
    Role.CHILD: (date(2000, 1, 1), date(2019, 12, 31)),
}
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
_GIVEN = "安柏晨丹恩芳国海佳康兰明宁平青荣素婷文晓新雅勇云泽志子宗"
POPULATION_MAX = (
    HOUSEHOLD * _SEQUENCES * min((last - first).days + 1 for first, last in _BORN.values())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One person of the population."""

    place: int
    """From 0."""
    role: Role
    name: str
    id_number: str
    phone: str
    region: str

    @property
    def household(self) -> range:
        """The places of all who live together, this person among them."""
        first = self.place - self.place % HOUSEHOLD
        return range(first, first + HOUSEHOLD)


def resident(place: int, seed: int = 1) -> Resident:
    """The person at a place. Raises UsageError for a place beyond the largest population."""
    if not 0 <= place < POPULATION_MAX:
        raise UsageError(f"a population has at most {POPULATION_MAX:,} people")
    home, role = place // HOUSEHOLD, Role(place % HOUSEHOLD)
    first, last = _BORN[role]
    days = (last - first).days + 1
    born = first + timedelta(days=(home * _STRIDE + seed) % days)
    mixed = home * _STRIDE + seed
    surname = _SURNAMES[mixed % len(_SURNAMES)]
    if role is Role.OTHER_PARENT:
        surname = _SURNAMES[(mixed // 3 + 1) % len(_SURNAMES)]
    spread = mixed * HOUSEHOLD + role
    given = _GIVEN[spread % len(_GIVEN)] + _GIVEN[spread // len(_GIVEN) % len(_GIVEN)]
    return Resident(
        place=place,
        role=role,
        name=surname + given,
        id_number=synthetic(born, _FIRST_SEQUENCE + home // days % _SEQUENCES),
        phone=f"{SYNTHETIC_PHONE_PREFIX}{_FIRST_PHONE + place % _PHONES:08d}",
        region=REGIONS[mixed % len(REGIONS)],
    )


def residents(count: int, seed: int = 1, first: int = 0) -> Iterator[Resident]:
    """So many people from a place on, one after the other."""
    return (resident(place, seed) for place in range(first, first + count))
