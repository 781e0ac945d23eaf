"""Both sides of a counter: verifiers (用卡机构) scan codes, providers (服务机构) serve and bill."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from essc.code.v1.code_pb2 import Usage, Verdict
from essc.code.v1.verification_service_pb2 import CheckCodeResponse
from essc.directory.v1.directory_pb2 import Use
from essc.directory.v1.ticket_service_pb2 import RedeemTicketResponse
from essc.settlement.v1.order_pb2 import Order
from essc_wire.clock import new_request_id
from essc_workbench.enrolment import PROVIDER, VERIFIER
from essc_workbench.scenarios.fields import CitizenName, Name, NewName, Secret, ThingName
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking
from essc_workbench.scenarios.steps.references import kept

UsageName = Literal["query", "payment", "other", "cross_region_medical"]
VerdictName = Literal[
    "forged",
    "revoked",
    "replaced",
    "expired",
    "used",
    "level_too_low",
    "region_not_open",
    "valid",
]
FEN_MAX = 100_000_000


class AtVerifier(Asking):
    """A verifier does something."""

    verifier: Name = Field(VERIFIER, description="Which verifier.")

    def about(self) -> str:
        """The step in a few words."""
        return f"{self.verifier}: {self.verb}"


class CheckCode(AtVerifier):
    """Scan a code: the first hop. The verdict is an answer, whatever it says."""

    verb = "check_code"

    code: ThingName = Field("", description="The code that was kept under this name.")
    text: Secret = Field("", description="Or what was scanned, letter by letter.")
    usage: UsageName = Field("query", description="What for.")
    verdict: VerdictName | None = Field(None, description="The verdict it should be.")
    again: bool = Field(
        default=False, description="Whether the same request is sent twice: the answers are equal."
    )
    as_: NewName = Field(
        "", alias="as", description="The name under which the check is kept, for the second hop."
    )

    @model_validator(mode="after")
    def _is_one_code(self) -> CheckCode:
        if bool(self.code) == bool(self.text):
            raise ValueError("either `code`, a name, or `text`, what was scanned")
        return self

    async def play(self, stage: Stage) -> None:
        code = kept(stage, self.code, str, "code") if self.code else self.text
        usage, request_id = Usage.Value(f"USAGE_{self.usage.upper()}"), new_request_id()
        verifier = stage.verifier(self.verifier)

        async def check() -> CheckCodeResponse:
            return await verifier.check(code, usage, request_id=request_id)

        answer = await self.ask(stage, self.about(), check)
        if answer is None:
            return
        if self.verdict:
            seen = Verdict.Name(answer.verdict).removeprefix("VERDICT_").lower()
            stage.expect(f"{self.about()} {self.code}: the verdict", self.verdict, seen)
        if self.again:
            is_same = await check() == answer
            stage.expect(f"{self.about()} {self.code}: the same answer again", True, is_same)
        stage.things.keep(self.as_, answer)


class GetHolder(AtVerifier):
    """Ask whose code it was: the second hop (二次核验)."""

    verb = "get_holder"
    shorthand = "check"

    check: ThingName = Field(description="The check that was kept under this name.")
    holder: CitizenName = Field("", description="Who it should be.")
    masked: bool | None = Field(None, description="Whether the ID number should be masked.")
    member: bool | None = Field(
        None, description="Whether it should be a bound member's, by their binder's code."
    )

    async def play(self, stage: Stage) -> None:
        check = kept(stage, self.check, CheckCodeResponse, "check")
        verifier = stage.verifier(self.verifier)
        answer = await self.ask(stage, self.about(), lambda: verifier.holder(check.check_number))
        if answer is None:
            return
        if self.holder:
            name = stage.citizen(self.holder).persona.name
            is_it = answer.name[:1] == name[:1] if answer.is_name_masked else answer.name == name
            stage.expect(f"{self.about()}: it is {self.holder}", True, is_it)
        if self.masked is not None:
            about = f"{self.about()}: the ID number is masked"
            stage.expect(about, self.masked, answer.is_id_number_masked)
        if self.member is not None:
            stage.expect(f"{self.about()}: a member's", self.member, answer.is_member)


class AtProvider(Asking):
    """A provider does something."""

    provider: Name = Field(PROVIDER, description="Which provider.")

    def about(self) -> str:
        """The step in a few words."""
        return f"{self.provider}: {self.verb}"


class Redeem(AtProvider):
    """Redeem a ticket (核销): the use of a service begins."""

    verb = "redeem"
    shorthand = "ticket"

    ticket: ThingName = Field(description="The ticket that was kept under this name.")
    as_: NewName = Field("", alias="as", description="The name under which the use is kept.")

    async def play(self, stage: Stage) -> None:
        ticket = kept(stage, self.ticket, str, "ticket")
        provider = stage.provider(self.provider)
        answer = await self.ask(stage, self.about(), lambda: provider.redeem(ticket))
        if answer is not None:
            stage.things.keep(self.as_, answer)


class CloseUse(AtProvider):
    """Close a use with what came of it."""

    verb = "close_use"

    use: ThingName = Field(description="The use that was kept under this name.")
    came_of_it: Literal["done", "refused", "abandoned"] = Field(
        "done", description="What came of it."
    )

    async def play(self, stage: Stage) -> None:
        use = kept(stage, self.use, RedeemTicketResponse, "use").use
        outcome = Use.Outcome.Value(f"OUTCOME_{self.came_of_it.upper()}")
        provider = stage.provider(self.provider)
        await self.ask(stage, self.about(), lambda: provider.close_use(use.use_id, outcome))


class Bill(AtProvider):
    """Make an order (订单) for the holder of a code that was checked for payment, or of a use."""

    verb = "bill"

    check: ThingName = Field("", description="The check that was kept under this name.")
    use: ThingName = Field("", description="Or the use.")
    insurance_fen: int = Field(0, ge=0, le=FEN_MAX, description="What the insurance fund pays.")
    own_fen: int = Field(0, ge=0, le=FEN_MAX, description="What the holder pays.")
    as_: NewName = Field("", alias="as", description="The name under which the order is kept.")

    @model_validator(mode="after")
    def _stands_on_one(self) -> Bill:
        if bool(self.check) == bool(self.use):
            raise ValueError("an order stands on a `check` or on a `use`")
        return self

    async def play(self, stage: Stage) -> None:
        number = use_id = ""
        if self.check:
            number = kept(stage, self.check, CheckCodeResponse, "check").check_number
        else:
            use_id = kept(stage, self.use, RedeemTicketResponse, "use").use.use_id
        provider = stage.provider(self.provider)
        answer = await self.ask(
            stage,
            self.about(),
            lambda: provider.bill(
                number, use_id=use_id, insurance_fen=self.insurance_fen, own_fen=self.own_fen
            ),
        )
        if answer is not None:
            stage.things.keep(self.as_, answer)


class Refund(AtProvider):
    """Give an order back, whole (退款)."""

    verb = "refund"
    shorthand = "order"

    order: ThingName = Field(description="The order that was kept under this name.")

    async def play(self, stage: Stage) -> None:
        order_id = kept(stage, self.order, Order, "order").order_id
        provider = stage.provider(self.provider)
        await self.ask(stage, self.about(), lambda: provider.refund(order_id))


class Reconcile(AtProvider):
    """Compare what the books say of a provider's orders (对账), from one order's making on."""

    verb = "reconcile"

    order: ThingName = Field(description="The order from whose making on it is asked for.")
    settled_fen: int | None = Field(None, ge=0, description="What was settled, both parts.")
    refunded_fen: int | None = Field(None, ge=0, description="What was given back, both parts.")
    clearing_fen: int | None = Field(None, description="What is still at the bank.")

    async def play(self, stage: Stage) -> None:
        order = kept(stage, self.order, Order, "order")
        provider = stage.provider(self.provider)
        lines = await self.ask(
            stage, self.about(), lambda: provider.reconcile(order.create_time, order.expire_time)
        )
        if lines is None:
            return
        settled = sum(each.settled_own_fen + each.settled_insurance_fen for each in lines)
        refunded = sum(each.refunded_own_fen + each.refunded_insurance_fen for each in lines)
        clearing = sum(each.clearing_fen for each in lines)
        for name, wanted, seen in (
            ("settled", self.settled_fen, settled),
            ("refunded", self.refunded_fen, refunded),
            ("clearing", self.clearing_fen, clearing),
        ):
            if wanted is not None:
                stage.expect(f"{self.about()}: {name}, in fen", wanted, seen)
