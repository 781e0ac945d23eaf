"""Who plays in a scenario: its citizens, their accounts, and what they had before it began."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from essc.channel.v1.channel_pb2 import FLOW_KIND_APPLY, FLOW_KIND_SET_PASSWORD, FlowKind
from essc_workbench.answers import HONEST, Conduct
from essc_workbench.bureau import Bureau
from essc_workbench.citizens import Citizen, Phone
from essc_workbench.connections import Connections
from essc_workbench.enrolment import BUREAU
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.population import (
    Persona,
    bring_linked_to_status,
    open_accounts,
    register_all,
)
from essc_workbench.scenarios.fields import names_of
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.people import CitizenSpec

_Key = tuple[str, str, str]


class Cast:
    """The citizens of one run, by alias. Personas play under their own name unless named anew."""

    def __init__(
        self,
        connections: Connections,
        people: Mapping[str, Persona],
        specs: Mapping[str, CitizenSpec],
        described: Mapping[str, Persona],
    ) -> None:
        self._connections, self._specs = connections, specs
        self._people: dict[str, Persona] = {**people, **described}
        for alias, spec in specs.items():
            if spec.persona and spec.persona != alias:
                self._people.pop(alias, None)
                self._people[alias] = replace(_one_of(people, spec.persona), id=alias)
        self._described = dict(described)
        self._citizens: dict[str, Citizen] = {}
        self._accounts: dict[tuple[str, str], asyncio.Lock] = {}
        self._turns: dict[_Key, asyncio.Lock] = {}
        self._has_account: set[tuple[str, str]] = set()
        self._signed_in: set[_Key] = set()

    def __contains__(self, alias: str) -> bool:
        return alias in self._people

    @property
    def everybody(self) -> dict[str, Persona]:
        """All who may play: personas under their own names, and the scenario's citizens.

        A persona who plays under another alias comes last, so that the alias is what counts.
        """
        return dict(self._people)

    @property
    def met(self) -> dict[str, Persona]:
        """Everybody who has played so far."""
        return {alias: citizen.persona for alias, citizen in self._citizens.items()}

    def passwords(self) -> set[str]:
        """The card passwords that were set before the first step."""
        return {spec.password for spec in self._specs.values()}

    def password(self, alias: str) -> str:
        """The card password that a citizen had before the first step; empty if none."""
        spec = self._specs.get(alias)
        return spec.password if spec else ""

    def persona(self, alias: str) -> Persona:
        """What is known of a citizen."""
        return self.citizen(alias).persona

    def citizen(self, alias: str) -> Citizen:
        """A citizen. Raises UsageError if there is none of that name."""
        if alias not in self._citizens:
            self._citizens[alias] = Citizen(_one_of(self._people, alias), self._connections)
        return self._citizens[alias]

    async def phone(self, alias: str, channel: str, device: str = "phone") -> Phone:
        """A phone with an account in a channel, signed in."""
        phone, key = self.citizen(alias).phone(channel, device), (alias, channel, device)
        async with self._turns.setdefault(key, asyncio.Lock()):
            if key not in self._signed_in:
                await self._open_account(alias, channel)
                await phone.sign_in()
                self._signed_in.add(key)
        return phone

    def signed_out(self, alias: str, channel: str, device: str = "phone") -> None:
        """Notes that a phone has no session any more: the next use signs in again."""
        self._signed_in.discard((alias, channel, device))

    async def _open_account(self, alias: str, channel: str) -> None:
        async with self._accounts.setdefault((alias, channel), asyncio.Lock()):
            if (alias, channel) not in self._has_account and self._connections.has_lab(channel):
                lab = self._connections.channel_lab(channel)
                await open_accounts(lab, channel, {alias: self.persona(alias)})
                self._has_account.add((alias, channel))

    async def get_ready(self) -> None:
        """Registers who is described, and brings about what they had before."""
        bureau = Bureau(self._connections.platform(BUREAU))
        await register_all(bureau, self._registered().values())
        await asyncio.gather(*(self._link(alias, spec) for alias, spec in self._specs.items()))
        await bring_linked_to_status(bureau, self._described)

    def _registered(self) -> dict[str, Persona]:
        """The described people whom the bureau knows from the start."""
        return {
            alias: person
            for alias, person in self._described.items()
            if self._specs[alias].registered
        }

    async def _link(self, alias: str, spec: CitizenSpec) -> None:
        for place, channel in enumerate(names_of(spec.linked)):
            phone = await self.phone(alias, channel)
            await _walked(phone, FLOW_KIND_APPLY)
            if spec.password and place == 0:
                conduct = Conduct(new_card_password=spec.password)
                await _walked(phone, FLOW_KIND_SET_PASSWORD, conduct)


async def _walked(phone: Phone, kind: FlowKind.ValueType, conduct: Conduct = HONEST) -> None:
    walk = await phone.walk(kind, conduct)
    if not walk.is_completed:
        name = FlowKind.Name(kind).removeprefix("FLOW_KIND_").lower()
        raise WorkbenchError(
            f"{phone.persona.id} could not {name} in {phone.channel_id} before the scenario began: "
            f"{', '.join(walk.reasons)}"
        )


def _one_of(people: Mapping[str, Persona], name: str) -> Persona:
    if name not in people:
        raise UsageError(f"no citizen {name!r}; {meant(name, people)}")
    return people[name]
