"""What a person does in a channel: every flow that there is, each a verb.

In several channels it is walked one after the other; for several at once there is `together`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from essc.channel.v1.channel_pb2 import FlowKind
from essc.trust.v1.trust_service_pb2 import ListKeysRequest, PublishedKey
from essc.trust.v1.trust_service_pb2_grpc import TrustServiceStub
from essc_wire.signed_cards import verify
from essc_workbench import citizens
from essc_workbench.answers import Conduct, Mistake
from essc_workbench.scenarios.fields import CitizenName, names_of
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Password, Words, end_of
from essc_workbench.scenarios.steps.phones import Flowing, Mistakes, OnPhone, OpenFlow, counted
from essc_workbench.scenarios.steps.references import password_of, remember_password


class Walk(OnPhone, Flowing):
    """A person walks a flow from its start: what they know, and what they do wrong."""

    kind: ClassVar[FlowKind.ValueType] = FlowKind.FLOW_KIND_UNSPECIFIED

    mistakes: Mistakes = Field(
        (), description="Which answers are wrong: a mistake, a list, or how many times each."
    )
    password: Password = Field(
        "", description="The card password as they remember it; else the one they set last here."
    )
    companion: CitizenName = Field("", description="Who is present: a citizen of this scenario.")
    for_member: CitizenName = Field(
        "", description="The bound member for whom it is done, who is present as well."
    )
    choose: Words = Field(
        (), description="Words in the id or label of what they choose, best first."
    )

    async def play(self, stage: Stage) -> None:
        for channel_id in names_of(self.channel):
            await self._walk(stage, channel_id)

    async def _walk(self, stage: Stage, channel_id: str) -> None:
        wanted = str(getattr(self, "new_password", ""))
        conduct = self._conduct(stage, wanted)

        async def walk() -> tuple[OpenFlow, citizens.Walk]:
            phone = await self.phone(stage, channel_id)
            walked = await phone.walk(self.kind, conduct, until=self.until())
            return OpenFlow(phone, walked.flow, conduct), walked

        end, walked = await end_of(walk)
        if wanted and walked and walked[1].is_completed:
            remember_password(stage, self.citizen, wanted)
        self.judge(stage, self.about(channel_id), end, walked)
        if walked:
            await self.look(stage, self.about(channel_id), walked[1])

    async def look(self, stage: Stage, about: str, walk: citizens.Walk) -> None:
        """What else is expected of the flow."""

    def _conduct(self, stage: Stage, new_password: str) -> Conduct:
        present = self.for_member or self.companion
        companion = stage.citizen(present).persona if present else None
        chosen = names_of(self.choose)
        if self.for_member and companion:  # as the channel writes names: all but the first hidden
            chosen = (*chosen, companion.name[0] + "*" * (len(companion.name) - 1))
        return Conduct(
            card_password=self.password or password_of(stage, self.citizen),
            new_card_password=new_password,
            mistakes={Mistake(name): times for name, times in counted(self.mistakes).items()},
            preferences=chosen,
            companion=companion,
        )


class Apply(Walk):
    """Apply for the card (申领), from the identity check to the consent to its display."""

    verb = "apply"
    kind = FlowKind.FLOW_KIND_APPLY


class AcceptDelivery(Walk):
    """Consent to a card that was delivered (激活)."""

    verb = "accept_delivery"
    kind = FlowKind.FLOW_KIND_ACCEPT_DELIVERY


class DeclineDelivery(Walk):
    """Decline a card that was delivered (拒绝)."""

    verb = "decline_delivery"
    kind = FlowKind.FLOW_KIND_DECLINE_DELIVERY


class ConsentToDisplay(Walk):
    """Consent to the display of a card that is issued and was never shown (立即授权)."""

    verb = "consent_to_display"
    kind = FlowKind.FLOW_KIND_CONSENT_TO_DISPLAY


class ShowCard(Walk):
    """Look at the card (展示)."""

    verb = "show_card"
    kind = FlowKind.FLOW_KIND_SHOW_CARD

    signed_by: Literal["active", "retired", "compromised", "announced"] | None = Field(
        None, description="The state of the key by which the shown card is signed, and verifies."
    )

    async def look(self, stage: Stage, about: str, walk: citizens.Walk) -> None:
        if self.signed_by is None:
            return
        shown = [s.show_card for s in walk.steps if s.WhichOneof("kind") == "show_card"]
        peer = stage.connections.platform()
        keys = await TrustServiceStub(peer.channel).ListKeys(ListKeysRequest(), **peer.options())
        seen = "no card shown"
        if shown:
            signed = shown[-1].signed_card
            states = {key.key_id: key.state for key in keys.keys}
            name = PublishedKey.State.Name(
                states.get(signed.key_id, PublishedKey.STATE_UNSPECIFIED)
            )
            seen = name.removeprefix("STATE_").lower()
            if self.signed_by != "compromised" and verify(signed, keys) is None:
                seen = f"{seen}, and does not verify"
        stage.expect(f"{about}: signed by a key that is", self.signed_by, seen)


class Unlink(Walk):
    """End the channel's tie to the card (解除关联), after one check."""

    verb = "unlink"
    kind = FlowKind.FLOW_KIND_UNLINK


