"""Making parties known to the platform: what its operator does, with the operator's key.

Everything has an id that follows from its name, so enrolling again changes nothing.
"""

from collections.abc import Iterable

from essc.admin.v1 import channel_admin_service_pb2 as channel_admin
from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1.channel_admin_service_pb2_grpc import ChannelAdminServiceStub
from essc.admin.v1.party_admin_service_pb2_grpc import PartyAdminServiceStub
from essc.admin.v1.party_pb2 import (
    PARTY_KIND_BUREAU,
    PARTY_KIND_PROVIDER,
    PARTY_KIND_VERIFIER,
    VERIFIER_CLASS_HOSPITAL,
    ChannelClass,
    PartyKey,
)
from essc.identity.v1.identity_pb2 import VouchKind
from essc_wire.client import Peer
from essc_wire.keys import PartyKeyPair
from essc_workbench.calls import fixed_id, patient, unless
from essc_workbench.programs import Profile

OPERATOR = "operator"
BUREAU = "bureau"
VERIFIER, PROVIDER = "hospital-desk", "hospital-billing"
"""The counters of an invented hospital: one scans codes, for the other, which bills."""
# 南通, 苏州, 南京, 沅陵
REGIONS = ("320600", "320500", "320100", "431222")


# What the parties that are no channels are registered as.
COUNTERS = {
    BUREAU: party_admin.RegisterPartyRequest(
        kind=PARTY_KIND_BUREAU, display_name="人社局（模拟）", regions=REGIONS
    ),
    VERIFIER: party_admin.RegisterPartyRequest(
        kind=PARTY_KIND_VERIFIER,
        display_name="江海医院挂号处（模拟）",
        regions=REGIONS[:1],
        verifier_class=VERIFIER_CLASS_HOSPITAL,
    ),
    PROVIDER: party_admin.RegisterPartyRequest(
        kind=PARTY_KIND_PROVIDER,
        display_name="江海医院收费处（模拟）",
        regions=REGIONS[:1],
        service_ids=["medical-settlement", "benefit-certification", "social-insurance-query"],
        verifier_ids=[VERIFIER],
    ),
}


async def enrol_counter(operator: Peer, party_id: str, key: PartyKeyPair) -> None:
    """Registers the bureau, the verifier or the provider of the simulation, each once."""
    stub = PartyAdminServiceStub(operator.channel)
    request = party_admin.RegisterPartyRequest()
    request.CopyFrom(COUNTERS[party_id])
    request.request_id, request.party_id = fixed_id("register", party_id), party_id
    request.key.CopyFrom(PartyKey(key_id=key.key_id, public_key=key.public_bytes))
    await unless("PARTY_EXISTS", lambda: stub.RegisterParty(request, **operator.options()))


async def register_channel(operator: Peer, profile: Profile, key: PartyKeyPair) -> None:
    """Registers a channel as applied. Raises RpcError, with PARTY_EXISTS among the reasons."""
    stub = ChannelAdminServiceStub(operator.channel)
    request = channel_admin.RegisterChannelRequest(
        request_id=fixed_id("register", profile.id, key.key_id),
        channel_id=profile.id,
        display_name=profile.name_zh,
        channel_class=ChannelClass.Value(f"CHANNEL_CLASS_{profile.channel_class}"),
        key=PartyKey(key_id=key.key_id, public_key=key.public_bytes),
        vouch_kinds=[VouchKind.Value(f"VOUCH_KIND_{kind}") for kind in profile.vouch_kinds],
        receives_new_cards=profile.receives_new_cards,
        tier=profile.tier,
        parent_channel_id=profile.parent_id,
        bank_id=profile.bank_id,
        shows_all_channels=profile.shows_all_channels,
    )
    await patient(lambda: stub.RegisterChannel(request, **operator.options()))


async def bring_live(operator: Peer, channel_id: str) -> None:
    """Leads an applied channel through both tests (功能测试, 安全测试) and lets it go live."""
    stub = ChannelAdminServiceStub(operator.channel)
    for name, test in (
        ("function", channel_admin.CHANNEL_TEST_FUNCTION),
        ("security", channel_admin.CHANNEL_TEST_SECURITY),
    ):
        passed = channel_admin.PassTestRequest(
            request_id=fixed_id(f"{name}-test", channel_id), channel_id=channel_id, test=test
        )
        await unless("CHANNEL_STATE_FORBIDS", lambda: stub.PassTest(passed, **operator.options()))  # noqa: B023 - awaited within the turn
    live = channel_admin.GoLiveRequest(
        request_id=fixed_id("go-live", channel_id), channel_id=channel_id
    )
    await unless("CHANNEL_STATE_FORBIDS", lambda: stub.GoLive(live, **operator.options()))


async def enrol_channel(operator: Peer, profile: Profile, key: PartyKeyPair) -> None:
    """Registers a channel, unless it is, and brings it live."""
    await unless_exists(operator, profile, key)
    await bring_live(operator, profile.id)


def parents_first(profiles: Iterable[Profile]) -> list[Profile]:
    """In the order in which they can be registered: a channel of tier 2 after its parent (R15)."""
    return sorted(profiles, key=lambda profile: profile.tier)


async def unless_exists(operator: Peer, profile: Profile, key: PartyKeyPair) -> None:
    """Registers a channel; one that exists is left as it is."""

    async def send() -> None:
        await register_channel(operator, profile, key)

    await unless("PARTY_EXISTS", send)
