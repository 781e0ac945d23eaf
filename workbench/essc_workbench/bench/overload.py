"""What overload does: what a refusal costs, what is left at one and a half times the best rate, and
whether one flooding channel pushes the others out.

All of it as ratios of one run. The calls are half reads (GetCard), half durable writes
(StartChallenge). The best rate is that of a closed loop; offered is by the clock.
"""

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle, islice, repeat
from typing import Any

import grpc

from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND
from essc_wire.client import Peer
from essc_workbench.bench.calls import Caller, unlink_challenge
from essc_workbench.bench.load import TIMEOUT_S, Send, drive, method
from essc_workbench.bench.measures import READ_CALLS, Place, bare_contestant
from essc_workbench.bench.pairs import Calls, Contestant, compete, ratio
from essc_workbench.bench.parties import Platform, channel_profile, platform
from essc_workbench.bench.people import import_items, import_people
from essc_workbench.bench.report import FAIRNESS, OVERLOAD, REFUSAL, Report
from essc_workbench.bench.senders import Calls as Endless
from essc_workbench.bench.senders import Sender, Tally
from essc_workbench.failures import WorkbenchError

HOLDERS = 40
CHANNELS = 5
ROUNDS = 5
BEST_CALLS = 6000
DEADLINE_S = 0.5
SECONDS = 5.0
OFFERED = 1.5
FLOOD, QUIET = 10, 0.75
"""Of a channel's share, which is the best rate divided by the channels: what the flooding channel
offers, and what each other."""
AT_ONCE, AT_ONCE_FLOODING, AT_ONCE_UNHELD = 64, 400, 1900
"""Calls on their way at once: of a good caller, of a flood, and of whoever nothing holds."""
LAG_MAX_S = DEADLINE_S / 2
_UNPROTECTED = ("--admission", "off", "--streams-max", "2000")


@dataclass(frozen=True, slots=True)
class _Stand:
    """A running platform with callers of its channels."""

    running: Platform
    callers: Sequence[Caller]

    @property
    def peer(self) -> Peer:
        """The platform as its first channel calls it."""
        return self.running.channel

    async def best_rate(self) -> float:
        """Answers a second with as many calls on their way as a channel keeps."""
        window = await drive(
            self.peer, self.running.pid, islice(_mixed(self.callers[0]), BEST_CALLS)
        )
        return window.rate

    async def offer(self, rates: Sequence[float], at_once: Sequence[int]) -> list[Tally]:
        """Each channel sends by the clock; what became of it, channel by channel."""
        senders = [
            Sender(
                caller.peer,
                _mixed(caller),
                rate=rate,
                deadline_s=DEADLINE_S,
                at_once=bound,
            )
            for caller, rate, bound in zip(self.callers, rates, at_once, strict=True)
        ]
        return list(await asyncio.gather(*(sender.run(SECONDS) for sender in senders)))


async def measure_refusals(place: Place) -> None:
    """A call without a token: refused where one for which there is no room is, and as cheaply."""
    async with AsyncExitStack() as stack:
        bare = await bare_contestant(stack, place, "bare server beside refusals", READ_CALLS)
        stand = await _stand(stack, place, "refusals", 1, "--log-level", "warning")
        send = _refused(method(stand.peer, "/essc.card.v1.CardService/GetCard"))

        async def refusals() -> Calls:
            return list(repeat((send, bytes(34)), READ_CALLS))

        ours = Contestant("refusal", stand.peer, stand.running.pid, refusals)
        # Refusals cost the generator more than the server: its use of the core is not judged.
        await compete([bare, ours], place.say, judged=0)
    place.report.add_cost(REFUSAL, ratio(ours, bare))
    place.report.contestants += [bare, ours]


async def measure_overload(place: Place) -> None:
    """More is offered than can be answered: good answers a second, divided by the best rate."""
    kept = _Kept([], [])
    async with AsyncExitStack() as stack:
        held = await _stand(stack, place, "overload", 1)
        plain = await _stand(stack, place, "overload without protection", 1, *_UNPROTECTED)
        for turn in range(ROUNDS):
            place.say(f"overload, round {turn + 1} of {ROUNDS}")
            kept.note(kept.held, *await _overloaded(held, AT_ONCE))
            kept.note(kept.plain, *await _overloaded(plain, AT_ONCE_UNHELD))
    kept.report(
        place.report,
        OVERLOAD,
        f"of the best rate is answered within {DEADLINE_S} s at {OFFERED} times that rate",
    )