class NewPassword(Walk):
    """A flow that ends with another card password."""

    new_password: Password = Field(description="What it should be: six digits.")


class SetPassword(NewPassword):
    """Set the first card password (设置密码)."""

    verb = "set_password"
    kind = FlowKind.FLOW_KIND_SET_PASSWORD


class ChangePassword(NewPassword):
    """Change the card password (修改密码)."""

    verb = "change_password"
    kind = FlowKind.FLOW_KIND_CHANGE_PASSWORD


class ResetPassword(NewPassword):
    """Reset a card password that is forgotten (重置密码): text message and face."""

    verb = "reset_password"
    kind = FlowKind.FLOW_KIND_RESET_PASSWORD


class ShowCode(Walk):
    """Show a code to be scanned (展码), the own one or a bound member's; `as` keeps it."""

    verb = "show_code"
    kind = FlowKind.FLOW_KIND_SHOW_CODE


class RaiseLevel(Walk):
    """Raise the link to the payment level (开通支付)."""

    verb = "raise_level"
    kind = FlowKind.FLOW_KIND_RAISE_LEVEL


class LowerLevel(Walk):
    """Lower the link to the query level (关闭支付)."""

    verb = "lower_level"
    kind = FlowKind.FLOW_KIND_LOWER_LEVEL


class AllowWhileLost(Walk):
    """Open this one link although the card is lost (挂失期间使用), if the policy lets holders."""

    verb = "allow_while_lost"
    kind = FlowKind.FLOW_KIND_ALLOW_WHILE_LOST


class AddMember(Walk):
    """Add a family member, who is present (添加亲情账户)."""

    verb = "add_member"
    kind = FlowKind.FLOW_KIND_ADD_MEMBER

    companion: CitizenName = Field(description="The member, present with card and face.")
    choose: Words = Field("OTHER", description="The member's role: PARENT, CHILD, SPOUSE or OTHER.")


class RemoveMember(Walk):
    """End the binding of a member (解除亲情账户)."""

    verb = "remove_member"
    kind = FlowKind.FLOW_KIND_REMOVE_MEMBER


class LeaveBinder(Walk):
    """End a binding in which the person is the member (退出亲情账户), with the own face."""

    verb = "leave_binder"
    kind = FlowKind.FLOW_KIND_LEAVE_BINDER


class Certify(Walk):
    """Certify the eligibility for benefits (待遇资格认证), the own one or a bound member's."""

    verb = "certify"
    kind = FlowKind.FLOW_KIND_CERTIFY


class UseService(Walk):
    """Get a ticket to a service (使用服务); `choose` names the service, `as` keeps the ticket."""

    verb = "use_service"
    kind = FlowKind.FLOW_KIND_USE_SERVICE

    choose: Words = Field(description="The service's id, and the person for whom it is.")


class Pay(Walk):
    """Pay an order (支付) with the card password, unless small sums go without."""

    verb = "pay"
    kind = FlowKind.FLOW_KIND_PAY


class PasswordFreeOn(Walk):
    """Switch small password-free payment on (开通小额免密支付)."""

    verb = "password_free_on"
    kind = FlowKind.FLOW_KIND_PASSWORD_FREE_ON


class PasswordFreeOff(Walk):
    """Switch it off again (关闭小额免密支付)."""

    verb = "password_free_off"
    kind = FlowKind.FLOW_KIND_PASSWORD_FREE_OFF


class ViewCertifications(Walk):
    """Look at certifications (认证记录)."""

    verb = "view_certifications"
    kind = FlowKind.FLOW_KIND_VIEW_CERTIFICATIONS


class ViewFamily(Walk):
    """Look at members, places and binders (亲情账户)."""

    verb = "view_family"
    kind = FlowKind.FLOW_KIND_VIEW_FAMILY


class ViewOrders(Walk):
    """Look at the orders in this channel (订单)."""

    verb = "view_orders"
    kind = FlowKind.FLOW_KIND_VIEW_ORDERS


class ViewUses(Walk):
    """Look at what came of tickets (办事记录)."""

    verb = "view_uses"
    kind = FlowKind.FLOW_KIND_VIEW_USES


class ViewRecords(Walk):
    """Look at the own record with the names of all channels (全部渠道记录), after a face check."""

    verb = "view_records"
    kind = FlowKind.FLOW_KIND_VIEW_RECORDS
