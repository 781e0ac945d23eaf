"""For test suites: a federation of chosen channels as processes, and people with phones in it.

    async with federation(tmp_path, channels=("wechat", "alipay")) as f:
        zhang_san = f.citizen("zhang-san").phone("wechat")
        await zhang_san.sign_in()
        assert (await zhang_san.walk(FLOW_KIND_APPLY)).is_completed

The processes may outlive an event loop (`federation_in` in a fixture of wider scope); the
connections may not: then `meet` gives fresh ones.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from essc_workbench.bureau import Bureau
from essc_workbench.citizens import Citizen
from essc_workbench.connections import Connections
from essc_workbench.enrolment import BUREAU
from essc_workbench.failures import UsageError
from essc_workbench.federation import Federation, Prepared, federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.population import Persona, personas


@dataclass(slots=True)
class Meeting:
    """A running federation, connections to it, and its people."""

    federation: Federation
    connections: Connections
    people: dict[str, Persona]
    _citizens: dict[str, Citizen] = field(default_factory=dict)

    @property
    def bureau(self) -> Bureau:
        """The card bureau's desk."""
        return Bureau(self.connections.platform(BUREAU))

    def citizen(self, name: str) -> Citizen:
        """A persona, with phones; the same one each time."""
        if name not in self.people:
            raise UsageError(f"{name}: no such persona; there are: {', '.join(self.people)}")
        if name not in self._citizens:
            self._citizens[name] = Citizen(self.people[name], self.connections)
        return self._citizens[name]


@asynccontextmanager
async def meet(running: Federation) -> AsyncIterator[Meeting]:
    """Connections to a federation that runs already."""
    async with running.connections() as connections:
        people = await personas(connections.platform_lab())
        yield Meeting(running, connections, people)


@asynccontextmanager
async def federation(
    root: Path,
    *,
    channels: Sequence[str] | None = None,
    is_tls: bool = False,
    loss: str = "",
    template: Prepared | None = None,
) -> AsyncIterator[Meeting]:
    """A fresh federation in a folder, stopped at the end; with a template it starts sooner."""
    running = federation_in(
        DataFolder(root), channels=channels, is_tls=is_tls, loss=loss, template=template
    )
    async with running as parties, meet(parties) as meeting:
        yield meeting
