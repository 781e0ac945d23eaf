"""A run: from its folder over a stage to its verdict.

    run = Run(play, folder)
    async with run as stage:
        await stage.play(step)
    run.verdict

Whatever happens inside, what happened until then is judged: when the steps are over the faults end,
whoever is down is started again, everything is waited for, the parties show their state and end.
Then the judges look, and the folder gets its report.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.fleet import party_of
from essc_workbench.folders import DataFolder
from essc_workbench.history.journal import Journal
from essc_workbench.history.reading import History, read_history
from essc_workbench.judges import JUDGES
from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.keeping import keep
from essc_workbench.report.verdicts import Verdict
from essc_workbench.report.writing import HISTORY, write_report
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.environment import environment
from essc_workbench.scenarios.exports import snapshots
from essc_workbench.scenarios.opening import Setting, opened
from essc_workbench.scenarios.run_folders import DATA, drop_data
from essc_workbench.scenarios.settling import Left
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.unmet import Unmet


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is to be run, and what people call it."""

    name: str
    title: Text
    rules: tuple[str, ...]
    setting: Setting
    replay: str
    """The line that runs it again."""


class Run:
    """One run of one play in one folder. Its verdict is there when it has ended."""

    def __init__(self, play: Play, folder: Path, *, keeps_data: bool = False) -> None:
        self.play, self.folder = play, folder
        self.stage: Stage | None = None
        self._keeps_data = keeps_data
        self._verdict: Verdict | None = None
        self._stack = AsyncExitStack()
        self._data = DataFolder(folder / DATA)
        self._exports: dict[str, ExportResponse] = {}
        self._left: tuple[Left, ...] = ()
        self._failure = ""
        self._began = 0.0
        self._start_time = ""

    @property
    def has_ended(self) -> bool:
        """Whether there is a verdict."""
        return self._verdict is not None

    @property
    def verdict(self) -> Verdict:
        """What came of it."""
        assert self._verdict is not None, "the run has not ended"
        return self._verdict

    async def __aenter__(self) -> Stage:
        self._began = time.monotonic()
        self._start_time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        journal = self._stack.enter_context(Journal(self.folder / HISTORY))
        journal.happened("run-began", scenario=self.play.name, seed=self.play.setting.seed)
        try:
            scene = opened(self.play.setting, self._data, journal)
            self.stage = await self._stack.enter_async_context(scene)
        except Exception as error:
            if isinstance(error, UsageError):
                await self._give_up()
                raise
            self._failure = explained(error)
            await self._close()
            raise
        except BaseException:
            await self._give_up()
            raise
        return self.stage

    async def __aexit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        if isinstance(error, UsageError) or (error and not isinstance(error, Exception)):
            await self._give_up()  # it cannot be played, or was stopped: there is nothing to judge
            return
        if isinstance(error, Exception) and not isinstance(error, Unmet):
            self._failure = explained(error)
        assert self.stage is not None
        try:
            await self._look(self.stage)
        except Exception as failed:  # noqa: BLE001 - the verdict tells it
            self._failure = self._failure or explained(failed)
        await self._close()

    async def _look(self, stage: Stage) -> None:
        """Lets everything arrive, and takes the snapshots."""
        await stage.be_kind()
        self._left = await stage.settle()
        parties = (PLATFORM, *stage.channels)
        self._exports = await snapshots(stage.connections, parties, stage.powers)
        stage.journal.happened("run-ended")

    async def _give_up(self) -> None:
        """Ends the parties; nobody judges."""
        await self._stack.aclose()
        self._drop_data()

    async def _close(self) -> None:
        """Ends the parties, judges what they left, and writes it down."""
        try:
            await self._stack.aclose()
        except Exception as failed:  # noqa: BLE001 - the verdict tells it
            self._failure = self._failure or explained(failed)
        history = read_history(self.folder / HISTORY)
        findings = await asyncio.to_thread(self._judge, history)
        self._verdict = self._found(findings, history)
        await asyncio.to_thread(write_report, self.folder, self._verdict, history)
        self._drop_data()

    def _drop_data(self) -> None:
        if not self._keeps_data and not self._failure:  # a failure is found in the parties' logs
            drop_data(self.folder)

    def _judge(self, history: History) -> tuple[Finding, ...]:
        if self.stage is None:
            return ()
        evidence = self._evidence(self.stage, history)
        keep(self.folder, evidence)
        findings = []
        for judge in JUDGES:
            try:
                findings.append(judge.judge(evidence))
            except Exception as error:  # noqa: BLE001 - one judge's failure keeps none of the others
                self._failure = self._failure or f"judge {judge.name}: {explained(error)}"
        return tuple(findings)

    def _evidence(self, stage: Stage, history: History) -> Evidence:
        logs: dict[str, list[Path]] = {party: [] for party in (PLATFORM, *stage.channels)}
        for file in sorted(self._data.logs.iterdir()):
            logs.setdefault(party_of(file.stem), []).append(file)
        return Evidence(
            history=history,
            exports=self._exports,
            channels=stage.channels,
            loss=self.play.setting.loss,
            citizens={alias: each.id_number for alias, each in stage.cast.met.items()},
            secrets=sorted(stage.secrets()),
            files={**logs, "workbench": [self.folder / HISTORY]},
            settled=not self._left,
        )

    def _found(self, findings: tuple[Finding, ...], history: History) -> Verdict:
        stage, setting = self.stage, self.play.setting
        has_called = any(call.invoked.step for call in history.calls)
        return Verdict(
            scenario=self.play.name,
            title=self.play.title,
            rules=self.play.rules,
            seed=setting.seed,
            replay=self.play.replay,
            steps=tuple(step.told() for step in stage.steps) if stage else (),
            took_s=time.monotonic() - self._began,
            start_time=self._start_time,
            findings=findings,
            expectations=tuple(stage.expectations) if stage else (),
            pending=tuple(map(str, self._left)),
            skipped=tuple(stage.powers.skipped) if stage else (),
            environment=environment(
                setting.channels,
                setting.loss,
                is_tls=setting.is_tls,
                deployment=setting.deployment,
            ),
            failure=self._failure.replace(f"{self.folder.resolve()}/", ""),
            is_idle=stage is not None and not has_called and not stage.expectations,
        )


def explained(error: Exception) -> str:
    """A failure in one line: what the workbench says of it, or what kind of bug it is."""
    if isinstance(error, WorkbenchError):
        return str(error)
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f" in {Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else ""
    return f"{type(error).__name__}{place}: {str(error).splitlines()[0] if str(error) else ''}"
