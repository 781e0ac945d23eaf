"""The book of faults: what it takes, what it refuses, and that every fault ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.parties import Powers, fault, until

from essc.lab.v1 import fault_pb2 as pb
from essc_wire.refusals import Refusal
from essc_workbench.failures import WorkbenchError
from essc_workbench.gate.faults import ENDED_MAX, LASTING_MAX, FaultBook
from essc_workbench.gate.recorder import Passing
from essc_workbench.history.facts import People
from essc_workbench.history.items import Happened
from essc_workbench.history.journal import Journal
from essc_workbench.history.methods import methods
from essc_workbench.history.reading import read_history

UNLINK = "essc.card.v1.CardService/Unlink"
LOSE: dict[str, Any] = {"lose_answer": pb.LoseAnswerFault()}


def book(powers: Powers | None = None, **values: Any) -> FaultBook:
    return FaultBook(None, powers or Powers(), **values)


def a_call() -> Passing:
    return Passing("wechat", "platform", UNLINK, methods()[UNLINK], b"", ())


def violation(answer: object) -> str:
    assert isinstance(answer, Refusal)
    assert answer.reason == "REQUEST_INVALID"
    return f"{answer.violations[0].field}: {answer.violations[0].text}"


async def test_the_same_fault_again_is_a_repeat_and_another_of_its_name_is_refused() -> None:
    faults = book()
    first = await faults.add(fault(**LOSE))

    again = await faults.add(fault(**LOSE))
    other = await faults.add(fault(lease_s=20, **LOSE))

    assert again == first
    assert other == Refusal("FAULT_EXISTS")
    assert len(faults.list()) == 1


async def test_what_cannot_be_is_refused_with_the_field_that_says_so() -> None:
    faults = book()
    powers = Powers()
    powers.foreign.add("wechat")

    without_lease = pb.Fault(fault_id="f", lose_answer=pb.LoseAnswerFault())
    assert violation(await faults.add(without_lease)) == "lease: value is required"
    unknown = fault(match=pb.FaultMatch(sources=["nobody"]), **LOSE)
    assert "match.sources: no party 'nobody'" in violation(await faults.add(unknown))
    unknown = fault(match=pb.FaultMatch(targets=["nobody"]), **LOSE)
    assert "match.targets" in violation(await faults.add(unknown))
    unknown = fault(match=pb.FaultMatch(method="Fly"), **LOSE)
    assert "no method 'Fly'" in violation(await faults.add(unknown))
    unknown = fault(match=pb.FaultMatch(citizen="nobody"), **LOSE)
    people = People()
    people.add("li-si", "11100000001")
    there = violation(await book(people=people).add(unknown))
    assert there == "fault.match.citizen: no citizen 'nobody'; there are: li-si"
    unknown = fault(refuse=pb.RefuseFault(reason="BAD_MOOD"))
    assert "no reason 'BAD_MOOD'" in violation(await faults.add(unknown))
    unknown = fault(kill=pb.KillFault(party="nobody"))
    assert "fault.kill: no party 'nobody'" in violation(await faults.add(unknown))
    foreign = fault(kill=pb.KillFault(party="wechat"))
    assert "somebody else's program" in violation(await book(powers).add(foreign))
    assert "essc up --gate" in violation(await book(has_doors=False).add(fault(**LOSE)))
    assert faults.list() == []


async def test_a_fault_without_an_effect_is_refused() -> None:
    answer = await book().add(fault())

    assert isinstance(answer, Refusal)
    assert answer.reason == "REQUEST_INVALID"


async def test_party_faults_need_no_doors() -> None:
    powers = Powers()

    await book(powers, has_doors=False).add(fault(kill=pb.KillFault(party="wechat")))

    assert powers.done == ["kill wechat"]


@pytest.mark.parametrize(
    ("effect", "began", "ended"),
    [
        ({"kill": pb.KillFault(party="wechat")}, "kill wechat", ["restart wechat"]),
        ({"freeze": pb.FreezeFault(party="wechat")}, "freeze wechat", ["thaw wechat"]),
        (
            {"fill_disk": pb.FillDiskFault(party="platform")},
            "fill_disk platform",
            ["free_disk platform"],
        ),
        ({"suspend": pb.SuspendFault(channel="alipay")}, "suspend alipay", ["resume alipay"]),
        ({"key": pb.KeyFault()}, "rotate_key", []),
        ({"key": pb.KeyFault(compromise=True)}, "compromise_key", []),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
async def test_what_is_done_to_a_party_is_undone_where_it_can_be(
    effect: dict[str, Any], began: str, ended: list[str]
) -> None:
    powers = Powers()
    faults = book(powers)

    await faults.add(fault(**effect))
    during = list(powers.done)
    await faults.remove("f")

    assert during == [began]
    assert powers.done == [began, *ended]
    assert faults.list()[0].has_ended


async def test_a_clock_that_was_moved_stays_ahead() -> None:
    powers = Powers()
    skew = pb.SkewFault(party="wechat")
    skew.by.FromSeconds(61)
    faults = book(powers)

    await faults.add(fault(skew=skew))
    await faults.end_all()

    assert powers.done == ["skew wechat 61000000"]


async def test_what_two_faults_do_to_a_party_is_undone_when_both_have_ended() -> None:
    powers = Powers()
    faults = book(powers)
    for fault_id in ("one", "two"):
        await faults.add(fault(fault_id, freeze=pb.FreezeFault(party="wechat")))

    await faults.remove("one")
    between = list(powers.done)
    await faults.remove("two")

    assert between == ["freeze wechat"] * 2
    assert powers.done == ["freeze wechat", "freeze wechat", "thaw wechat"]


async def test_what_could_not_be_done_is_refused_and_its_name_is_free_again() -> None:
    powers = Powers()
    powers.hindrance = WorkbenchError("it would not die")
    faults = book(powers)

    refused = await faults.add(fault(kill=pb.KillFault(party="wechat")))
    powers.hindrance = None
    added = await faults.add(fault(kill=pb.KillFault(party="wechat")))

    assert violation(refused) == "fault.kill: it would not die"
    assert isinstance(added, pb.FaultStatus)


async def test_a_lease_ends_a_fault_and_the_history_tells_its_whole_life(tmp_path: Path) -> None:
    powers = Powers()
    with Journal(tmp_path / "history.jsonl") as journal:
        faults = FaultBook(journal, powers)
        await faults.add(fault(lease_s=0.1, kill=pb.KillFault(party="wechat")))
        await until(lambda: faults.list()[0].has_ended)

    items = read_history(tmp_path / "history.jsonl").items
    told = [(item.what, item.party) for item in items if isinstance(item, Happened)]
    assert powers.done == ["kill wechat", "restart wechat"]
    assert told == [
        ("fault-began", "wechat"),
        ("killed", "wechat"),
        ("started", "wechat"),
        ("fault-ended", "wechat"),
    ]


async def test_a_fault_ends_even_if_what_it_did_cannot_be_undone(tmp_path: Path) -> None:
    powers = Powers()
    with Journal(tmp_path / "history.jsonl") as journal:
        faults = FaultBook(journal, powers)
        await faults.add(fault(kill=pb.KillFault(party="wechat")))
        powers.hindrance = WorkbenchError("it stays dead")

        status = await faults.remove("f")

    (ended,) = read_history(tmp_path / "history.jsonl").happened("fault-ended")
    assert isinstance(status, pb.FaultStatus)
    assert status.has_ended
    assert ended.facts["failed"] == "it stays dead"


async def test_to_end_a_fault_again_waits_for_the_same_end() -> None:
    powers = Powers()
    faults = book(powers)
    await faults.add(fault(kill=pb.KillFault(party="wechat")))

    await asyncio.gather(faults.remove("f"), faults.remove("f"), faults.end_all())

    assert powers.done == ["kill wechat", "restart wechat"]


async def test_removing_what_is_not_there_is_refused_and_what_has_ended_stays_as_it_is() -> None:
    faults = book()
    await faults.add(fault(**LOSE))
    first = await faults.remove("f")

    again = await faults.remove("f")

    assert await faults.remove("other") == Refusal("FAULT_NOT_FOUND")
    assert again == first


async def test_faults_that_last_and_faults_that_ended_are_bounded() -> None:
    faults = book()
    for number in range(LASTING_MAX):
        await faults.add(fault(f"f-{number}", **LOSE))

    beyond = await faults.add(fault("one-more", **LOSE))
    await faults.end_all()
    for number in range(LASTING_MAX, 2 * LASTING_MAX + 50):
        await faults.add(fault(f"f-{number}", **LOSE))
        await faults.remove(f"f-{number}")

    assert "at most 100 faults" in violation(beyond)
    assert len(faults.list()) == ENDED_MAX == 200
    assert faults.list()[0].fault.fault_id == "f-249"
    assert faults.list()[-1].fault.fault_id == "f-50"


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 5), st.floats(0.001, 3600)),
        st.tuples(st.just("remove"), st.integers(0, 5), st.just(0.0)),
        st.tuples(st.just("wait"), st.just(0), st.floats(0, 4000)),
        st.tuples(st.just("kill"), st.integers(6, 9), st.floats(0.001, 3600)),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(operations=OPERATIONS)
def test_every_fault_ends_with_its_lease_and_meets_nothing_afterwards(
    operations: list[tuple[str, int, float]],
) -> None:
    now = 0.0
    leases: dict[str, float] = {}

    async def play() -> None:
        nonlocal now
        powers = Powers()
        faults = book(powers, now=lambda: now)
        for what, number, span_s in operations:
            name = f"f-{number}"
            if what == "wait":
                now += span_s
                faults.tend()
            elif what == "remove":
                await faults.remove(name)
            else:
                effect = LOSE if what == "add" else {"kill": pb.KillFault(party="wechat")}
                if name not in leases:
                    leases[name] = now + span_s
                await faults.add(fault(name, lease_s=span_s, **effect))
            lasting = {hit.fault_id for hit in faults.meet(a_call())}
            assert all(now < leases[each] + 1e-3 for each in lasting)
        now += 3600.1
        met = faults.meet(a_call())
        faults.tend()
        await faults.end_all()
        assert met == ()
        assert all(status.has_ended for status in faults.list())
        assert {each.fault.fault_id for each in faults.list()} == set(leases)
        # Whoever was killed is back: the last thing that was done is its start.
        assert not powers.done or powers.done[-1] == "restart wechat"

    asyncio.run(play())
