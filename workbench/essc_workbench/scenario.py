"""Scenarios in Python: the steps of scenario files, in a test suite of one's own.

    from essc_workbench.scenario import Apply, ExpectPanel, Unlink, federation

    async with federation(["wechat", "alipay"], seed=7) as f:
        await f.play(Apply(citizen="zhang-san", channel=("wechat", "alipay")))
        await f.together(
            Unlink(citizen="zhang-san", channel="wechat"),
            ExpectPanel(citizen="zhang-san", channel="alipay", state="usable"),
        )
    assert f.verdict.ruling == "good"

It starts a real federation with a gate in every way, records what happens, and when the block ends
it waits for every consequence, takes the snapshots, lets the judges look and writes the report: all
that `essc run` does with a file. A step that does not go as it expects raises `Unmet`; the verdict
tells it, whether that is caught or not.

An argument that cannot be raises `WrongArgument`, with what was meant.
`citizens` are described as in a file; every persona may be named without that.
`docs/scenario-steps.md` says what each step does.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from essc_workbench.backstage import Backstage
from essc_workbench.failures import UsageError
from essc_workbench.judges.findings import Ruling, Text
from essc_workbench.report.verdicts import Verdict
from essc_workbench.report.words import first_words
from essc_workbench.scenarios.arguments import WrongArgument
from essc_workbench.scenarios.opening import Setting
from essc_workbench.scenarios.people import CitizenSpec
from essc_workbench.scenarios.run_folders import fresh_folder, named_folder
from essc_workbench.scenarios.runs import Play, Run
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.steps.bureau import (
    CancelCard,
    CancelCitizen,
    CloseAccount,
    Enable,
    Issue,
    LiftLoss,
    Lock,
    OpenAccount,
    Register,
    RegisterRecipient,
    ReplaceCard,
    ReportLoss,
    Unlock,
)
from essc_workbench.scenarios.steps.calls import Call, Flood, Replay
from essc_workbench.scenarios.steps.clocks import Advance, Skew
from essc_workbench.scenarios.steps.control import (
    InAnyOrder,
    InTurn,
    Note,
    Repeat,
    Settle,
    Together,
)
from essc_workbench.scenarios.steps.counters import (
    Bill,
    CheckCode,
    CloseUse,
    GetHolder,
    Reconcile,
    Redeem,
    Refund,
)
from essc_workbench.scenarios.steps.expectations import (
    ExpectCard,
    ExpectMessages,
    ExpectOrder,
    ExpectPanel,
    ExpectRecords,
)
from essc_workbench.scenarios.steps.hits import ExpectFault
from essc_workbench.scenarios.steps.operators import (
    AddService,
    CloseService,
    CompromiseKey,
    ExitChannel,
    OpenService,
    ResumeChannel,
    RotateKey,
    SuspendChannel,
)
from essc_workbench.scenarios.steps.scans import ScanAt
from essc_workbench.scenarios.steps.states import (
    ExpectBooks,
    ExpectChannel,
    ExpectEvents,
    ExpectFamily,
    ExpectLag,
    ExpectLinks,
    ExpectPending,
    ExpectTries,
)
from essc_workbench.scenarios.steps.visits import CancelFlow, Continue, Home, SignIn, SignOut
from essc_workbench.scenarios.steps.walks import (
    AcceptDelivery,
    AddMember,
    AllowWhileLost,
    Apply,
    Certify,
    ChangePassword,
    ConsentToDisplay,
    DeclineDelivery,
    LeaveBinder,
    LowerLevel,
    PasswordFreeOff,
    PasswordFreeOn,
    Pay,
    RaiseLevel,
    RemoveMember,
    ResetPassword,
    SetPassword,
    ShowCard,
    ShowCode,
    Unlink,
    UseService,
    ViewCertifications,
    ViewFamily,
    ViewOrders,
    ViewRecords,
    ViewUses,
)
from essc_workbench.scenarios.steps.world import (
    AddFault,
    EndFault,
    FillDisk,
    FreeDisk,
    Freeze,
    Kill,
    Restart,
    Thaw,
)
from essc_workbench.scenarios.unmet import Unmet

__all__ = [
    "AcceptDelivery",
    "AddFault",
    "AddMember",
    "AddService",
    "Advance",
    "AllowWhileLost",
    "Apply",
    "Bill",
    "Broken",
    "Call",
    "CancelCard",
    "CancelCitizen",
    "CancelFlow",
    "Certify",
    "ChangePassword",
    "CheckCode",
    "CitizenSpec",
    "CloseAccount",
    "CloseService",
    "CloseUse",
    "CompromiseKey",
    "ConsentToDisplay",
    "Continue",
    "DeclineDelivery",
    "Enable",
    "EndFault",
    "ExitChannel",
    "ExpectBooks",
    "ExpectCard",
    "ExpectChannel",
    "ExpectEvents",
    "ExpectFamily",
    "ExpectFault",
    "ExpectLag",
    "ExpectLinks",
    "ExpectMessages",
    "ExpectOrder",
    "ExpectPanel",
    "ExpectPending",
    "ExpectRecords",
    "ExpectTries",
    "FillDisk",
    "Flood",
    "FreeDisk",
    "Freeze",
    "GetHolder",
    "Home",
    "InAnyOrder",
    "InTurn",
    "Issue",
    "Kill",
    "LeaveBinder",
    "LiftLoss",
    "Lock",
    "LowerLevel",
    "Note",
    "OpenAccount",
    "OpenService",
    "PasswordFreeOff",
    "PasswordFreeOn",
    "Pay",
    "Played",
    "RaiseLevel",
    "Reconcile",
    "Redeem",
    "Refund",
    "Register",
    "RegisterRecipient",
    "RemoveMember",
    "Repeat",
    "ReplaceCard",
    "Replay",
    "ReportLoss",
    "ResetPassword",
    "Restart",
    "ResumeChannel",
    "RotateKey",
    "ScanAt",
    "SetPassword",
    "Settle",
    "ShowCard",
    "ShowCode",
    "SignIn",
    "SignOut",
    "Skew",
    "SuspendChannel",
    "Thaw",
    "Together",
    "Unlink",
    "Unlock",
    "Unmet",
    "UseService",
    "ViewCertifications",
    "ViewFamily",
    "ViewOrders",
    "ViewRecords",
    "ViewUses",
    "WrongArgument",
    "federation",
]


class Broken(AssertionError):  # noqa: N818 - a verdict, no fault of the caller
    """A run that is not good; its text says what was seen first."""

    def __init__(self, verdict: Verdict, folder: Path) -> None:
        super().__init__("\n".join([*first_words(verdict), f"report: {folder}"]))
        self.verdict, self.folder = verdict, folder


class Played:
    """A federation in which steps are played. Its verdict is there when the block has ended."""

    def __init__(self, run: Run, stage: Stage) -> None:
        self._run, self.stage = run, stage

    async def play(self, *steps: Step) -> None:
        """Plays steps one after the other. Raises Unmet at the first that is not as it expects."""
        __tracebackhide__ = True
        for step in steps:
            await self._play(step)

    async def together(self, *steps: Step) -> None:
        """Plays steps at the same time, and waits for all. Raises Unmet if one is not met."""
        __tracebackhide__ = True
        await self._play(Together(steps=steps))

    async def _play(self, step: Step) -> None:
        """Plays a step. What it raises points at the line of the test, not at what lies below."""
        __tracebackhide__ = True
        try:
            await self.stage.play(step)
        except Unmet as unmet:
            unmet.add_note(f"step: {unmet.step or step.told()}")
            unmet.add_note(f"report: {self.folder}")
            raise unmet.with_traceback(None) from None
        except UsageError as error:
            raise error.with_traceback(None) from None

    @property
    def folder(self) -> Path:
        """The run's folder: its history, verdict and report."""
        return self._run.folder

    @property
    def verdict(self) -> Verdict:
        """What came of it. There is none before the block has ended."""
        return self._run.verdict

    def check(self) -> None:
        """Raises Broken, with what was seen first, unless the verdict is good."""
        __tracebackhide__ = True
        if self.verdict.ruling is not Ruling.GOOD or self.verdict.failure:
            raise Broken(self.verdict, self.folder)


