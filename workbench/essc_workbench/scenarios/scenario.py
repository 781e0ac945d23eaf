"""A scenario as data: what a file or a piece of Python says, checked, before anything runs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from essc_workbench.scenarios.fields import Name
from essc_workbench.scenarios.people import CitizenSpec
from essc_workbench.scenarios.steps.base import Steps
from essc_workbench.scenarios.vocabulary import RuleName

SEED_MAX = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exact."""

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class Title(BaseModel):
    """What the scenario shows, in one line, in both languages."""

    model_config = _STRICT

    en: str = Field(min_length=1, max_length=160, description="In English.")
    zh: str = Field(min_length=1, max_length=160, description="In Chinese.")


class FederationSpec(BaseModel):
    """Which federation the scenario needs."""

    model_config = _STRICT

    channels: Annotated[tuple[Name, ...], Field(min_length=1, max_length=32)] = Field(
        description="The channels; one of tier 2 needs its parent too."
    )
    profiles: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=300)], ...], Field(max_length=16)
    ] = Field(
        (),
        description="Profile files of further channels, as `essc integrate` writes them; seen "
        "from the scenario's folder.",
    )
    loss: Literal["block", "holder_consent"] = Field(
        "block", description="What a lost card means nationally (R3)."
    )
    tls: bool = Field(default=False, description="TLS between all parties.")


class Scenario(BaseModel):
    """A situation of many channels."""

    model_config = _STRICT

    title: Title = Field(description="What it shows.")
    rules: Annotated[
        tuple[RuleName, ...],
        Field(min_length=1, max_length=40),
    ] = Field(description="The rules it speaks for, as R11.")
    seed: int = Field(0, ge=0, le=SEED_MAX, description="What all random choices follow from.")
    federation: FederationSpec = Field(description="Who takes part.")
    citizens: Annotated[dict[Name, CitizenSpec], Field(max_length=500)] = Field(
        default_factory=dict,
        description="Citizens who are not personas under their own name, by alias.",
    )
    steps: Steps = Field(description="What happens, from top to bottom.")
