"""Setting a scene: a federation, its people, and the stage; and taking it down again."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from essc_workbench.backstage import Backstage
from essc_workbench.failures import UsageError
from essc_workbench.federation import federation_in
from essc_workbench.folders import BLOCK, DataFolder
from essc_workbench.foreign import Foreign, check_keys
from essc_workbench.gate.doors import Door
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.history.facts import People
from essc_workbench.history.journal import Journal
from essc_workbench.population import Persona, personas
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.cast import Cast
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.people import CitizenSpec, invented
from essc_workbench.scenarios.powers import Powers
from essc_workbench.scenarios.scenario import Scenario
from essc_workbench.scenarios.stage import Stage
from essc_workbench.stores import AS_BEFORE, Deployment
from essc_workbench.trace import Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run needs before its first step."""

    channels: tuple[str, ...]
    profiles: tuple[Path, ...] = ()
    """Profile files of channels that do not ship."""
    seed: int = 0
    loss: str = BLOCK
    is_tls: bool = False
    citizens: Mapping[str, CitizenSpec] = field(default_factory=dict)
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    """Parties that somebody else runs."""
    backstage: Backstage | None = None
    """What is kept ready for several runs, one after the other."""
    deployment: Deployment = AS_BEFORE
    """Of how many processes the platform is, and where it keeps its data."""


def setting_of(
    scenario: Scenario,
    folder: Path,
    seed: int | None = None,
    foreign: Mapping[str, Foreign] | None = None,
) -> Setting:
    """What a scenario of a folder needs; with another seed if one is given.

    Raises UsageError for a foreign party that is none of the scenario's, or that has no key.
    """
    there = (PLATFORM, *scenario.federation.channels)
    for name in foreign or {}:
        if name not in there:
            raise UsageError(
                f"--party {name}: no such party in this scenario; {meant(name, there)}"
            )
    check_keys(foreign or {})
    return Setting(
        channels=scenario.federation.channels,
        profiles=tuple(folder / name for name in scenario.federation.profiles),
        seed=scenario.seed if seed is None else seed,
        loss=scenario.federation.loss,
        is_tls=scenario.federation.tls,
        citizens=scenario.citizens,
        foreign=dict(foreign or {}),
    )


@asynccontextmanager
async def opened(setting: Setting, data: DataFolder, journal: Journal) -> AsyncIterator[Stage]:
    """A stage in a fresh federation, with everybody in place; all of it has ended at the end.

    A door stands in every way between two parties. What is set up goes past them, but for what the
    citizens did before the first step: that is a part of the history.
    """
    traces, people, parties = Traces(), People(), FederationPowers(setting.foreign)
    faults = FaultBook(journal, parties, seed=str(setting.seed))
    tls_folder = data.tls if setting.is_tls else None
    async with AsyncExitStack() as stack:
        gate = Gate(journal, faults, traces, people=people, tls_folder=tls_folder)
        stack.push_async_callback(gate.close)
        federation = await stack.enter_async_context(
            federation_in(
                data,
                channels=setting.channels,
                is_tls=setting.is_tls,
                loss=setting.loss,
                routes=_Ways(gate, setting.foreign),
                foreign=setting.foreign,
                spares=setting.backstage.spares if setting.backstage else None,
                template=setting.backstage.template if setting.backstage else None,
                profiles=setting.profiles,
                people=(),  # the cast gives accounts to whoever plays
                deployment=setting.deployment,
            )
        )
        straight = await stack.enter_async_context(federation.connections(is_straight=True))
        await gate.recovered()
        parties.over(federation, straight)
        connections = await stack.enter_async_context(federation.connections(traces))
        personas_there = await personas(straight.platform_lab())
        cast = Cast(
            connections, personas_there, setting.citizens, _described(setting, personas_there)
        )
        for alias, persona in cast.everybody.items():
            people.add(alias, persona.id_number, persona.phone, persona.name, persona.id)
        await cast.get_ready()
        powers = Powers(federation, parties, straight, journal)
        stage = Stage(
            federation,
            connections,
            journal,
            cast,
            seed=setting.seed,
            powers=powers,
            faults=faults,
            traces=traces,
            admitting=gate.facts.admitting,
        )
        stack.push_async_callback(faults.end_all)
        yield stage


class _Ways:
    """The gate as routes: a foreign channel says where it expects its door to the platform."""

    def __init__(self, gate: Gate, foreign: Mapping[str, Foreign]) -> None:
        self._gate, self._foreign = gate, foreign

    async def door(self, source: str, target: str, upstream: str) -> str:
        stranger = self._foreign.get(source)
        listen = stranger.door if stranger is not None and target == PLATFORM else ""
        return await self._gate.open(
            Door(source=source, target=target, upstream=upstream, listen=listen)
        )


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
