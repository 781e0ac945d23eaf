"""What anyone may read: the policy, the consent text, the reasons."""

from essc.policy.v1 import policy_service_pb2 as policy_pb
from essc_platform.core.policy import values
from essc_platform.wire.front import Front, PlatformCall
from essc_wire.refusals import semantics

_CONSENT_ZH = (
    "您同意全国社会保障卡服务平台为您签发电子社会保障卡，并授权本渠道展示和使用。"
    "您可随时在本渠道解除关联，不影响您在其他渠道的使用。"
)
_CONSENT_EN = (
    "You agree that the national platform issues your electronic social security card and that "
    "this channel shows and uses it. You can unlink it in this channel at any time; your other "
    "channels keep working."
)


class PolicyServicer:
    """essc.policy.v1.PolicyService."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def GetPolicy(
        self, request: policy_pb.GetPolicyRequest, call: PlatformCall
    ) -> policy_pb.GetPolicyResponse:
        return policy_pb.GetPolicyResponse(
            platform_id=self._front.vault.platform_id,
            values=[
                policy_pb.PolicyValue(
                    name=each.name,
                    value=each.value,
                    unit=each.unit,
                    origin=int(each.origin),  # type: ignore[arg-type]
                    rules=each.rules,
                    text_en=each.text,
                )
                for each in values(self._front.policy)
            ],
        )

    async def GetConsent(
        self, request: policy_pb.GetConsentRequest, call: PlatformCall
    ) -> policy_pb.GetConsentResponse:
        return policy_pb.GetConsentResponse(
            version=self._front.policy.consent_version, text_zh=_CONSENT_ZH, text_en=_CONSENT_EN
        )

    async def ListReasons(
        self, request: policy_pb.ListReasonsRequest, call: PlatformCall
    ) -> policy_pb.ListReasonsResponse:
        return policy_pb.ListReasonsResponse(
            reasons=[
                policy_pb.ListReasonsResponse.Item(reason=name, semantics=meaning)
                for name, meaning in semantics().items()
            ]
        )
