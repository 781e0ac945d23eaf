"""A federation: the platform and its channels as processes, on loopback, over one data folder.

    async with federation_in(folder, channels=("wechat", "alipay")) as federation:
        ...

All addresses are reserved first, so the platform and the channels start at the same moment; a
channel bears that its platform is not there yet. What is set up once (the platform's data, keys,
registrations, personas) is remembered in the folder, and repeating it changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from essc_wire.addresses import addresses_of
from essc_wire.keys import from_pem, new_key, write_key
from essc_wire.serving import is_loopback
from essc_wire.tls import server_credentials
from essc_workbench.connections import Connections
from essc_workbench.enrolment import COUNTERS, OPERATOR
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.families import WINDOW
from essc_workbench.fleet import Fleet, party_of, platform_names
from essc_workbench.folders import LOSSES, Addresses, DataFolder, State, reason
from essc_workbench.foreign import Foreign, bring_keys
from essc_workbench.ports import HOST, PortReservations
from essc_workbench.processes import PartyProcess
from essc_workbench.programs import (
    Profile,
    channel_serve,
    platform_commands,
    platform_init,
    profile_in,
    shipped_profiles,
)
from essc_workbench.routes import AUTHORITIES, PHONE, PLATFORM, Doors, Routes, opened
from essc_workbench.setting_up import SetUp
from essc_workbench.spares import Spares
from essc_workbench.stores import AS_BEFORE, Deployment
from essc_workbench.trace import Traces
from essc_workbench.watching import reserved, write_targets


class Prepared(Protocol):
    """Where a new folder begins."""

    async def copy_to(self, folder: DataFolder) -> None:
        """Puts what is prepared into a folder; one that holds a federation is left as it is."""
        ...


def _silent(_text: str) -> None:
    return


class Federation:
    """The processes of one data folder."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        channels: Sequence[str] | None = None,
        is_tls: bool = False,
        loss: str = "",
        say: Callable[[str], None] = _silent,
        routes: Routes | None = None,
        foreign: Mapping[str, Foreign] | None = None,
        spares: Spares | None = None,
        template: Prepared | None = None,
        people: Collection[str] | None = None,
        profiles: Sequence[Path] = (),
        platform_options: Sequence[str] = (),
        host: str = HOST,
        deployment: Deployment = AS_BEFORE,
    ) -> None:
        """`host` is where the parties listen; beyond loopback with TLS only."""
        self.folder = folder
        self._spares, self._template, self._people = spares, template, people
        self.foreign = dict(foreign or {})
        """Parties that somebody else runs."""
        if self.foreign and is_tls:
            raise UsageError("parties of somebody else's are called without TLS only")
        if not is_tls and not is_loopback(f"{host}:0"):
            raise UsageError(f"{host}: parties listen beyond loopback with TLS only")
        if loss and loss not in LOSSES:
            raise UsageError(f"{loss}: no policy for losses; there are: {', '.join(LOSSES)}")
        self.state = State(is_tls=is_tls)
        self.profiles: dict[str, Profile] = {}
        self._wanted, self._loss, self._profile_files = channels, loss, profiles
        self._platform_options, self._host = platform_options, host
        self._deployment = deployment
        self._say, self._routes = say, routes
        self._doors: Doors = {}
        self._ports = PortReservations()
        self._fleet = Fleet()

    @property
    def channel_ids(self) -> list[str]:
        """The channels of this run."""
        return list(self.profiles)

    def connections(
        self, traces: Traces | None = None, *, is_straight: bool = False
    ) -> Connections:
        """Fresh connections to all parties, for the running event loop.

        They go through the doors there are; straight ones pass by every door.
        """
        return Connections(self.folder, self.state, traces, {} if is_straight else self._doors)

    async def choose(self) -> None:
        """Looks the wanted channels up, once. Raises UsageError for one that does not exist."""
        if not self.profiles:
            self.profiles = _chosen(await asyncio.to_thread(self._there), self._wanted)

    def _there(self) -> dict[str, Profile]:
        """The channels that ship, and those of the profile files; a file's goes first."""
        own = [profile_in(file) for file in self._profile_files]
        return shipped_profiles() | {profile.id: profile for profile in own}

    async def start(self) -> None:
        """Starts everything and sets up what is not set up yet."""
        self.folder.make()
        if self._template is not None and PLATFORM not in self.foreign:
            await self._template.copy_to(self.folder)
        is_tls, self.state = self.state.is_tls, self.folder.load()
        self.state.is_tls = is_tls
        self.state.loss = self._loss or self.state.loss
        await self._find_store()
        if is_tls:
            server_credentials(self.folder.tls, self._host)  # all parties must find one authority
        self._say("setting up the platform")
        asking = asyncio.create_task(self.choose())
        try:
            await self._init_platform()
        finally:
            await asking
        bring_keys(self.foreign, self.folder)
        self._make_keys()
        self._reserve_addresses()
        if self._routes is not None:
            self._doors = await opened(self._routes, self._ways())
        self._say(f"starting the platform and {len(self.profiles)} channels")
        for party in (PLATFORM, *self.profiles):
            if party not in self.foreign:
                self._start_party(party)
        await self._ready(PLATFORM)
        async with self.connections(is_straight=True) as connections:
            await SetUp(
                folder=self.folder,
                state=self.state,
                profiles=self.profiles,
                connections=connections,
                ready=self._ready,
                people=self._people,
                say=self._say,
            ).run()
        await asyncio.gather(*map(self._ready, self.profiles))
        if self._spares is not None:
            self._spares.fill()  # nobody waits now, and the next federation finds them

    async def stop(self) -> None:
        """Stops every process; the channels first, so that none misses its platform."""
        try:
            await self._fleet.stop_all()
        finally:
            self._ports.release()
            if self._deployment.store is not None and self.state.store:
                await self._deployment.store.take_back(self.state.store)

    def kill(self, party: str) -> None:
        """Ends a party's processes at once (SIGKILL), or the one of this name."""
        self._fleet.kill(party)

    async def restart(self, party: str) -> None:
        """Starts a party again at its address, stopping it first if it runs."""
        await self._fleet.restart(party)

    async def revive(self, party: str) -> None:
        """Starts those of a party's processes that do not run."""
        await self._fleet.revive(party)

    async def halt(self, party: str) -> None:
        """Stops a party in order."""
        await self._fleet.stop(party)

    def reserve(self, wanted: str) -> str:
        """An address for a server beside the parties, kept while the federation runs."""
        return self._ports.reserve(wanted)

    def way(self, source: str, target: str, upstream: str) -> str:
        """The address that a caller calls for a target which listens at `upstream`."""
        return self._doors.get((source, target), upstream)

    async def fill_disk(self, party: str) -> None:
        """Starts a party again such that its store cannot grow beyond what it is now."""
        await self._fleet.restart_with(party, is_full=True)

    async def free_disk(self, party: str) -> None:
        """Starts a party again such that its store may grow."""
        await self._fleet.restart_with(party, is_full=False)

    def is_whole(self, party: str) -> bool:
        """Whether all processes of a party run."""
        return self._fleet.is_whole(party)

    def pids(self) -> dict[str, int]:
        """The processes that run, by their names: see fleet.py."""
        return self._fleet.pids()

    def process(self, party: str) -> PartyProcess:
        """A party's first process, for who wants to read its log."""
        return self._fleet.of(party)[0]

    def processes(self, party: str) -> list[PartyProcess]:
        """All processes of a party."""
        return self._fleet.of(party)

    async def _ready(self, party: str) -> None:
        """Waits for a party; whoever runs a foreign party has seen to it before."""
        if party not in self.foreign:
            await self._fleet.ready(party)

    async def _find_store(self) -> None:
        """What the platform's processes work on together, and how many they are."""
        state = self.state
        state.platforms = self._deployment.platforms or state.platforms
        if PLATFORM in self.foreign:
            state.platforms = 1
            return
        if self._deployment.store is not None:
            state.store = await self._deployment.store.give(self.folder.root, state.store)
        if state.platforms > 1 and not state.store:
            raise UsageError("several processes of a platform need one database: name it, --store")

    async def _init_platform(self) -> None:
        if PLATFORM in self.foreign:
            return
        key_file = self.folder.key(OPERATOR)
        if self.state.platform is not None and key_file.exists():
            return  # addresses are noted after this step only
        pem = await asyncio.to_thread(
            platform_init, self.folder, self.state.platform_id, key_file, self.state.store
        )
        try:
            from_pem(pem)
        except ValueError:
            raise WorkbenchError("essc-platform init printed no private key") from None

    def _make_keys(self) -> None:
        for party in (*COUNTERS, WINDOW, *self.profiles):
            if not self.folder.key(party).exists():
                write_key(self.folder.key(party), new_key())

    def _reserve_addresses(self) -> None:
        """The addresses of the last run where they are free, others where not."""
        self.state.platform = self._reserved(PLATFORM, self.state.platform, self.state.platforms)
        before, self.state.channels = self.state.channels, {}
        for channel_id in self.profiles:
            self.state.channels[channel_id] = self._reserved(channel_id, before.get(channel_id))
        if self._deployment.is_watched:
            names = [*platform_names(self.state.platforms), *self.profiles]
            own = [name for name in names if party_of(name) not in self.foreign]
            self.state.operations = reserved(own, self.state.operations, self._ports)
            write_targets(self.folder, self.state.operations)
        self.folder.save(self.state)

    def _reserved(self, party: str, before: Addresses | None, count: int = 1) -> Addresses:
        """Addresses for so many processes of a party, and for the lab of the first."""
        if party in self.foreign:
            return self.foreign[party].at
        wanted = list(addresses_of(before.address)) if before else []
        wanted += [""] * (count - len(wanted))
        lab_address = before.lab_address if before else ""
        try:
            listen_at = [self._ports.reserve(each, self._host) for each in wanted[:count]]
        except OSError as error:
            raise UsageError(f"{self._host}: nobody can listen there: {reason(error)}") from None
        return Addresses(address=",".join(listen_at), lab_address=self._ports.reserve(lab_address))

    def _ways(self) -> Iterator[tuple[str, str, str]]:
        """Who calls whom in this federation, and where that one listens."""
        platform = self.state.platform
        assert platform is not None
        if PLATFORM not in self.foreign:
            yield PLATFORM, AUTHORITIES, platform.lab_address
        for caller in ("", OPERATOR, *COUNTERS, WINDOW):
            yield caller, PLATFORM, platform.address
        for channel_id, at in self.state.channels.items():
            yield channel_id, PLATFORM, platform.address
            yield PHONE, channel_id, at.address

    def _start_party(self, party: str) -> None:
        take = self._spares.take if self._spares else None
        if party == PLATFORM:
            authorities = self._doors.get((PLATFORM, AUTHORITIES), "")
            commands = platform_commands(self.folder, self.state, authorities)
            commands = [[*each, *self._platform_options] for each in commands]
        else:
            commands = [self._command(party)]
        names = platform_names(len(commands)) if party == PLATFORM else (party,)
        for name, command in zip(names, commands, strict=True):
            if self._deployment.is_watched:
                command += ["--ops-port", self.state.operations[name]]
            self._fleet.start(PartyProcess(name, command, self.folder.logs, take))

    def _command(self, channel_id: str) -> list[str]:
        """A channel's command line."""
        state = self.state
        assert state.platform is not None
        return channel_serve(
            self.folder,
            self.profiles[channel_id],
            state.channels[channel_id],
            self.way(channel_id, PLATFORM, state.platform.address),
            state.platform_id,
            is_tls=state.is_tls,
        )


