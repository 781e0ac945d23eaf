"""Steps that do something to parties and to the lines between them."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal, Self

from google.protobuf.duration_pb2 import Duration
from pydantic import Field, model_validator

from essc.lab.v1 import fault_pb2 as lab
from essc_wire.times import to_duration
from essc_workbench.scenarios.fields import (
    ChannelName,
    CitizenName,
    FaultName,
    NewFaultName,
    PartyName,
    SourceNames,
    Span,
    TargetNames,
)
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.vocabulary import UNAVAILABLE, MethodName, RefusalReason

_LEASE = timedelta(seconds=60)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_CUTS = {
    "both": lab.CutFault.DIRECTION_UNSPECIFIED,
    "requests": lab.CutFault.DIRECTION_REQUESTS,
    "answers": lab.CutFault.DIRECTION_ANSWERS,
}
_EFFECTS = (
    "delay",
    "refuse",
    "lose_request",
    "lose_answer",
    "deliver_twice",
    "cut",
    "delay_events",
    "repeat_events",
    "interrupt_events",
    "kill",
    "freeze",
    "fill_disk",
    "skew",
    "suspend",
    "rotate_key",
    "compromise_key",
)


class AddFault(Step):
    """Begins a fault: an unkindness to calls or to a party, with exactly one effect.

    It ends with its lease, with `end_fault`, or when the steps are over.
    """

    verb: ClassVar[str] = "fault"

    name: NewFaultName = Field(description="Its name.")
    lease: Span = Field(
        _LEASE, gt=timedelta(0), le=timedelta(hours=1), description="How long it lasts at most."
    )
    sources: SourceNames = Field((), description="Who calls: parties, or `phone`. Empty: anybody.")
    targets: TargetNames = Field(
        (),
        description="Who is called: the platform, channels, or `authorities`. Empty: anybody.",
    )
    method: MethodName = Field(
        "", max_length=200, description="Which method: its name, or Service/Method. Empty: any."
    )
    citizen: CitizenName = Field("", description="Whom the call is about. Empty: anybody.")
    from_call: int = Field(1, ge=1, description="From which of the matching calls on.")
    count: int = Field(0, ge=0, description="How many of them. 0: all during the lease.")
    share: float = Field(
        0, ge=0, le=1, description="Which share of them, chosen by the seed. 0: all."
    )

    delay: Span | None = Field(None, le=_MINUTE, description="Answers come later by so much.")
    refuse: RefusalReason = Field(
        "", max_length=64, description="Refused for this reason before it arrives; or UNAVAILABLE."
    )
    lose_request: bool = Field(default=False, description="The request never arrives.")
    lose_answer: bool = Field(default=False, description="It is carried out; the answer is lost.")
    deliver_twice: bool = Field(default=False, description="The request arrives twice.")
    cut: Literal["", "both", "requests", "answers"] = Field(
        "", description="Nothing gets through: which way."
    )
    delay_events: Span | None = Field(
        None,
        le=_MINUTE,
        description="Events come later; once the fault has ended they come at once.",
    )
    repeat_events: int = Field(0, ge=0, le=10, description="Events come so many times more.")
    interrupt_events: int | None = Field(
        None, ge=0, le=1000, description="The stream of events breaks after so many."
    )
    kill: PartyName = Field("", description="Killed, and started again when the lease ends.")
    freeze: PartyName = Field("", description="Stands still until the lease ends.")
    fill_disk: PartyName = Field("", description="Its store can grow no more.")
    skew: PartyName = Field("", description="Its clock runs ahead, by `by`.")
    by: Span = Field(timedelta(minutes=5), le=_DAY, description="How far a clock is skewed.")
    suspend: ChannelName = Field("", description="The channel is suspended meanwhile.")
    rotate_key: bool = Field(default=False, description="The platform's signing key is rotated.")
    compromise_key: bool = Field(
        default=False, description="The platform's signing key is declared compromised."
    )

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        chosen = [name for name in _EFFECTS if self._has(name)]
        if len(chosen) != 1:
            found = ", ".join(chosen) or "none"
            raise ValueError(f"one effect is needed, of {', '.join(_EFFECTS)}; found {found}")
        return self

    def _has(self, effect: str) -> bool:
        return getattr(self, effect) not in ("", None, False) and (
            effect != "repeat_events" or bool(self.repeat_events)
        )

    async def play(self, stage: Stage) -> None:
        await stage.add_fault(self.fault())

    def fault(self) -> lab.Fault:
        """The fault as the contract has it."""
        fault = lab.Fault(fault_id=self.name, lease=_duration(self.lease))
        fault.match.CopyFrom(
            lab.FaultMatch(
                sources=self.sources,
                targets=self.targets,
                method=self.method,
                citizen=self.citizen,
                from_call=self.from_call,
                count=self.count,
                share=self.share,
            )
        )
        effect = next(name for name in _EFFECTS if self._has(name))
        field = "key" if effect.endswith("_key") else effect
        getattr(fault, field).SetInParent()
        match effect:
            case "delay" | "delay_events":
                span: timedelta = getattr(self, effect)
                getattr(fault, effect).by.CopyFrom(_duration(span))
            case "refuse":
                fault.refuse.reason = "" if self.refuse == UNAVAILABLE else self.refuse
            case "cut":
                fault.cut.direction = _CUTS[self.cut]
            case "repeat_events":
                fault.repeat_events.times = self.repeat_events
            case "interrupt_events":
                fault.interrupt_events.after = self.interrupt_events or 0
            case "kill" | "freeze" | "fill_disk":
                getattr(fault, effect).party = getattr(self, effect)
            case "skew":
                fault.skew.party = self.skew
                fault.skew.by.CopyFrom(_duration(self.by))
            case "suspend":
                fault.suspend.channel = self.suspend
            case "compromise_key":
                fault.key.compromise = True
            case _:  # the rest has nothing to say but that it is there
                pass
        return fault


class EndFault(Step):
    """Ends a fault before its lease does."""

    verb: ClassVar[str] = "end_fault"
    shorthand: ClassVar[str] = "name"

    name: FaultName = Field(description="Its name.")

    async def play(self, stage: Stage) -> None:
        await stage.end_fault(self.name)


class OfParty(Step):
    """Something that is done to one party."""

    shorthand: ClassVar[str] = "party"

    party: PartyName = Field(description="Which party.")


class Kill(OfParty):
    """Ends a party's process at once (SIGKILL), as a power cut would."""

    verb: ClassVar[str] = "kill"

    async def play(self, stage: Stage) -> None:
        await stage.powers.kill(self.party)


class Restart(OfParty):
    """Starts a party again at its address with its data; one that runs is stopped first."""

    verb: ClassVar[str] = "restart"

    async def play(self, stage: Stage) -> None:
        await stage.powers.restart(self.party)


class Freeze(OfParty):
    """Makes a party's process stand still (SIGSTOP): it answers nothing and loses nothing."""

    verb: ClassVar[str] = "freeze"

    async def play(self, stage: Stage) -> None:
        await stage.powers.freeze(self.party)


class Thaw(OfParty):
    """Lets a party go on that stands still."""

    verb: ClassVar[str] = "thaw"

    async def play(self, stage: Stage) -> None:
        await stage.powers.thaw(self.party)


class FillDisk(OfParty):
    """Makes a party's store unable to grow: its disk is full."""

    verb: ClassVar[str] = "fill_disk"

    async def play(self, stage: Stage) -> None:
        await stage.powers.fill_disk(self.party)


class FreeDisk(OfParty):
    """Lets a party's store grow again."""

    verb: ClassVar[str] = "free_disk"

    async def play(self, stage: Stage) -> None:
        await stage.powers.free_disk(self.party)


def _duration(span: timedelta) -> Duration:
    return to_duration(span // timedelta(microseconds=1))
