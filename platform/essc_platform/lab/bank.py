"""The simulated settlement bank: a durable ledger of transfers of its own, `lab.db`.

It answers the same transfer id the same for good, so that a platform that lost the answer asks
again without harm. The ledger says what moved, and nothing of whose it was.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from essc.authority.v1 import authority_service_pb2 as pb
from essc_platform.clock import PartyClock
from essc_platform.lab import magic
from essc_wire.guard import Call
from essc_wire.refusals import Refusal

FILE_NAME = "lab.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transfers (
    transfer TEXT PRIMARY KEY,
    direction INTEGER NOT NULL,
    bank TEXT NOT NULL,
    provider TEXT NOT NULL,
    own_fen INTEGER NOT NULL,
    insurance_fen INTEGER NOT NULL,
    is_moved INTEGER NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID
"""


class BankLedger:
    """The bank's own book, written in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(_SCHEMA)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bank")

    async def transfer(self, request: pb.TransferRequest, at: int, *, is_refused: bool) -> bool:
        """Whether the money moved: what was said of this transfer first. Raises sqlite3.Error."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._transfer, request, at, is_refused)

    def close(self) -> None:
        """Finishes what is being written."""
        self._writer.shutdown(wait=True)
        self._connection.close()

    def _transfer(self, request: pb.TransferRequest, at: int, is_refused: bool) -> bool:
        self._connection.execute(
            "INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                request.transfer_id.lower(),
                request.direction,
                request.bank_id,
                request.provider_id,
                request.own_fen,
                request.insurance_fen,
                not is_refused,
                at,
            ),
        )
        (is_moved,) = self._connection.execute(
            "SELECT is_moved FROM transfers WHERE transfer = ?", (request.transfer_id.lower(),)
        ).fetchone()
        return bool(is_moved)


class SettlementBankServicer:
    """essc.authority.v1.SettlementBankService, simulated: it moves all money but that of a few."""

    def __init__(self, ledger: BankLedger, clock: PartyClock) -> None:
        self._ledger, self._clock = ledger, clock

    async def Transfer(
        self, request: pb.TransferRequest, call: Call[object]
    ) -> pb.TransferResponse | Refusal:
        try:
            moved = await self._ledger.transfer(
                request,
                self._clock.now(),
                is_refused=magic.provokes(request.holder.id_number, "ORDER_UNPAID"),
            )
        except sqlite3.Error as error:
            structlog.get_logger("bank").error("the bank's ledger failed", error=str(error))
            return Refusal("STORE_UNAVAILABLE")
        return pb.TransferResponse(moved=moved)
