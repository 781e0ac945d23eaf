"""An unkind federation: it refuses, delays, loses answers, delivers twice and restarts, by a seed.

What it promises: never more than two refusals in a row for one operation. An operation is what one
caller asks with one request id, or, of reads, with one method and content. A lost answer counts as
a refusal: its caller cannot tell them apart. What cannot be kept count of is met with kindness.

A party that is restarted is killed, as by a power cut, while no call is inside; calls to it wait at
its door until it is back.
"""

import asyncio
import hashlib
import random
from collections import OrderedDict
from contextlib import AbstractAsyncContextManager
from typing import Final

from essc.lab.v1 import fault_pb2 as pb
from essc_workbench.gate.effects import Hit
from essc_workbench.gate.lots import Lots
from essc_workbench.gate.powers import PartyFaults, PartyPowers
from essc_workbench.gate.recorder import Passing
from essc_workbench.gate.turnstiles import Turnstiles
from essc_workbench.routes import AUTHORITIES, PHONE

IN_A_ROW_MAX: Final = 2
COUNTED_MAX: Final = 100_000
"""Operations whose last refusals are remembered. They are forgotten once they have got through."""

REFUSE, LOSE, TWICE, DELAY = 0.06, 0.04, 0.04, 0.10
"""Which share of the calls meets what."""
_DELAY_MS: Final = (20, 400)
_PAUSE_S: Final = (20.0, 60.0)
"""Between two restarts."""
NAME: Final = "unkind"


class Unkind:
    """The unkindness of one federation."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._turnstiles = Turnstiles()
        self.counts: dict[str, int] = dict.fromkeys(
            ("refuse", "lose_answer", "deliver_twice", "delay", "restart"), 0
        )
        """How often it did what."""
        self._lots = Lots(f"{seed}/unkind")
        self._in_a_row: OrderedDict[bytes, int] = OrderedDict()
        self._never = asyncio.Event()

    def meet(self, passing: Passing) -> tuple[Hit, ...]:
        """What happens to a call; nothing to streams, and to what is in no contract."""
        method = passing.method
        if method is None or method.is_client_streaming or method.is_server_streaming:
            return ()
        drawn = self._lots.draw(passing.source, passing.target, passing.path)
        operation = _operation(passing)
        refused = self._in_a_row.pop(operation, 0)
        may_refuse = refused < IN_A_ROW_MAX and len(self._in_a_row) < COUNTED_MAX
        if drawn < REFUSE + LOSE:
            if not may_refuse:
                return ()
            self._in_a_row[operation] = refused + 1
            return (self._refusal(drawn),)
        if drawn < REFUSE + LOSE + TWICE:
            return (self._hit("deliver_twice", pb.DeliverTwiceFault()),)
        if drawn < REFUSE + LOSE + TWICE + DELAY:
            delay, (least, most) = pb.DelayFault(), _DELAY_MS
            share = (drawn - REFUSE - LOSE - TWICE) / DELAY
            delay.by.FromMilliseconds(least + round(share * (most - least)))
            return (self._hit("delay", delay),)
        return ()

    def passing(self, target: str) -> AbstractAsyncContextManager[None]:
        """What a call to a party goes through: it waits there while the party is restarted."""
        return self._turnstiles.passing(target)

    async def restart_parties(self, powers: PartyPowers, parties: PartyFaults) -> None:
        """Restarts a party now and then, until it is cancelled."""
        chance = random.Random(f"{self.seed}/restarts")
        while True:
            await asyncio.sleep(chance.uniform(*_PAUSE_S))
            there = [
                each
                for each in sorted(powers.targets)
                if each != AUTHORITIES and not powers.cannot("kill", each)
            ]
            if there:
                await self.restart(chance.choice(there), parties)

    async def restart(self, party: str, parties: PartyFaults) -> None:
        """Restarts a party while its callers wait."""
        kill = pb.KillFault(party=party)
        async with self._turnstiles.closed(party):
            await parties.begin("kill", kill)
            await parties.end("kill", kill)
        self.counts["restart"] += 1

    def _refusal(self, drawn: float) -> Hit:
        if drawn >= REFUSE:
            return self._hit("lose_answer", pb.LoseAnswerFault())
        is_busy = drawn < REFUSE / 2
        return self._hit("refuse", pb.RefuseFault(reason="PLATFORM_BUSY" if is_busy else ""))

    def _hit(self, effect: str, value: object) -> Hit:
        self.counts[effect] += 1
        return Hit(NAME, effect, value, self._never)


def _operation(passing: Passing) -> bytes:
    """What one caller wants once, however often it asks: a digest of it."""
    caller = passing.source
    if caller == PHONE:
        caller += next(
            (str(value) for key, value in passing.metadata if key == "authorization"), ""
        )
    said = hashlib.sha256(f"{caller}\n{passing.target}\n{passing.path}\n".encode())
    changes = passing.method is not None and passing.method.changes_something
    is_change = changes and passing.request_id
    said.update(passing.request_id.encode() if is_change else passing.request)
    return said.digest()
