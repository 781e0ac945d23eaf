"""Asks the bank about every order that is paid or given back, until it has said its word (R62).

What has to be asked follows from the store, so nothing is lost with the process. A transfer's id
follows from the order and its step, so a question that is asked again is the same one, and the bank
moves the money once. An order is asked about as soon as it is committed; a pass over the store once
a second finds what was left by a restart or by a bank that did not answer.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import structlog

from essc_platform.batch import Submission
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.core.decisions import Rejected
from essc_platform.core.payments import NoteTransfer
from essc_platform.core.records import Change, Citizen, Order, OrderState
from essc_platform.core.snapshot import one
from essc_platform.store.connections import Reading
from essc_platform.store.errors import FAILURES
from essc_platform.store.gateway import load
from essc_platform.store.views_settlement import FIRST_PLACE, orders_at_bank, place_of
from essc_platform.vault import Vault

AT_ONCE = 16
"""How many questions are with the bank at the same time."""
INTERVAL_S = 1.0
PAUSE_MAX_S = 5.0
_PAGE = 100
# What is not kept here is found in the store.
_FRESH_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What the bank is asked to move."""

    transfer_id: str
    is_back: bool
    """From the provider back to the holder and the fund."""
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    bank_id: str
    provider: str
    own_fen: int
    insurance_fen: int


Ask = Callable[[Transfer], Awaitable[bool | None]]
"""Whether the money has moved; None if the bank did not say."""


async def _silence(_transfer: Transfer) -> None:
    """Whoever is asked before there is a bank."""


class Settler:
    """The settler of one platform process."""

    def __init__(
        self,
        read: Reading,
        collector: Collector,
        clock: PartyClock,
        vault: Vault,
    ) -> None:
        self._read, self._collector, self._clock = read, collector, clock
        self._vault = vault
        self._ask: Ask = _silence
        self._fresh: deque[Order] = deque(maxlen=_FRESH_MAX)
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking: dict[tuple[int, int, int], asyncio.Task[None]] = {}
        self._misses = 0
        self._running: list[asyncio.Task[None]] = []

    def begin(self, ask: Ask) -> None:
        """Starts to ask, with what is in the store."""
        self._ask = ask
        loop = asyncio.get_running_loop()
        self._running = [
            loop.create_task(self._follow_commits()),
            loop.create_task(self._follow_store()),
        ]

    def committed(self, changes: Iterable[Change]) -> None:
        """Takes note of orders that a commit has sent to the bank."""
        for change in changes:
            if isinstance(change, Order) and change.is_at_bank:
                self._fresh.append(change)
                self._woken.set()

    async def stop(self) -> None:
        """Begins no more, and waits for the answers to what was asked."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _follow_commits(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._fresh:
                await self._begin(self._fresh.popleft())

    async def _follow_store(self) -> None:
        """Once a second; more and more seldom while the bank does not answer."""
        pause = INTERVAL_S
        while True:
            answered = False
            try:
                answered = await self._pass()
            except FAILURES as error:
                structlog.get_logger("store").error("the settler failed", error=str(error))
            pause = INTERVAL_S if answered else min(2 * pause, PAUSE_MAX_S)
            await asyncio.sleep(pause)

    async def _pass(self) -> bool:
        """Asks about all that waits, the longest waiting first; whether the bank said its word."""
        after, misses = FIRST_PLACE, self._misses
        while waiting := await self._read(orders_at_bank, after, _PAGE):
            for order in waiting:
                # While the bank is away there is no use in going through the whole line.
                if self._misses - misses >= AT_ONCE:
                    return False
                await self._begin(order)
            after = place_of(waiting[-1])
        if self._asking:
            # Whoever stops the pass must not stop what was asked: that is drained on its own.
            await asyncio.wait(self._asking.values())
        return self._misses == misses

    async def _begin(self, order: Order) -> None:
        """Asks about an order, unless that is being done; waits for a slot before it."""
        await self._slots.acquire()
        if order.key in self._asking:
            self._slots.release()
            return
        task = asyncio.get_running_loop().create_task(self._settle(order))
        self._asking[order.key] = task
        task.add_done_callback(lambda _: self._end(order))

    def _end(self, order: Order) -> None:
        del self._asking[order.key]
        self._slots.release()

    async def _settle(self, order: Order) -> None:
        """One question and its answer. What goes wrong is counted, and the order waits."""
        try:
            is_noted = await self._note(order)
        except Exception as error:  # noqa: BLE001 - a bug: this order waits, the others go on
            structlog.get_logger("settler").error("bug", error=type(error).__name__)
            is_noted = False
        if not is_noted:
            self._misses += 1

    async def _note(self, order: Order) -> bool:
        """Whether the bank said its word and it is committed."""
        is_moved = await self._ask(await self._transfer(order))
        if is_moved is None:
            return False
        command = NoteTransfer(
            at=self._clock.now(),
            citizen=order.citizen,
            order_number=order.number,
            step=order.step,
            is_moved=is_moved,
        )
        submission = Submission(command=command, at=command.at, encode=lambda _: b"")
        return not isinstance(await self._collector.submit(submission), Rejected)

    async def _transfer(self, order: Order) -> Transfer:
        reads = frozenset({one(Citizen, order.citizen)})
        holder = (await self._read(load, reads)).view(reads).one(Citizen, order.citizen)
        assert holder is not None, "an order is of a citizen on record"
        is_back = order.state is OrderState.REFUNDING
        order_id = self._vault.write_id(order.citizen, order.number)
        direction = "back" if is_back else "collect"
        name = f"{self._vault.platform_id}:{order_id}:{order.step}:{direction}"
        return Transfer(
            transfer_id=str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
            is_back=is_back,
            name=holder.name,
            id_number=holder.id_number,
            bank_id=order.bank_id,
            provider=order.provider,
            own_fen=order.own_fen,
            insurance_fen=order.insurance_fen,
        )
