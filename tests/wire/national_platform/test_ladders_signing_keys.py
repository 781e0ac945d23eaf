"""Ladders of the operators' commands about the platform's signing keys."""

import pytest
from tests.wire.ladders import Ladder, ask_of, climbs
from tests.wire.people import World, new_id
from tests.wire.people_channels import compromise, keys_of, rotate

from essc.admin.v1 import key_admin_service_pb2 as pb

KEYS = "essc.admin.v1.KeyAdminService."


@climbs(KEYS + "RotateKey", KEYS + "CompromiseKey")
@pytest.mark.rule("R8")
async def test_signing_keys(world: World) -> None:
    used, stub = new_id(), keys_of(world)
    new = await rotate(world, used)

    ladder = Ladder(KEYS + "RotateKey", ask_of(world.operator, stub.RotateKey))
    await ladder.step("REQUEST_INVALID", pb.RotateKeyRequest(request_id="1"))
    await compromise(world, new.key_id, reused := new_id())
    await ladder.step("REQUEST_ID_REUSED", pb.RotateKeyRequest(request_id=reused))
    await rotate(world)
    await ladder.step("SIGNING_KEY_STATE_FORBIDS", pb.RotateKeyRequest())
    ladder.top()

    def of(key_id: str, request_id: str = "") -> pb.CompromiseKeyRequest:
        return pb.CompromiseKeyRequest(key_id=key_id, request_id=request_id)

    ladder = Ladder(KEYS + "CompromiseKey", ask_of(world.operator, stub.CompromiseKey))
    await ladder.step("REQUEST_INVALID", of(""))
    await ladder.step("REQUEST_ID_REUSED", of("nothing", used))
    await ladder.step("SIGNING_KEY_NOT_FOUND", of("nothing"))
    await ladder.step("SIGNING_KEY_STATE_FORBIDS", of(new.key_id))
    ladder.top()
