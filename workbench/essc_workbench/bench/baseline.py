"""The baseline as a process: a bare grpc.aio server on uvloop that answers 200 bytes.

No interceptor, no authentication, no parsing, no store: what is left is what gRPC costs in Python.
"""

import json
import os
from typing import Any

import grpc
import uvloop

METHOD = "/essc.bench.Bare/Answer"
ANSWER = b"\xa5" * 200


async def answer(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    return ANSWER


async def serve() -> None:
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    _, service, name = METHOD.split("/")
    method: Any = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {name: method}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(json.dumps({"address": f"127.0.0.1:{port}", "pid": os.getpid()}), flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve())
