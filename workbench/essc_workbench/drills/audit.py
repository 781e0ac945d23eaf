"""The audit of a drill: whether all that was acknowledged is there, once, and nothing else.

    found = await audited(connections, folder, notes=paths, channels=plan.federation.channels,
                          seed=seed)

When the load is over everybody is waited for until nothing is left to do; then each party shows its
whole state, and judges compare it with what the callers noted. Every acknowledged change must be
there once, every definite failure have left no trace, every unknown one be whole or absent. Those
are the judges of scenarios, and one who counts (`reconciling.py`).

The notes must tell of all that the callers did since the federation was fresh, the preparing too.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import grpc

from essc_workbench.connections import Connections
from essc_workbench.drills.judging import LISTS, Case, Verdict
from essc_workbench.drills.results import Audit, AuditFinding, Words
from essc_workbench.exports import export_to
from essc_workbench.failures import WorkbenchError, told
from essc_workbench.processes import launched
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.settling import Settling

SETTLE_S: Final = 60.0
"""How long consequences are waited for: a channel that was behind has to catch up."""
JUDGING_S: Final = 900.0
_CASE: Final = "case.json"


async def audited(
    connections: Connections,
    folder: Path,
    *,
    notes: Sequence[Path],
    channels: Sequence[str],
    seed: int,
    loss: str = "block",
) -> Audit:
    """Audits a federation at rest. Snapshots, which name people, are in the folder meanwhile.

    Raises WorkbenchError if it cannot be judged, and OSError.
    """
    began_s = time.monotonic()
    with TemporaryDirectory(dir=folder, prefix="audit-") as place:
        exports = {party: Path(place, f"{party}.binpb") for party in (PLATFORM, *channels)}
        case = Case(
            notes=tuple(notes), exports=exports, channels=tuple(channels), seed=seed, loss=loss
        )
        judging = _Judging(case, Path(place, _CASE))
        try:
            left = await Settling(connections, channels).settle(SETTLE_S)
            silent = await asyncio.gather(
                *(_exported(connections, party, path) for party, path in exports.items())
            )
            verdict = await judging.verdict(is_settled=not left)
        finally:
            judging.kill()
    unseen = (*(_pending(str(each)) for each in left), *(each for each in silent if each))
    return Audit(
        findings=(*verdict.findings, *_told(unseen)),
        calls=verdict.calls,
        took_s=time.monotonic() - began_s,
        cpu_s=verdict.cpu_s,
    )


async def _exported(connections: Connections, party: str, path: Path) -> Words | None:
    """Writes a party's snapshot; answers why there is none. What is cut off is no snapshot."""
    if not connections.has_lab(party):
        return Words(zh=f"{party} 没有实验端口", en=f"{party} has no lab port here")
    try:
        await export_to(path, connections.lab(party), LISTS)
    except grpc.RpcError as error:
        why = told(error)
        return Words(zh=f"{party} 没有导出：{why}", en=f"{party} exports nothing: {why}")
    return None


def _pending(what: str) -> Words:
    return Words(zh=f"尚未完成：{what}", en=f"still on its way: {what}")


def _told(notes: Sequence[Words]) -> tuple[AuditFinding, ...]:
    """What could not be looked at, as a finding of its own; nothing if everything could."""
    if not notes:
        return ()
    text = Words(zh="负载结束后，各方都已完成并导出", en="After the load all was done, and shown")
    return (AuditFinding(judge="rest", text=text, ruling="unknown", checks=0, notes=tuple(notes)),)


class _Judging:
    """The process of the judges, from its start to its verdict."""

    def __init__(self, case: Case, path: Path) -> None:
        path.write_text(case.model_dump_json(), encoding="utf-8")
        command = [sys.executable, "-I", "-m", "essc_workbench.drills.judging", str(path)]
        pipe = subprocess.PIPE
        self._process = launched(command, stdin=pipe, stdout=pipe, stderr=pipe)

    async def verdict(self, *, is_settled: bool) -> Verdict:
        """Has it judge what was exported. Raises WorkbenchError if it cannot."""
        line = b"settled\n" if is_settled else b"unsettled\n"
        try:
            out, problem = await asyncio.to_thread(self._process.communicate, line, JUDGING_S)
        except subprocess.TimeoutExpired:
            raise WorkbenchError(f"the judges took longer than {JUDGING_S:.0f} s") from None
        if self._process.returncode != 0:
            last = problem.decode(errors="replace").strip().splitlines()[-1:]
            raise WorkbenchError(f"the judges failed: {''.join(last)}")
        return Verdict.model_validate_json(out)

    def kill(self) -> None:
        """Ends it with its helpers, if it has not ended."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
