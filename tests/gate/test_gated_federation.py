"""A real federation with the gate between all its parties."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from tests.gate.parties import fault, until

from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel
from essc.lab.v1 import fault_pb2 as pb
from essc.trust.v1.trust_service_pb2 import PublishedKey
from essc_wire.refusals import Refusal, reason_of
from essc_workbench.answers import Conduct
from essc_workbench.citizens import Walk
from essc_workbench.enrolment import OPERATOR
from essc_workbench.federation import Federation, federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.gate.powers import PartyFaults
from essc_workbench.history.facts import People
from essc_workbench.history.items import Outcome, Seen
from essc_workbench.history.journal import Journal
from essc_workbench.history.reading import Call, History, read_history
from essc_workbench.operators import Operator
from essc_workbench.population import WALLET_PASSWORD, personas
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting
from essc_workbench.trace import Traces
from essc_workbench.unkind import Unkind

APPLY, UNLINK = channel.FLOW_KIND_APPLY, channel.FLOW_KIND_UNLINK


@dataclass
class Gated:
    """The federation, its gate, and its people."""

    meeting: Meeting
    gate: Gate
    faults: FaultBook
    powers: FederationPowers
    traces: Traces
    journal: Journal

    @property
    def federation(self) -> Federation:
        return self.meeting.federation

    def history(self) -> History:
        return read_history(self.journal.path)

    def seen_by(self, channel_id: str) -> list[Seen]:
        return [item for item in self.history().seen if item.channel == channel_id]

    def calls(self, method: str, target: str = "platform") -> list[Call]:
        return [
            call
            for call in self.history().calls
            if call.method == method and call.invoked.target == target
        ]


@asynccontextmanager
async def a_gated(folder: Path, template: Template, *channels: str) -> AsyncIterator[Gated]:
    traces, people, powers = Traces(), People(), FederationPowers()
    with Journal(folder / "history.jsonl") as journal:
        faults = FaultBook(journal, powers)
        gate = Gate(journal, faults, traces, people=people)
        data = DataFolder(folder / "data")
        try:
            async with (
                federation_in(data, channels=channels, routes=gate, template=template) as running,
                running.connections(traces) as connections,
                running.connections(is_straight=True) as straight,
            ):
                powers.over(running, straight)
                known = await personas(straight.platform_lab())
                for alias, each in known.items():
                    people.add(alias, each.id_number, each.phone, each.name, alias)
                meeting = Meeting(running, connections, known)
                yield Gated(meeting, gate, faults, powers, traces, journal)
                await faults.end_all()
        finally:
            await gate.close()


@pytest.mark.timeout(100)
async def test_a_federation_lives_through_its_gate_and_through_what_its_faults_do(
    tmp_path: Path, template: Template
) -> None:
    async with a_gated(tmp_path, template, "wechat", "alipay") as gated:
        await an_application_is_recorded_from_the_phone_to_the_authorities(gated)
        await an_answer_that_is_lost_is_asked_for_again_and_nothing_happens_twice(gated)
        await a_cut_channel_follows_once_it_is_connected_again(gated)
        await parties_are_killed_frozen_suspended_and_come_back(gated)
        await a_clock_and_a_key_change_for_good(gated)
        nothing_that_admits_anybody_is_written_down(gated)


@pytest.mark.timeout(240)
async def test_in_an_unkind_federation_people_get_everything_done_all_the_same(
    tmp_path: Path, template: Template
) -> None:
    async with a_gated(tmp_path, template, "wechat", "alipay") as gated:
        unkind = gated.gate.unkind = Unkind("7")
        restarts = asyncio.ensure_future(
            restart_each_once(unkind, PartyFaults(gated.powers, gated.journal))
        )
        walks = await asyncio.gather(
            *(
                lives(gated, persona, channel_id)
                for persona in ("zhang-san", "zheng-shi", "chen-mei")
                for channel_id in ("wechat", "alipay")
            )
        )
        await restarts
        gated.gate.unkind = None

    history = gated.history()
    assert all(walk.is_completed for row in walks for walk in row)
    assert unkind.counts["restart"] == 3
    assert unkind.counts["refuse"] + unkind.counts["lose_answer"] > 5
    assert all(call.answered is not None for call in history.calls)
    failed = Counter(
        (call.invoked.source, call.invoked.request_id)
        for call in history.calls
        if call.invoked.request_id
        and call.answered is not None
        and call.answered.facts.get("fault") == "unkind"
    )
    assert max(failed.values()) <= 2
    applied = [call.invoked.request_id for call in gated.calls("Apply") if call.outcome == "ok"]
    assert len(set(applied)) == 6


async def restart_each_once(unkind: Unkind, parties: PartyFaults) -> None:
    for party in ("alipay", "platform", "wechat"):
        await unkind.restart(party, parties)


async def lives(gated: Gated, persona: str, channel_id: str) -> list[Walk]:
    """Applies and unlinks, as patiently as people are."""
    phone = gated.meeting.citizen(persona).phone(channel_id)
    phone.patience_s = 90.0  # a busy machine is slow between two restarts, too
    await phone.sign_in()
    conduct = Conduct(preferences=("FACE",))
    return [await phone.walk(APPLY, conduct), await phone.walk(UNLINK, conduct)]


async def an_application_is_recorded_from_the_phone_to_the_authorities(gated: Gated) -> None:
    phone = gated.meeting.citizen("zhang-san").phone("wechat")
    with gated.traces.during(step=1, citizens=("zhang-san",)):
        await phone.sign_in()
        walk = await phone.walk(APPLY, Conduct(preferences=("FACE",)))
    await until(lambda: gated.seen_by("wechat"))

    assert walk.is_completed
    (apply,) = gated.calls("Apply")
    answered = {call.number: call for call in gated.calls("AnswerStep", "wechat")}
    assert apply.invoked.source == "wechat"
    assert apply.invoked.cause in answered
    assert (apply.invoked.step, apply.invoked.citizens) == (1, ("zhang-san",))
    assert apply.answered is not None
    assert apply.answered.facts["link.state"] == "STATE_ACTIVE"
    face = gated.calls("JudgeFace", "authorities")[-1]  # those before are of the set-up
    assert (face.invoked.source, face.invoked.citizens) == ("platform", ("zhang-san",))
    seen = gated.seen_by("wechat")[-1]
    assert seen.event_kind == "LINK_ACTIVATED"
    assert seen.link_id == apply.answered.facts["link.link_id"]
    said = gated.journal.path.read_text("utf-8")
    persona = gated.meeting.people["zhang-san"]
    assert not [each for each in (persona.name, persona.id_number, persona.phone) if each in said]


def nothing_that_admits_anybody_is_written_down(gated: Gated) -> None:
    said = gated.journal.path.read_text("utf-8")
    citizen = gated.meeting.citizen("zhang-san")
    sessions = [citizen.phone(channel_id)._session for channel_id in ("wechat", "alipay")]

    assert all(sessions)
    for secret in (*sessions, "258036", WALLET_PASSWORD):
        assert secret not in said
    assert "password#" in said
    assert "proof#" in said


async def an_answer_that_is_lost_is_asked_for_again_and_nothing_happens_twice(
    gated: Gated,
) -> None:
    match = pb.FaultMatch(sources=["alipay"], method="Apply", count=1)
    lose = fault("lose", match=match, lose_answer=pb.LoseAnswerFault())
    assert isinstance(await gated.faults.add(lose), pb.FaultStatus)
    phone = gated.meeting.citizen("zhang-san").phone("alipay")
    with gated.traces.during(step=2, citizens=("zhang-san",)):
        await phone.sign_in()
        walk = await phone.walk(APPLY, Conduct(preferences=("FACE",)))

    first, second = gated.calls("Apply")[1:]
    assert walk.is_completed
    assert first.invoked.request_id == second.invoked.request_id
    assert (first.outcome, second.outcome) == (Outcome.UNKNOWN, Outcome.OK)
    assert second.answered is not None
    assert second.answered.facts["link.serial"] == 1


async def a_cut_channel_follows_once_it_is_connected_again(gated: Gated) -> None:
    cut = fault("cut", match=pb.FaultMatch(sources=["wechat"]), cut=pb.CutFault())
    await gated.faults.add(cut)
    before = {name: len(gated.seen_by(name)) for name in ("wechat", "alipay")}
    phone = gated.meeting.citizen("zhang-san").phone("alipay")
    conduct = Conduct(new_card_password="258036")
    set_password = await phone.walk(channel.FLOW_KIND_SET_PASSWORD, conduct)
    await until(lambda: len(gated.seen_by("alipay")) > before["alipay"])
    is_kept = len(gated.seen_by("wechat")) == before["wechat"]
    await gated.faults.remove("cut")
    await until(lambda: len(gated.seen_by("wechat")) > before["wechat"], within_s=20)

    assert set_password.is_completed
    assert is_kept


async def parties_are_killed_frozen_suspended_and_come_back(gated: Gated) -> None:
    running = gated.federation
    await gated.faults.add(fault("kill", kill=pb.KillFault(party="wechat")))
    killed = "wechat" not in running.pids()
    await gated.faults.remove("kill")
    back = "wechat" in running.pids()
    await gated.faults.add(fault("freeze", freeze=pb.FreezeFault(party="alipay")))
    phone = gated.meeting.citizen("zhang-san").phone("alipay")
    phone.patience_s = 0
    asking = asyncio.ensure_future(phone.home())
    await until(lambda: any(call.answered is None for call in gated.calls("GetHome", "alipay")))
    await gated.faults.remove("freeze")
    panel = await asking
    await gated.faults.add(fault("suspend", suspend=pb.SuspendFault(channel="alipay")))
    with pytest.raises(grpc.RpcError) as refused:
        await phone.start(UNLINK)
    await gated.faults.remove("suspend")
    state = await Operator(gated.meeting.connections.platform(OPERATOR)).channel("alipay")
    await gated.faults.add(fault("full", fill_disk=pb.FillDiskFault(party="wechat")))
    during = gated.federation.pids()["wechat"]
    await gated.faults.remove("full")
    unknown = await gated.faults.add(fault("x", kill=pb.KillFault(party="authorities")))

    assert killed
    assert back
    assert gated.federation.pids()["wechat"] != during
    assert gated.powers.away == set()
    assert panel.state == Panel.STATE_USABLE
    assert reason_of(refused.value) is not None
    assert state.state == state.STATE_LIVE
    assert isinstance(unknown, Refusal)
    happened = [(item.what, item.party) for item in gated.history().happened()]
    assert happened.index(("killed", "wechat")) < happened.index(("started", "wechat"))
    assert happened.index(("frozen", "alipay")) < happened.index(("thawed", "alipay"))


async def a_clock_and_a_key_change_for_good(gated: Gated) -> None:
    skew = pb.SkewFault(party="wechat")
    skew.by.FromSeconds(61)
    await gated.faults.add(fault("skew", skew=skew))
    await gated.faults.add(fault("key", key=pb.KeyFault()))
    operator = Operator(gated.meeting.connections.platform(OPERATOR))
    keys = await operator.published_keys()

    assert PublishedKey.STATE_ANNOUNCED in {key.state for key in keys}
    (moved,) = gated.history().happened("clock-moved")
    assert (moved.party, moved.facts["by_us"]) == ("wechat", 61_000_000)
