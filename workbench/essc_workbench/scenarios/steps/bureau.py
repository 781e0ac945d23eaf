"""What the card bureau (人社部门) does at its desk: persons, physical cards, bank accounts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from essc.registry.v1.physical_card_pb2 import (
    GENERATION_SECOND,
    GENERATION_THIRD,
    PHYSICAL_CARD_STATUS_CANCELLED,
    Generation,
    PhysicalCard,
)
from essc_workbench.failures import UsageError
from essc_workbench.scenarios.fields import BankName, CitizenName
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking


class AtBureau(Asking):
    """The bureau does something for a citizen."""

    shorthand = "citizen"

    citizen: CitizenName = Field(description="For whom.")

    def about(self) -> str:
        """The step in a few words."""
        return f"bureau, {self.citizen}: {self.verb}"


class OfCard(AtBureau):
    """The bureau does something with a physical card."""

    region: str = Field(
        "",
        pattern="^([0-9]{6})?$",
        description="The card of which region; else the newest that is not cancelled.",
    )

    async def card(self, stage: Stage) -> PhysicalCard:
        """The physical card as it is now."""
        citizen = await stage.bureau.citizen(stage.citizen(self.citizen).persona.id_number)
        fitting = [c for c in citizen.physical_cards if self.region in ("", c.region)]
        if not fitting:
            raise UsageError(f"{self.citizen} has no physical card {self.region}".strip())
        return max(fitting, key=_newest)


def _newest(card: PhysicalCard) -> tuple[bool, int]:
    is_kept = card.status != PHYSICAL_CARD_STATUS_CANCELLED
    return is_kept, card.issue_time.ToNanoseconds()


class Register(AtBureau):
    """Register a person; citizens of the file are registered before its first step anyhow."""

    verb = "register"

    async def play(self, stage: Stage) -> None:
        who = stage.citizen(self.citizen).persona
        await self.ask(
            stage,
            self.about(),
            lambda: stage.bureau.register(who.name, who.id_number, who.phone),
        )


class Issue(AtBureau):
    """Issue a physical card (制卡), sealed unless it says enabled."""

    verb = "issue"

    region: str = Field("320600", pattern="^[0-9]{6}$", description="In which region.")
    generation: Literal[2, 3] = Field(3, description="Of which generation.")
    enabled: bool = Field(default=False, description="Whether it may be used at once.")

    async def play(self, stage: Stage) -> None:
        who = stage.citizen(self.citizen).persona
        await self.ask(
            stage,
            self.about(),
            lambda: stage.bureau.issue(
                who.id_number, self.region, _generation(self.generation), enabled=self.enabled
            ),
        )


class Enable(OfCard):
    """Enable a sealed card (启用)."""

    verb = "enable"

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(stage, self.about(), lambda: stage.bureau.enable(card.physical_card_id))


class ReportLoss(OfCard):
    """Report a card lost (挂失), or for the time being (临时挂失)."""

    verb = "report_loss"

    temporary: bool = Field(default=False, description="Whether it is for the time being.")

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(
            stage,
            self.about(),
            lambda: stage.bureau.report_loss(card.physical_card_id, temporary=self.temporary),
        )


class LiftLoss(OfCard):
    """Lift a loss (解挂): the card is found."""

    verb = "lift_loss"

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(stage, self.about(), lambda: stage.bureau.lift_loss(card.physical_card_id))


class Lock(OfCard):
    """Lock a card (锁定)."""

    verb = "lock"

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(stage, self.about(), lambda: stage.bureau.lock(card.physical_card_id))


class Unlock(OfCard):
    """Unlock a locked card (解锁)."""

    verb = "unlock"

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(stage, self.about(), lambda: stage.bureau.unlock(card.physical_card_id))


class CancelCard(OfCard):
    """Cancel a card for good (注销), without another."""

    verb = "cancel_card"

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(stage, self.about(), lambda: stage.bureau.cancel(card.physical_card_id))


class ReplaceCard(OfCard):
    """Replace a card (补换卡): the old one is cancelled, a new sealed one takes its place."""

    verb = "replace_card"

    generation: Literal[2, 3] = Field(3, description="Of which generation the new one is.")

    async def play(self, stage: Stage) -> None:
        card, generation = await self.card(stage), _generation(self.generation)
        await self.ask(
            stage, self.about(), lambda: stage.bureau.replace(card.physical_card_id, generation)
        )


class CancelCitizen(AtBureau):
    """Cancel a person (人员注销): the card ends in every channel."""

    verb = "cancel_citizen"

    cause: Literal["death", "emigration"] = Field("death", description="Why.")

    async def play(self, stage: Stage) -> None:
        who, has_emigrated = stage.citizen(self.citizen).persona, self.cause == "emigration"
        await self.ask(
            stage,
            self.about(),
            lambda: stage.bureau.cancel_citizen(who.id_number, has_emigrated=has_emigrated),
        )


class OpenAccount(OfCard):
    """Open the card's bank account (激活金融账户); its reserved phone is the citizen's."""

    verb = "open_account"
    shorthand = ""

    bank: BankName = Field(description="At which bank, by its id: bank-east, bank-west.")

    async def play(self, stage: Stage) -> None:
        card, phone = await self.card(stage), stage.citizen(self.citizen).persona.phone
        await self.ask(
            stage,
            self.about(),
            lambda: stage.bureau.activate_bank_account(card.physical_card_id, self.bank, phone),
        )


class CloseAccount(OfCard):
    """Close the card's bank account (注销金融账户): every link falls to the query level."""

    verb = "close_account"

    async def play(self, stage: Stage) -> None:
        card = await self.card(stage)
        await self.ask(
            stage, self.about(), lambda: stage.bureau.close_bank_account(card.physical_card_id)
        )


class RegisterRecipient(AtBureau):
    """Register a person as a recipient of benefits (待遇领取人员)."""

    verb = "register_recipient"

    async def play(self, stage: Stage) -> None:
        who = stage.citizen(self.citizen).persona
        await self.ask(stage, self.about(), lambda: stage.bureau.register_recipient(who.id_number))


def _generation(number: int) -> Generation.ValueType:
    return GENERATION_THIRD if number == 3 else GENERATION_SECOND
