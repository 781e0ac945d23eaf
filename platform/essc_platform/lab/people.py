"""What a test person is, and how one is made up.

Every one is invented: the division 990000 exists nowhere, and no operator numbers begin with 111.
"""

from dataclasses import dataclass
from datetime import date

from essc_wire.id_numbers import SYNTHETIC_PHONE_PREFIX, synthetic

PARENT, CHILD, SPOUSE, OTHER = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Bound:
    """A member whom a persona has bound; the relation as the contract numbers it."""

    member_id: str
    relation: int
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class Persona:
    """A test person; without a region there is no physical card."""

    persona_id: str
    name: str
    id_number: str
    phone: str
    region: str
    generation: int
    status: str
    text_en: str
    text_zh: str
    effects: tuple[str, ...] = ()
    """What the simulated outside world does to this person, or which refusals are met."""
    other_regions: tuple[str, ...] = ()
    bank_id: str = ""
    is_recipient: bool = False
    is_cancelled: bool = False
    bindings: tuple[Bound, ...] = ()
    is_linked: bool = False
    """At the bureau's window, before the card came to its status."""
    looks_like: str = ""
    """Another persona, whose photos pass for this one's."""


NO_CARD = ("", 0, "")
NANTONG_CARD = ("320600", 2, "normal")


def persona(
    place: int,
    persona_id: str,
    name: str,
    birth: date,
    card: tuple[str, int, str],
    texts: tuple[str, str],
    effects: tuple[str, ...] = (),
    *,
    other_regions: tuple[str, ...] = (),
    bank_id: str = "",
    is_recipient: bool = False,
    is_cancelled: bool = False,
    bindings: tuple[Bound, ...] = (),
    is_linked: bool = False,
    looks_like: str = "",
) -> Persona:
    """A persona; ID number and phone follow from birth date and place."""
    region, generation, status = card
    return Persona(
        persona_id=persona_id,
        name=name,
        id_number=synthetic(birth, place),
        phone=f"{SYNTHETIC_PHONE_PREFIX}{place:08d}",
        region=region,
        generation=generation,
        status=status,
        text_en=texts[0],
        text_zh=texts[1],
        effects=effects,
        other_regions=other_regions,
        bank_id=bank_id,
        is_recipient=is_recipient,
        is_cancelled=is_cancelled,
        bindings=bindings,
        is_linked=is_linked,
        looks_like=looks_like,
    )