def _chosen(shipped: dict[str, Profile], wanted: Sequence[str] | None) -> dict[str, Profile]:
    if wanted is None:
        return shipped
    unknown = [name for name in wanted if name not in shipped]
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: no such channel; there are: {', '.join(shipped)}")
    for profile in (shipped[name] for name in wanted):
        if profile.parent_id and profile.parent_id not in wanted:
            raise UsageError(f"{profile.id}: needs {profile.parent_id}, the channel above it, too")
    return {name: shipped[name] for name in wanted}


@asynccontextmanager
async def federation_in(
    folder: DataFolder,
    *,
    channels: Sequence[str] | None = None,
    is_tls: bool = False,
    loss: str = "",
    say: Callable[[str], None] = _silent,
    routes: Routes | None = None,
    foreign: Mapping[str, Foreign] | None = None,
    spares: Spares | None = None,
    template: Prepared | None = None,
    people: Collection[str] | None = None,
    profiles: Sequence[Path] = (),
    platform_options: Sequence[str] = (),
    host: str = HOST,
    deployment: Deployment = AS_BEFORE,
) -> AsyncIterator[Federation]:
    """A running federation; every process has ended when this ends, however it ends.

    Without a policy for losses it is the one of the last run. With routes its parties call each
    other as these say. Foreign parties are called where they are, and neither started nor ended.
    With spares its processes are loaded already; with a template a new folder begins as a copy of
    it. Only the personas that are named in `people` get accounts in the channels; default: all.
    Besides the channels that ship those of profile files can take part. The platform is started
    with further options, if there are any. The parties listen at `host`, but for their lab ports.
    The deployment says where the platform keeps its data, and how many processes it is.
    """
    federation = Federation(
        folder,
        channels=channels,
        is_tls=is_tls,
        loss=loss,
        say=say,
        routes=routes,
        foreign=foreign,
        spares=spares,
        template=template,
        people=people,
        profiles=profiles,
        platform_options=platform_options,
        host=host,
        deployment=deployment,
    )
    if channels is not None:
        await federation.choose()  # before anything is made for what does not exist
    folder.make()
    with folder.held():
        try:
            await federation.start()
            yield federation
        finally:
            await federation.stop()
