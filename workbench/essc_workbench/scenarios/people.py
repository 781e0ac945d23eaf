"""The citizens of a scenario: personas, or people described in the file.

A described person gets an invented name, ID number and phone from the scenario's seed, so that the
same seed gives the same person; nobody has to write one down.
"""

import random
from collections.abc import Collection
from datetime import date, datetime, timedelta, timezone
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from essc_wire.clock import wall_seconds
from essc_wire.id_numbers import SYNTHETIC_PHONE_PREFIX, synthetic
from essc_workbench.failures import UsageError
from essc_workbench.population import Persona
from essc_workbench.scenarios.arguments import Filled
from essc_workbench.scenarios.fields import BankName, ChannelNames, Name, Secret

CardStatus = Literal["none", "sealed", "normal", "temporarily_lost", "lost", "locked", "cancelled"]
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GIVEN = "安柏川岱恩帆谷禾珏岚茗楠琪若舒棠婉熙瑶泽"
_ATTEMPTS_MAX = 200
_CHINA = timezone(timedelta(hours=8))


class CitizenSpec(Filled):
    """A citizen. Empty, it is the persona of that name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    persona: Name = Field("", description="The persona who plays this citizen.")
    birth_date: date | None = Field(
        None, description="When a described person was born, as 1950-03-04."
    )
    region: str = Field(
        "320600",
        pattern=r"^[0-9]{6}$",
        description="The region of the physical card, as a division code.",
    )
    other_regions: tuple[str, ...] = Field(
        (), max_length=4, description="Further regions, in each of which there is a normal card."
    )
    card: CardStatus = Field(
        "normal", description="The physical card's status when the scenario begins."
    )
    generation: Literal[2, 3] = Field(2, description="The physical card's generation.")
    bank: BankName = Field("", description="The bank at which the card has an open account.")
    recipient: bool = Field(
        default=False, description="Whether the person is registered as a recipient of benefits."
    )
    registered: bool = Field(
        default=True,
        description="Whether the bureau knows the person before the scenario begins.",
    )
    linked: ChannelNames = Field(
        (), description="Channels in which the person has applied before the scenario begins."
    )
    password: Secret = Field("", description="The card password, set in the first linked channel.")

    @property
    def is_described(self) -> bool:
        """Whether it is a person of this scenario, no persona."""
        return self.birth_date is not None

    @model_validator(mode="after")
    def _fits(self) -> "CitizenSpec":
        described = self.model_fields_set - {"persona", "linked", "password"}
        if self.birth_date is not None and self.birth_date > _latest_day():
            raise ValueError(f"nobody is born on {self.birth_date} yet")
        if self.persona and described:
            raise ValueError("is a persona or a description (birth_date, ...), not both")
        if described and not self.is_described:
            raise ValueError("a described person needs a birth_date")
        if self.password and not self.linked:
            raise ValueError("a password is set in a linked channel: say `linked` too")
        if not self.registered and (self.card != "none" or self.recipient):
            raise ValueError("whom the bureau does not know has `card: none` and no benefits")
        if self.card == "none" and (self.bank or self.linked):
            raise ValueError("without a card there is no bank account and no link")
        return self


def _latest_day() -> date:
    """Today in China, where days of birth count."""
    return datetime.fromtimestamp(wall_seconds(), _CHINA).date()


def invented(
    alias: str, spec: CitizenSpec, chance: random.Random, taken: Collection[str]
) -> Persona:
    """A described person, whom nobody has met: the ID number is none of those taken."""
    assert spec.birth_date is not None
    for _ in range(_ATTEMPTS_MAX):
        id_number = synthetic(spec.birth_date, chance.randrange(1000))
        if id_number not in taken:
            break
    else:
        raise UsageError(f"{alias}: too many people were born on {spec.birth_date}")
    status = {"none": "", "normal": "normal"}.get(spec.card, spec.card)
    return Persona(
        id=alias,
        name=chance.choice(_SURNAMES) + chance.choice(_GIVEN) + chance.choice(_GIVEN),
        id_number=id_number,
        phone=f"{SYNTHETIC_PHONE_PREFIX}{chance.randrange(10**8):08d}",
        region="" if spec.card == "none" else spec.region,
        generation=0 if spec.card == "none" else spec.generation,
        status=status,
        other_regions=spec.other_regions,
        bank_id=spec.bank,
        is_recipient=spec.recipient,
        is_linked=bool(spec.linked),
    )
