"""Who may call what: tokens, keys, kinds of parties, and the life of a channel."""

import json
import time
from collections.abc import Iterator
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.wire import people
from tests.wire.national_platform.methods import METHODS, Method
from tests.wire.people import NANTONG, PLATFORM_ID, Channel, World, reason

from essc.admin.v1 import channel_admin_service_pb2 as channel_admin
from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_pb2
from essc.event.v1 import event_service_pb2 as events
from essc.options.v1 import options_pb2
from essc_wire.keys import new_key
from essc_wire.tokens import sign_token

ON_THE_PORT = [method for method in METHODS if not method.is_in_lab]
KINDS = {
    options_pb2.AUDIENCE_CHANNEL: "channel",
    options_pb2.AUDIENCE_BUREAU: "bureau",
    options_pb2.AUDIENCE_OPERATOR: "operator",
    options_pb2.AUDIENCE_VERIFIER: "verifier",
    options_pb2.AUDIENCE_PROVIDER: "provider",
}


async def answer_to(method: Method, caller: people.Caller, **options: Any) -> str:
    """The reason, or "" where the call got past permission and form."""
    try:
        await method.send(caller, b"", **options)
    except grpc.RpcError as error:
        return people.checked(error).reason
    return ""


@pytest.mark.rule("R15")
async def test_a_service_is_open_to_its_own_kind_of_party_and_to_no_other(world: World) -> None:
    callers: dict[str, people.Caller] = {
        "operator": world.operator,
        "bureau": world.bureau,
        "channel": await world.channel("bank"),
        "verifier": world.caller("hospital", new_key()),
        "provider": world.caller("library", new_key()),
    }
    await world.register(
        callers["verifier"],
        party_pb2.PARTY_KIND_VERIFIER,
        [NANTONG],
        verifier_class=party_pb2.VERIFIER_CLASS_HOSPITAL,
    )
    await world.register(callers["provider"], party_pb2.PARTY_KIND_PROVIDER, [])
    nobody = world.caller("", None)
    before = world.dump()

    for method in ON_THE_PORT:
        is_open = method.audience == options_pb2.AUDIENCE_ANYONE
        anonymous = await answer_to(method, nobody)
        assert anonymous == ("" if is_open else "CALLER_UNKNOWN"), method.name
        for kind, caller in callers.items():
            answer = await answer_to(method, caller)
            if is_open or KINDS[options_pb2.Audience.ValueType(method.audience)] == kind:
                assert answer in ("", "REQUEST_INVALID"), (method.name, kind)
            else:
                assert answer == "CALLER_NOT_ALLOWED", (method.name, kind)
    assert world.dump() == before


async def test_the_lab_is_not_on_the_platforms_port_nor_the_platform_on_the_labs(
    world: World,
) -> None:
    for method in METHODS:
        other = world.operator if method.is_in_lab else world.lab
        with pytest.raises(grpc.RpcError) as caught:
            await method.send(other, b"")
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED, method.name


@pytest.mark.rule("R15")
async def test_a_channel_that_is_not_live_may_call_nothing_but_watch_while_suspended(
    world: World,
) -> None:
    of_channels = [m for m in ON_THE_PORT if m.audience == options_pb2.AUDIENCE_CHANNEL]
    bank = await world.applicant("bank")

    async def refusals() -> set[str]:
        found = {method.name: await answer_to(method, bank) for method in of_channels}
        assert set(found.values()) <= {"CHANNEL_NOT_LIVE", "REQUEST_INVALID", ""}
        return {name for name, answer in found.items() if answer == "CHANNEL_NOT_LIVE"}

    everything = {method.name for method in of_channels}
    watching = {m.name for m in of_channels if m.is_open_when_not_live}
    assert {name.rpartition(".")[2] for name in watching} == {"WatchEvents", "GetHead"}

    assert await refusals() == everything
    for test in (channel_admin.CHANNEL_TEST_FUNCTION, channel_admin.CHANNEL_TEST_SECURITY):
        step = channel_admin.PassTestRequest(channel_id="bank", test=test)
        await world.operator.do(world.operator.channels.PassTest, step)
        assert await refusals() == everything
    live = channel_admin.GoLiveRequest(channel_id="bank")
    await world.operator.do(world.operator.channels.GoLive, live)
    assert await refusals() == set()
    await world.suspend(bank)
    assert await refusals() == everything - watching
    await world.resume(bank)
    assert await refusals() == set()


