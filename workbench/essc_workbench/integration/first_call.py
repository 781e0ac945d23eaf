"""A first call to the platform, as a channel: its own links, and the national policy.

Reads `connection.json` and `key.pem` beside this file. Copy what you need; nothing here is magic:
a token is a JWT signed with the channel's Ed25519 key, and every call has a deadline.
"""

import asyncio
import json
import sys
from pathlib import Path

import grpc

from essc.card.v1.card_service_pb2 import ListLinksRequest
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.policy.v1.policy_service_pb2 import GetPolicyRequest
from essc.policy.v1.policy_service_pb2_grpc import PolicyServiceStub
from essc_wire.client import Peer
from essc_wire.keys import read_key
from essc_wire.refusals import reason_of
from essc_wire.tokens import TokenSource

HERE = Path(__file__).resolve().parent


async def call(connection: dict[str, str], authority: bytes | None) -> None:
    """Calls and prints. Raises RpcError."""
    channel_id, platform_id = connection["channel_id"], connection["platform_id"]
    tokens = TokenSource(channel_id, read_key(HERE / "key.pem"), platform_id)
    platform = Peer(connection["platform"], tokens, authority)
    try:
        policy = await PolicyServiceStub(platform.channel).GetPolicy(
            GetPolicyRequest(), **platform.options()
        )
        print(f"{policy.platform_id} answers; its policy has {len(policy.values)} values")
        links = await CardServiceStub(platform.channel).ListLinks(
            ListLinksRequest(), **platform.options()
        )
        print(f"{channel_id} is live and holds {len(links.items)} links")
    finally:
        await platform.close()


def main() -> int:
    connection = json.loads((HERE / "connection.json").read_text("utf-8"))
    authority = Path(connection["authority"]).read_bytes() if connection["authority"] else None
    try:
        asyncio.run(call(connection, authority))
    except grpc.aio.AioRpcError as error:
        print(f"refused: {reason_of(error) or error.details()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
