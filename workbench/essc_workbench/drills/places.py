"""Where the shards of a drill are played: processes of this machine, or workers of a cluster."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from essc_workbench.drills.journeys.playable import unplayable
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.playing import MakeShards, on_this_machine
from essc_workbench.drills.results import Result
from essc_workbench.failures import UsageError
from essc_workbench.ports import HOST


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to play."""

    plan: Plan
    """With as many processes as play here."""
    make_shards: MakeShards = on_this_machine
    host: str = HOST
    """Where the parties listen."""
    facts: dict[str, str] = field(default_factory=dict)
    """What a result's environment says about it, once it was played."""

    def told(self, result: Result) -> Result:
        """A result that says where it was played."""
        return result.model_copy(update={"environment": {**result.environment, **self.facts}})


@asynccontextmanager
async def place_of(plan: Plan, dask: str = "", listen: str = "") -> AsyncIterator[Place]:
    """This machine, or the Dask cluster at HOST:PORT: one shard on each of its workers.

    The parties listen at the IPv4 address `listen`, so that workers of other machines reach them.
    Raises UsageError if there is no such cluster, if it is made of other code, or if the people of
    the plan are too few for so many processes.
    """
    if listen:
        _check_listening(plan, dask, listen)
    if not dask:
        yield Place(plan)
        return
    from essc_workbench.drills.dask_shards import DaskShards, cluster_at

    async with cluster_at(dask) as cluster:
        there = plan.model_copy(update={"processes": cluster.count})
        for _, what, _ in unplayable(there):
            raise UsageError(f"with {cluster.count} Dask workers: {what}")
        facts = dict[str, str]()
        yield Place(
            plan=there,
            make_shards=lambda stage: DaskShards(cluster, stage.orders(), facts=facts),
            host=listen or HOST,
            facts=facts,
        )


def _check_listening(plan: Plan, dask: str, listen: str) -> None:
    if not dask:
        raise UsageError("--listen is for --dask: processes of this machine need no other address")
    try:
        address = ipaddress.IPv4Address(listen)
    except ValueError:
        raise UsageError(f"--listen {listen}: it must be an IPv4 address of this machine") from None
    if not plan.federation.tls and not address.is_loopback:
        raise UsageError(f"--listen {listen}: the plan needs `federation: {{…, tls: true}}`")
