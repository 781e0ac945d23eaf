"""What a person does round the flows: signing in and out, looking, taking up or leaving a flow."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from essc.channel.v1.channel_pb2 import Edition
from essc_workbench import citizens
from essc_workbench.scenarios.fields import ThingName, names_of
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking, end_of
from essc_workbench.scenarios.steps.phones import (
    PATIENCE,
    Flowing,
    OnPhone,
    OpenFlow,
    Patience,
    end_of_flow,
)
from essc_workbench.scenarios.steps.references import kept


class SignIn(OnPhone):
    """Sign in to a channel again, with a new session; the first step on a phone does it anyhow."""

    verb = "sign_in"

    async def play(self, stage: Stage) -> None:
        for channel_id in names_of(self.channel):

            async def sign_in() -> None:
                phone = await self.phone(stage, channel_id)  # noqa: B023 - awaited within the turn
                await phone.sign_in()

            await self.ask(stage, self.about(channel_id), sign_in)


class SignOut(OnPhone):
    """Sign out of a channel: the session ends, and the flows that are open in it."""

    verb = "sign_out"

    async def play(self, stage: Stage) -> None:
        for channel_id in names_of(self.channel):

            async def sign_out() -> None:
                phone = await self.phone(stage, channel_id)  # noqa: B023 - awaited within the turn
                await phone.sign_out()

            await self.ask(stage, self.about(channel_id), sign_out)
            stage.cast.signed_out(self.citizen, channel_id, self.device)


class Home(OnPhone):
    """Open the home page and only look; what it should show is for `expect_panel`."""

    verb = "home"

    edition: Literal["standard", "elder"] | None = Field(
        None, description="How it is drawn; as the channel does by default if left out."
    )

    async def play(self, stage: Stage) -> None:
        edition = Edition.Value(f"EDITION_{(self.edition or 'unspecified').upper()}")
        for channel_id in names_of(self.channel):

            async def look() -> None:
                phone = await self.phone(stage, channel_id)  # noqa: B023 - awaited within the turn
                await phone.home(edition)

            await self.ask(stage, self.about(channel_id), look)


class Continue(Flowing):
    """Take up a flow that was left open with `stop_at`, on the same phone."""

    verb = "continue"
    shorthand = "flow"

    flow: ThingName = Field(description="The name under which it was kept.")
    patience: Patience = PATIENCE

    async def play(self, stage: Stage) -> None:
        at = kept(stage, self.flow, OpenFlow, "open flow")
        at.phone.patience_s = self.patience

        async def follow() -> tuple[OpenFlow, citizens.Walk]:
            walked = await at.phone.follow(at.flow, at.conduct, until=self.until())
            return OpenFlow(at.phone, walked.flow, at.conduct), walked

        end, walked = await end_of(follow)
        self.judge(stage, f"continue {self.flow}", end, walked)


class CancelFlow(Asking):
    """Cancel a flow that was left open with `stop_at`."""

    verb = "cancel_flow"
    shorthand = "flow"

    flow: ThingName = Field(description="The name under which it was kept.")

    async def play(self, stage: Stage) -> None:
        at = kept(stage, self.flow, OpenFlow, "open flow")
        about = f"cancel_flow {self.flow}"
        flow = await self.ask(stage, about, lambda: at.phone.cancel(at.flow))
        if flow is not None:
            stage.expect(f"{about}: the flow is", "cancelled", end_of_flow(flow))
