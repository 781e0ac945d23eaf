"""What an unkind gate does, and the promise that it keeps."""

import asyncio
from collections import Counter
from pathlib import Path

import grpc
import pytest
from tests.gate.parties import ZHANG, Powers, Street, a_street, until

from essc_workbench.gate.powers import PartyFaults
from essc_workbench.gate.recorder import Passing
from essc_workbench.history.methods import WATCH, methods
from essc_workbench.unkind import COUNTED_MAX, DELAY, LOSE, REFUSE, TWICE, Unkind

UNLINK, GET_CARD = "essc.card.v1.CardService/Unlink", "essc.card.v1.CardService/GetCard"
REFUSALS = ("refuse", "lose_answer")


def a_call(
    request_id: str = "", *, path: str = UNLINK, content: bytes = b"", source: str = "wechat"
) -> Passing:
    return Passing(source, "platform", path, methods()[path], content, (), request_id=request_id)


def met(unkind: Unkind, passing: Passing) -> str:
    """What happens to a call; empty if nothing does."""
    return "".join(hit.effect for hit in unkind.meet(passing))


@pytest.mark.parametrize("seed", [str(number) for number in range(20)])
def test_no_operation_is_refused_more_than_twice_in_a_row(seed: str) -> None:
    unkind = Unkind(seed)
    worst = Counter[int]()

    for number in range(2000):
        refused = 0
        while met(unkind, a_call(f"request-{number}")) in REFUSALS:
            refused += 1
            assert refused <= 2
        worst[refused] += 1

    assert worst[1] > 100  # it is unkind at all
    assert worst[2] > 5


def test_a_read_is_the_same_operation_while_its_content_is_the_same() -> None:
    unkind = Unkind("7")

    in_a_row, longest = Counter[bytes](), 0
    for number in range(6000):
        content = f"content {number % 7}".encode()
        if met(unkind, a_call(path=GET_CARD, content=content)) in REFUSALS:
            in_a_row[content] += 1
        else:
            in_a_row[content] = 0
        longest = max(longest, *in_a_row.values())

    assert longest == 2


def test_operations_that_are_mixed_up_are_counted_each_for_itself() -> None:
    unkind = Unkind("3")
    in_a_row: Counter[str] = Counter()

    for number in range(9000):
        operation = f"request-{number * 7919 % 97}"
        if met(unkind, a_call(operation)) in REFUSALS:
            in_a_row[operation] += 1
            assert in_a_row[operation] <= 2
        else:
            in_a_row[operation] = 0


def test_the_same_seed_is_unkind_in_the_same_way_and_in_about_the_promised_shares() -> None:
    def row(seed: str) -> list[str]:
        unkind = Unkind(seed)
        return [met(unkind, a_call(f"request-{number}")) for number in range(4000)]

    one, again, other = row("7"), row("7"), row("8")

    assert one == again
    assert one != other
    shares = {what: count / 4000 for what, count in Counter(one).items()}
    assert shares["refuse"] == pytest.approx(REFUSE, abs=0.02)
    assert shares["lose_answer"] == pytest.approx(LOSE, abs=0.02)
    assert shares["deliver_twice"] == pytest.approx(TWICE, abs=0.02)
    assert shares["delay"] == pytest.approx(DELAY, abs=0.02)


def test_streams_are_left_alone() -> None:
    unkind = Unkind("7")

    assert {met(unkind, a_call(path=WATCH)) for _ in range(200)} == {""}


def test_what_cannot_be_counted_any_more_is_met_with_kindness() -> None:
    unkind = Unkind("7")
    unkind._in_a_row.update({number.to_bytes(4, "big"): 1 for number in range(COUNTED_MAX)})

    effects = {met(unkind, a_call(f"request-{number}")) for number in range(500)}

    assert effects == {"", "deliver_twice", "delay"}


@pytest.mark.timeout(60)
async def test_callers_who_ask_again_always_get_through_the_door_at_the_third_time(
    tmp_path: Path,
) -> None:
    async with a_street(tmp_path) as street:
        unkind = street.gate.unkind = Unkind("7")
        await street.peer()

        async def caller(name: int) -> list[int]:
            return [await _failures(street, f"{name}-{number}") for number in range(50)]

        rows = await asyncio.gather(*(caller(name) for name in range(40)))
        failures = [each for row in rows for each in row]

    assert isinstance(unkind, Unkind)
    assert len(failures) == 2000
    assert max(failures) == 2
    assert sum(failures) == unkind.counts["refuse"] + unkind.counts["lose_answer"]
    # What was not refused arrived; what was delivered twice arrived once more.
    arrived = len(street.party.unlinked)
    assert arrived == 2000 + unkind.counts["lose_answer"] + unkind.counts["deliver_twice"]


async def _failures(street: Street, request_id: str) -> int:
    """How often a call fails before it succeeds."""
    for count in range(10):
        try:
            answer = await street.unlink(request_id, timeout_s=20)
        except grpc.RpcError:
            continue
        assert answer.link.link_id == ZHANG
        return count
    raise AssertionError(request_id)


async def test_calls_wait_at_the_door_of_a_party_that_is_restarted(tmp_path: Path) -> None:
    async with a_street(tmp_path) as street:
        unkind = street.gate.unkind = Unkind("7")
        assert isinstance(unkind, Unkind)
        unkind.meet = lambda passing: ()  # type: ignore[method-assign]  # only restarts, here
        street.party.answers.clear()
        inside = asyncio.ensure_future(street.unlink("inside"))
        await until(lambda: street.party.unlinked)
        parties = PartyFaults(street.powers, street.journal)
        restarting = asyncio.ensure_future(unkind.restart("platform", parties))
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(street.unlink("waiting"))
        await until(lambda: len(street.invoked()) == 2)
        before = list(street.powers.done)

        street.party.answers.set()
        await asyncio.gather(inside, restarting, waiting)

    assert before == []  # nobody is killed while a call is inside
    assert street.powers.done == ["kill platform", "restart platform"]
    assert street.party.unlinked == ["inside", "waiting"]


async def test_a_restart_begins_now_and_then_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("essc_workbench.unkind._PAUSE_S", (0.01, 0.02))
    unkind, powers = Unkind("7"), Powers()
    powers.foreign = {"wechat", "alipay"}

    task = asyncio.ensure_future(unkind.restart_parties(powers, PartyFaults(powers, None)))
    await until(lambda: unkind.counts["restart"] >= 2)
    task.cancel()

    assert set(powers.done) == {"kill platform", "restart platform"}
