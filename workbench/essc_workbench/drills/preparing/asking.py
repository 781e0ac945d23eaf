"""What a drill asks first: the versions that count, and what each channel vouches for."""

from essc.admin.v1.channel_admin_service_pb2 import GetChannelRequest
from essc.admin.v1.channel_admin_service_pb2_grpc import ChannelAdminServiceStub
from essc.family.v1.family_service_pb2 import GetNoticeRequest
from essc.family.v1.family_service_pb2_grpc import FamilyServiceStub
from essc.policy.v1.policy_service_pb2 import GetConsentRequest
from essc.policy.v1.policy_service_pb2_grpc import PolicyServiceStub
from essc_workbench.calls import patient
from essc_workbench.connections import Connections
from essc_workbench.drills.journeys.prepared import Prepared
from essc_workbench.drills.plan import Plan
from essc_workbench.enrolment import OPERATOR
from essc_workbench.failures import WorkbenchError


async def asked_first(connections: Connections, plan: Plan, run: str, seed: int) -> Prepared:
    """A preparation with nobody in it yet. Raises RpcError, and WorkbenchError for a channel that
    vouches for nothing.
    """
    channels = plan.federation.channels
    operator, one = connections.platform(OPERATOR), connections.platform(channels[0])
    policy, family = PolicyServiceStub(one.channel), FamilyServiceStub(one.channel)
    consent = await patient(lambda: policy.GetConsent(GetConsentRequest(), **one.options()))
    notice = await patient(lambda: family.GetNotice(GetNoticeRequest(), **one.options()))
    prepared = Prepared(
        run=run, seed=seed, consent_version=consent.version, notice_version=notice.version
    )
    stub = ChannelAdminServiceStub(operator.channel)
    for channel in channels:
        request = GetChannelRequest(channel_id=channel)
        answer = await patient(lambda: stub.GetChannel(request, **operator.options()))  # noqa: B023 - awaited within the turn
        kinds = answer.channel.vouch_kinds
        if not kinds:
            raise WorkbenchError(
                f"{channel}: vouches for nothing, so nobody can apply by the dozen"
            )
        prepared.vouch_kinds[channel] = kinds[0]
    return prepared