async def _overloaded(stand: _Stand, at_once: int) -> tuple[float, list[Tally]]:
    """What is left of the best rate, the better of before and after, and what the sender counted.

    Other work on the machine makes one of the two too low now and then.
    """
    before = await stand.best_rate()
    (tally,) = await stand.offer([OFFERED * before], [at_once])
    best = max(before, await stand.best_rate())
    return tally.good / SECONDS / best, [tally]


async def measure_fairness(place: Place) -> None:
    """One channel floods: good answers of the others, divided by what they get without it."""
    kept = _Kept([], [])
    async with AsyncExitStack() as stack:
        held = await _stand(stack, place, "fairness", CHANNELS)
        plain = await _stand(stack, place, "fairness without protection", CHANNELS, *_UNPROTECTED)
        for turn in range(ROUNDS):
            place.say(f"fairness, round {turn + 1} of {ROUNDS}")
            share, tallies = await _beside_a_flood(held, AT_ONCE_FLOODING)
            other, others = await _beside_a_flood(plain, AT_ONCE_UNHELD)
            kept.note(kept.held, share, tallies)
            kept.note(kept.plain, other, others)
    kept.report(
        place.report,
        FAIRNESS,
        f"of their good answers is left to four channels beside one that offers {FLOOD} times its "
        "share",
    )


async def _beside_a_flood(stand: _Stand, at_once: int) -> tuple[float, list[Tally]]:
    """What quiet channels keep of their good answers, and what their senders counted."""
    share = await stand.best_rate() / CHANNELS
    quiet, bounds = [QUIET * share] * (CHANNELS - 1), [AT_ONCE] * (CHANNELS - 1)
    _, *before = await stand.offer([1.0, *quiet], [AT_ONCE, *bounds])
    _, *beside = await stand.offer([FLOOD * share, *quiet], [at_once, *bounds])
    good, kept = (sum(each.good for each in tallies) for tallies in (before, beside))
    return kept / max(good, 1), [*before, *beside]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was kept, round by round, with protection and without."""

    held: list[float]
    plain: list[float]

    def note(self, rounds: list[float], kept: float, tallies: Sequence[Tally]) -> None:
        """A round; it is void if the sender was the bottleneck."""
        if not all(tally.is_whole for tally in tallies):
            raise WorkbenchError("a sender has lost count of its calls")
        if max(tally.lag_s for tally in tallies) <= LAG_MAX_S:
            rounds.append(kept)

    def report(self, report: Report, key: str, what: str) -> None:
        """The figure, and beside it the same without protection."""
        report.figures[key] = statistics.median(self.held) if self.held else None
        report.remarks.append(
            f"{key}: {_shown(self.held)} {what}; without protection {_shown(self.plain)}"
        )


def _shown(rounds: Sequence[float]) -> str:
    count = f"{len(rounds)} of {ROUNDS} rounds, in the others the sender lagged"
    if not rounds:
        return f"nothing ({count})"
    return f"{statistics.median(rounds):.2f} ({min(rounds):.2f} to {max(rounds):.2f}; {count})"


async def _stand(
    stack: AsyncExitStack, place: Place, name: str, channels: int, *arguments: str
) -> _Stand:
    place.say(f"{name}: a platform with {channels} channels")
    profiles = [channel_profile(n, receives_new_cards=False) for n in range(1, channels + 1)]
    running = await stack.enter_async_context(
        platform(place.folder(name.replace(" ", "-")), place.server_core, profiles, *arguments)
    )
    callers = [Caller(running, number) for number in range(channels)]
    await import_people(running.bureau, import_items(HOLDERS, GENERATION_SECOND))
    for caller in callers:
        await caller.link_all(HOLDERS)
    return _Stand(running, callers)


def _mixed(caller: Caller) -> Endless:
    """Reads and writes in turn, without an end; each write has a request id of its own."""
    start = method(caller.peer, "/essc.identity.v1.IdentityService/StartChallenge")
    reads = caller.reads(len(caller.holders))
    for read, holder in cycle(list(zip(reads, caller.holders, strict=True))):
        yield read
        yield start, unlink_challenge(holder.person).SerializeToString()


def _refused(send: Send) -> Send:
    """The same method for calls that nobody lets in: without a token."""

    async def refused(request: bytes, **_: Any) -> None:
        try:
            await send(request, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return
            raise
        raise WorkbenchError("a call without a token was let in")

    return refused
