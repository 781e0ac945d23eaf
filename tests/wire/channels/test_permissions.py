"""Every method of a channel as every phone: what is answered is what `docs/permissions.md` says."""

from typing import Any

import grpc
import pytest
from tests.wire.channels.conftest import ZHANG, MakeStand
from tests.wire.channels.fake_platform import Holder
from tests.wire.national_platform.methods import example
from tests.wire.national_platform.test_permissions import AT_CHANNEL, PHONES

from essc.channel.v1 import channel_service_pb2
from essc_wire.clock import new_request_id
from essc_wire.refusals import reason_of

PERSON = Holder(*ZHANG)
(SERVICE,) = channel_service_pb2.DESCRIPTOR.services_by_name.values()


async def session_of(make_stand: MakeStand, role: str) -> tuple[Any, str]:
    """A connection to WeChat, and what is shown there as a session."""
    stand = await make_stand("wechat")
    await stand.put_account(PERSON)
    phone = await stand.signed_in()
    match role:
        case "no session":
            return phone.peer, ""
        case "ended session":
            request = channel_service_pb2.SignOutRequest(request_id=new_request_id())
            await phone.stub.SignOut(request, **phone.options())
            return phone.peer, phone.session
        case "session of another channel":
            other = await make_stand("alipay")
            await other.put_account(PERSON)
            return phone.peer, (await other.signed_in()).session
        case _:
            return phone.peer, phone.session


@pytest.mark.rule("R15")
@pytest.mark.parametrize("role", PHONES)
async def test_a_phone_gets_what_the_page_says(make_stand: MakeStand, role: str) -> None:
    peer, session = await session_of(make_stand, role)
    found: dict[str, str] = {}

    # Signing out comes last: it ends the session that the others need.
    for method in sorted(SERVICE.methods, key=lambda each: each.name == "SignOut"):
        request: Any = example(method.input_type)
        call = peer.channel.unary_unary(f"/{SERVICE.full_name}/{method.name}")
        found[method.full_name] = ""
        try:
            await call(request.SerializeToString(), **peer.options(bearer=session))
        except grpc.RpcError as error:
            found[method.full_name] = reason_of(error) or "no reason"

    place = PHONES.index(role)
    refused = {name for name, reason in found.items() if reason == "SESSION_UNKNOWN"}
    assert refused == {name for name, cells in AT_CHANNEL.items() if cells[place] == "S"}
    assert set(found) == set(AT_CHANNEL)
