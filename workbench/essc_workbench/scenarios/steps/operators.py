"""What an operator of the platform (平台运营方) does: channels, the catalogue, signing keys."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from essc_workbench.scenarios.fields import ChannelName, Name
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking


class OfChannel(Asking):
    """An operator does something with a channel."""

    shorthand = "channel"

    channel: ChannelName = Field(description="Which channel.")

    def about(self) -> str:
        """The step in a few words."""
        return f"operator: {self.verb} {self.channel}"


class SuspendChannel(OfChannel):
    """Suspend a channel (暂停): from its next call on it is refused."""

    verb = "suspend_channel"

    async def play(self, stage: Stage) -> None:
        await self.ask(stage, self.about(), lambda: stage.operator.suspend(self.channel))


class ResumeChannel(OfChannel):
    """Resume a suspended channel (恢复)."""

    verb = "resume_channel"

    async def play(self, stage: Stage) -> None:
        await self.ask(stage, self.about(), lambda: stage.operator.resume(self.channel))


class ExitChannel(OfChannel):
    """Let a channel exit for good (退出): its own links end, no other channel's."""

    verb = "exit_channel"

    async def play(self, stage: Stage) -> None:
        await self.ask(stage, self.about(), lambda: stage.operator.exit(self.channel))


class RotateKey(Asking):
    """Announce a new signing key (轮换): it signs after the overlap, and the old one retires."""

    verb = "rotate_key"

    async def play(self, stage: Stage) -> None:
        await self.ask(stage, "operator: rotate_key", stage.operator.rotate_key)


class CompromiseKey(Asking):
    """Declare the signing key compromised (声明泄露): what it signed is not valid any more."""

    verb = "compromise_key"

    async def play(self, stage: Stage) -> None:
        await self.ask(stage, "operator: compromise_key", stage.operator.compromise_key)


class OfService(Asking):
    """An operator does something with an entry of the catalogue."""

    service: Name = Field(description="The service's id.")

    def about(self) -> str:
        """The step in a few words."""
        return f"operator: {self.verb} {self.service}"


class AddService(OfService):
    """Add an entry to the catalogue (服务目录)."""

    verb = "add_service"

    zh: str = Field(min_length=1, max_length=40, description="Its name in Chinese.")
    en: str = Field(min_length=1, max_length=80, description="Its name in English.")
    level: Literal["query", "payment"] = Field("query", description="The level that it needs.")
    regions: tuple[str, ...] = Field(
        (), max_length=32, description="The regions where it is open from the start."
    )
    everywhere: bool = Field(default=False, description="Whether it is open in the whole country.")

    async def play(self, stage: Stage) -> None:
        await self.ask(
            stage,
            self.about(),
            lambda: stage.operator.add_service(
                self.service,
                self.zh,
                self.en,
                needs_payment=self.level == "payment",
                regions=self.regions,
                everywhere=self.everywhere,
            ),
        )


class OfServiceInRegion(OfService):
    """An operator opens or closes a service somewhere."""

    shorthand = "service"

    region: str = Field(
        "", pattern="^([0-9]{6})?$", description="In which region; else in the whole country."
    )


class OpenService(OfServiceInRegion):
    """Open a service in a region, or in the whole country (逐步拓展)."""

    verb = "open_service"

    async def play(self, stage: Stage) -> None:
        await self.ask(
            stage, self.about(), lambda: stage.operator.open_service(self.service, self.region)
        )


class CloseService(OfServiceInRegion):
    """Close a service in a region, or in the whole country."""

    verb = "close_service"

    async def play(self, stage: Stage) -> None:
        await self.ask(
            stage, self.about(), lambda: stage.operator.close_service(self.service, self.region)
        )
