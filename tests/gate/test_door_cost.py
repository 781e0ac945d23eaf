"""What a door costs a caller who makes one call at a time, recorded and not."""

import statistics
import time
from pathlib import Path

import pytest
from tests.gate.parties import Powers

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc_wire.client import Peer
from essc_wire.tokens import TokenSource
from essc_workbench.connections import party_key
from essc_workbench.federation import Federation, federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.history.journal import Journal
from essc_workbench.trace import Traces

ROUNDS, CALLS = 12, 150


def peer(federation: Federation, address: str) -> Peer:
    key = party_key(federation.folder, "wechat")
    return Peer(address, TokenSource("wechat", key, federation.state.platform_id))


async def rate(caller: Peer) -> float:
    """Calls a second, one at a time."""
    stub = CardServiceStub(caller.channel)
    began = time.perf_counter()
    for _ in range(CALLS):
        await stub.ListLinks(cards.ListLinksRequest(), **caller.options())
    return CALLS / (time.perf_counter() - began)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_one_call_at_a_time_through_a_door_keeps_a_quarter_of_the_direct_rate(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path / "data")
    async with federation_in(data, channels=("wechat",)) as running:
        assert running.state.platform is not None
        upstream = running.state.platform.address
        with Journal(tmp_path / "history.jsonl") as journal:
            recording = Gate(journal, FaultBook(journal, Powers()), Traces())
            silent = Gate(None, FaultBook(None, Powers()), Traces())
            callers = {
                "direct": peer(running, upstream),
                "recorded": peer(running, await recording.door("wechat", "platform", upstream)),
                "silent": peer(running, await silent.door("wechat", "platform", upstream)),
            }
            rates: dict[str, list[float]] = {name: [] for name in callers}
            for _ in range(ROUNDS):
                for name, caller in callers.items():
                    rates[name].append(await rate(caller))
            for caller in callers.values():
                await caller.close()
            await recording.close()
            await silent.close()

    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in middle.items():
        print(f"{name}: {found:.0f} calls/s, {found / middle['direct']:.2f} of direct")
    assert middle["recorded"] > middle["direct"] / 4