@pytest.mark.rule("R15", "R16")
async def test_a_suspension_takes_effect_on_the_next_call_and_is_told(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    link, other = await bank.apply(zhang), await wechat.apply(zhang)
    head = await bank.do(bank.events.GetHead, events.GetHeadRequest())

    async with bank.watching(head.cursor) as watch:
        await watch.until_heartbeat()
        await world.suspend(bank)
        assert await reason(bank.get(link)) == "CHANNEL_NOT_LIVE"
        assert (await watch.next()).event.kind == event_pb2.Event.KIND_CHANNEL_SUSPENDED
    assert (await wechat.get(other)).link == other

    # A suspended channel may begin to watch, so that it learns when it is resumed.
    async with bank.watching(head.cursor) as watch:
        found, cursor = await watch.until_heartbeat()
        assert [event.kind for event in found] == [event_pb2.Event.KIND_CHANNEL_SUSPENDED]
        await world.resume(bank)
        event = (await watch.next()).event
        assert event.kind == event_pb2.Event.KIND_CHANNEL_RESUMED
        assert not event.HasField("link")
        assert not event.HasField("card")
        assert cursor != event.cursor
    assert (await bank.get(link)).link == link
    assert [event.kind for event in await wechat.feed()] == [event_pb2.Event.KIND_LINK_ACTIVATED]


@pytest.mark.rule("R5", "R15")
async def test_a_suspended_channel_gets_no_deliveries(world: World) -> None:
    alipay = await world.channel("alipay", receives_new_cards=True)
    await world.suspend(alipay)
    await world.issue(await world.enrol(people.person(1)), generation=3)
    await world.resume(alipay)

    assert await alipay.links() == []


@pytest.mark.rule("R15")
async def test_a_removed_key_is_refused_on_the_next_call_and_a_second_one_goes_on(
    world: World,
) -> None:
    bank = await world.channel("bank")
    second = world.caller("bank", new_key())
    head = events.GetHeadRequest()
    await bank.do(bank.events.GetHead, head)
    assert await reason(second.do(second.events.GetHead, head)) == "CALLER_UNKNOWN"
    add = party_admin.AddPartyKeyRequest(party_id="bank", key=second.public_key)
    await world.operator.do(world.operator.parties.AddPartyKey, add)
    await second.do(second.events.GetHead, head)

    assert bank.key is not None
    remove = party_admin.RemovePartyKeyRequest(party_id="bank", key_id=bank.key.key_id)
    left = await world.operator.do(world.operator.parties.RemovePartyKey, remove)

    assert await reason(bank.do(bank.events.GetHead, head)) == "CALLER_UNKNOWN"
    await second.do(second.events.GetHead, head)
    assert list(left.key_ids) == [second.public_key.key_id]
    again = party_admin.AddPartyKeyRequest(party_id="bank", key=bank.public_key)
    call = world.operator.do(world.operator.parties.AddPartyKey, again)
    assert await reason(call) == "PARTY_KEY_EXISTS"


def tokens(bank: Channel, other: Channel) -> Iterator[tuple[str, str, str]]:
    """Bad tokens: a name, the token, the reason."""
    assert bank.key is not None
    assert other.key is not None
    now = int(time.time())
    good = {"iss": "bank", "aud": PLATFORM_ID, "iat": now, "exp": now + 600}
    private, key_id = bank.key.private, bank.key.key_id

    def signed(
        changes: dict[str, Any] | None = None,
        key: Ed25519PrivateKey = private,
        kid: str | None = key_id,
        without: str = "",
    ) -> str:
        claims = {k: v for k, v in (good | (changes or {})).items() if k != without}
        headers = {"kid": kid} if kid is not None else {}
        # Whatever the claims are: the library would refuse to make some of these.
        return jwt.api_jws.encode(json.dumps(claims).encode(), key, "EdDSA", headers)

    text = signed()
    unsigned = jwt.encode(good, "", algorithm="none", headers={"kid": key_id})
    secret = jwt.encode(good, key="k" * 32, algorithm="HS256", headers={"kid": key_id})
    yield "expired", signed({"iat": now - 900, "exp": now - 300}), "TOKEN_EXPIRED"
    yield "too long lived", signed({"exp": now + 601}), "TOKEN_EXPIRED"
    other_platform = signed({"aud": "cn-other"})
    yield "for another platform", other_platform, "TOKEN_FOR_OTHER_PLATFORM"
    several = signed({"aud": [PLATFORM_ID, "cn-other"]})
    yield "for several platforms", several, "TOKEN_FOR_OTHER_PLATFORM"
    yield "of a party unknown", signed({"iss": "nobody"}), "CALLER_UNKNOWN"
    yield "of a key unknown", signed(kid="k"), "CALLER_UNKNOWN"
    yield "without a key id", signed(kid=None), "CALLER_UNKNOWN"
    yield "signed by another", signed(key=other.key.private), "CALLER_UNKNOWN"
    yield "of another party", signed({"iss": "wechat"}), "CALLER_UNKNOWN"
    yield "from the future", signed({"iat": now + 300, "exp": now + 500}), "CALLER_UNKNOWN"
    yield "unsigned", unsigned, "CALLER_UNKNOWN"
    yield "signed with a secret", secret, "CALLER_UNKNOWN"
    yield "changed", text[:-6] + "AAAAAA", "CALLER_UNKNOWN"
    yield "too long", signed({"more": "x" * 3000}), "CALLER_UNKNOWN"
    yield "garbage", "a.b.c", "CALLER_UNKNOWN"
    yield "empty", "", "CALLER_UNKNOWN"
    for name in ("iat", "exp", "iss", "aud"):
        yield f"without {name}", signed(without=name), "CALLER_UNKNOWN"
    yield "with a text for a time", signed({"exp": str(now + 600)}), "CALLER_UNKNOWN"
    yield "with two texts for times", signed({"iat": str(now), "exp": str(now)}), "CALLER_UNKNOWN"
    yield "that never ends", signed({"exp": float("inf")}), "CALLER_UNKNOWN"
    yield "that ends at no number", signed({"exp": float("nan")}), "CALLER_UNKNOWN"
    yield "of a list", signed({"iss": ["bank"]}), "CALLER_UNKNOWN"


@pytest.mark.rule("R95")
async def test_a_bad_token_is_refused_with_its_reason(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    before = world.dump()

    for name, token, wanted in tokens(bank, wechat):
        metadata = (("authorization", f"Bearer {token}"),)
        call = bank.events.GetHead(events.GetHeadRequest(), timeout=5, metadata=metadata)
        assert await reason(call) == wanted, name
    assert bank.key is not None
    good = sign_token("bank", bank.key, PLATFORM_ID, 600)
    for value in (good, f"Basic {good}", f"Bearer{good}", f"bearer  {good}"):
        metadata = (("authorization", value),)
        call = bank.events.GetHead(events.GetHeadRequest(), timeout=5, metadata=metadata)
        assert await reason(call) == "CALLER_UNKNOWN", value[:8]
    assert world.dump() == before


@pytest.mark.rule("R95")
async def test_tokens_live_on_wall_time_whatever_the_platforms_clock_says(world: World) -> None:
    bank = await world.channel("bank")
    link = await bank.apply(await world.citizen(1))

    await world.advance(300 * people.DAY)

    assert (await bank.get(link)).link == link


async def test_permission_comes_before_form_and_before_existence(world: World) -> None:
    """A bureau learns nothing of links, whether it asks well or badly."""
    link = await (await world.channel("bank")).apply(await world.citizen(1))
    bureau = world.bureau

    for link_id in (link.link_id, "0" * 32, "no link"):
        call = bureau.do(bureau.cards.GetCard, cards.GetCardRequest(link_id=link_id))
        assert await reason(call) == "CALLER_NOT_ALLOWED"


@pytest.mark.rule("R15")
async def test_lists_of_parties_and_channels_come_in_pages_that_belong_to_their_list(
    world: World,
) -> None:
    for name in ("bank", "alipay", "wechat"):
        await world.applicant(name)
    operator = world.operator
    listed: list[str] = []
    token = ""
    while True:
        request = channel_admin.ListChannelsRequest(page_size=2, page_token=token)
        page = await operator.do(operator.channels.ListChannels, request)
        listed += [channel.channel_id for channel in page.channels]
        token = page.next_page_token
        if not token:
            break
        other = party_admin.ListPartiesRequest(page_token=token)
        call = operator.do(operator.parties.ListParties, other)
        assert await reason(call) == "PAGE_TOKEN_INVALID"
    parties = await operator.do(operator.parties.ListParties, party_admin.ListPartiesRequest())

    assert listed == ["alipay", "bank", "wechat"]
    assert [party.party_id for party in parties.parties] == ["bureau", "operator"]
