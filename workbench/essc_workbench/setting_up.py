"""What is set up in a federation that runs: parties and personas, each once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from essc_workbench.bureau import Bureau
from essc_workbench.connections import Connections, party_key
from essc_workbench.enrolment import (
    BUREAU,
    COUNTERS,
    OPERATOR,
    enrol_channel,
    enrol_counter,
    parents_first,
)
from essc_workbench.failures import UsageError
from essc_workbench.families import WINDOW, enrol_window, make_families, make_links
from essc_workbench.folders import DataFolder, State
from essc_workbench.population import (
    Persona,
    bring_linked_to_status,
    open_accounts,
    personas,
    register_all,
)
from essc_workbench.programs import Profile
from essc_workbench.routes import PLATFORM

NEW_CARDS = "new-cards"
"""Stands among those populated once the persons are registered whose cards come into channels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """One setting up. The state says what is done, and is saved at the end.

    A new card is delivered when it is issued (R5), so whoever has one is registered only once there
    are channels: a prepared folder, which has none, and one set up from nothing end up alike.
    """

    folder: DataFolder
    state: State
    profiles: Mapping[str, Profile]
    connections: Connections
    ready: Callable[[str], Awaitable[None]]
    """Waits for a party."""
    people: Collection[str] | None
    """The personas that get accounts in the channels; None for all."""
    say: Callable[[str], None]

    async def run(self) -> None:
        """Sets up what is not set up yet. Raises UsageError for a persona that there is not."""
        self.say("registering the card bureau, a hospital and the channels")
        await self._enrol()
        self.say("registering the personas, with an account in each channel")
        await self._populate()
        self.folder.save(self.state)

    async def _enrol(self) -> None:
        state, operator = self.state, self.connections.platform(OPERATOR)
        for party in [name for name in COUNTERS if name not in state.enrolled]:
            await enrol_counter(operator, party, party_key(self.folder, party))
            state.enrolled.append(party)
        for profile in parents_first(self.profiles.values()):
            if profile.id not in state.enrolled:
                await enrol_channel(operator, profile, party_key(self.folder, profile.id))
                state.enrolled.append(profile.id)
        if WINDOW not in state.enrolled:
            await enrol_window(operator, party_key(self.folder, WINDOW))
            state.enrolled.append(WINDOW)

    async def _populate(self) -> None:
        wanted = (PLATFORM, NEW_CARDS, *self.profiles) if self.profiles else (PLATFORM,)
        missing = [name for name in wanted if name not in self.state.populated]
        if not missing:
            return
        everybody = await personas(self.connections.platform_lab())
        if PLATFORM in missing:
            await self._register(everybody)
        if NEW_CARDS in missing:
            await self._register_new_cards(everybody)
        people = everybody
        if self.people is not None:
            unknown = [name for name in self.people if name not in everybody]
            if unknown:
                raise UsageError(f"{', '.join(unknown)}: no such persona")
            people = {name: everybody[name] for name in self.people}
        channels = [name for name in missing if name in self.profiles]
        if people:
            await asyncio.gather(*(self._open_accounts(name, people) for name in channels))
        if self.people is None:
            self.state.populated.extend(channels)

    async def _register(self, people: dict[str, Persona]) -> None:
        connections = self.connections
        early = [each for each in people.values() if not each.has_new_card]
        await register_all(Bureau(connections.platform(BUREAU)), early)
        window, lab = connections.platform(WINDOW), connections.platform_lab()
        await make_families(window, lab, people)
        await make_links(window, lab, people)
        await bring_linked_to_status(Bureau(connections.platform(BUREAU)), people)
        self.state.populated.append(PLATFORM)

    async def _register_new_cards(self, people: dict[str, Persona]) -> None:
        bureau = Bureau(self.connections.platform(BUREAU))
        await register_all(bureau, [each for each in people.values() if each.has_new_card])
        self.state.populated.append(NEW_CARDS)

    async def _open_accounts(self, channel_id: str, people: dict[str, Persona]) -> None:
        if self.connections.has_lab(channel_id):
            await self.ready(channel_id)
            await open_accounts(self.connections.channel_lab(channel_id), channel_id, people)