@asynccontextmanager
async def federation(
    channels: Sequence[str],
    *,
    seed: int = 0,
    citizens: Mapping[str, CitizenSpec] | None = None,
    profiles: Sequence[Path] = (),
    loss: Literal["block", "holder_consent"] = "block",
    is_tls: bool = False,
    name: str = "python",
    title: str = "",
    rules: Sequence[str] = (),
    report: Path | None = None,
    keeps_data: bool = False,
    backstage: Backstage | None = None,
) -> AsyncIterator[Played]:
    """A fresh federation of these channels, played in by the block, judged when it ends.

    `profiles` are files of channels that do not ship. `report` is the run's own folder; without it
    a new one under build/runs. The same seed makes the same random choices. `backstage` is what is
    kept ready for several federations, one after the other. Raises UsageError for channels or
    citizens that there are not.
    """
    setting = Setting(
        channels=tuple(channels),
        profiles=tuple(profiles),
        seed=seed,
        loss=loss,
        is_tls=is_tls,
        citizens=dict(citizens or {}),
        backstage=backstage,
    )
    shown = title or name
    play = Play(
        name=name,
        title=Text(zh=shown, en=shown),
        rules=tuple(rules),
        setting=setting,
        replay=f"the same steps in federation({json.dumps([*channels])}, seed={seed})",
    )
    folder = named_folder(report) if report is not None else fresh_folder(name, seed)
    run = Run(play, folder, keeps_data=keeps_data)
    async with run as stage:
        yield Played(run, stage)
