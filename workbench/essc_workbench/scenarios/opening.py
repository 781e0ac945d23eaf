"""Setting a scene: a federation, its people, and the stage; and taking it down again."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from essc_workbench.federation import federation_in
from essc_workbench.folders import BLOCK, DataFolder
from essc_workbench.history.journal import Journal
from essc_workbench.population import Persona, personas
from essc_workbench.scenarios.cast import Cast
from essc_workbench.scenarios.people import CitizenSpec, invented
from essc_workbench.scenarios.scenario import Scenario
from essc_workbench.scenarios.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run needs before its first step."""

    channels: tuple[str, ...]
    seed: int = 0
    loss: str = BLOCK
    is_tls: bool = False
    citizens: Mapping[str, CitizenSpec] = field(default_factory=dict)


def setting_of(scenario: Scenario, seed: int | None = None) -> Setting:
    """What a scenario needs; with another seed if one is given."""
    return Setting(
        channels=scenario.federation.channels,
        seed=scenario.seed if seed is None else seed,
        loss=scenario.federation.loss,
        is_tls=scenario.federation.tls,
        citizens=scenario.citizens,
    )


@asynccontextmanager
async def opened(setting: Setting, data: DataFolder, journal: Journal) -> AsyncIterator[Stage]:
    """A stage in a fresh federation, with everybody in place; all of it has ended at the end."""
    running = federation_in(
        data, channels=setting.channels, is_tls=setting.is_tls, loss=setting.loss
    )
    async with running as federation, federation.connections() as connections:
        people = await personas(connections.platform_lab())
        described = _described(setting, people)
        cast = Cast(connections, people, setting.citizens, described)
        await cast.get_ready()
        yield Stage(federation, connections, journal, cast, seed=setting.seed)


def _described(setting: Setting, people: Mapping[str, Persona]) -> dict[str, Persona]:
    """Who is described in the setting: the same people for the same seed."""
    taken = {persona.id_number for persona in people.values()}
    found: dict[str, Persona] = {}
    for alias, spec in setting.citizens.items():
        if spec.is_described:
            chance = random.Random(f"{setting.seed}/citizen/{alias}")
            found[alias] = invented(alias, spec, chance, taken)
            taken.add(found[alias].id_number)
    return found
