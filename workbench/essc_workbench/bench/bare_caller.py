"""A bare closed loop as a process: the least that a generator of grpc.aio calls can cost.

Requests are bytes already, answers stay bytes, nothing is counted but how many there were.
"""

import asyncio
import json
import sys
import time
from base64 import b64decode
from itertools import cycle
from typing import Any

import uvloop

from essc_wire.client import connect
from essc_workbench.bench.callers import WARM_S


async def call() -> dict[str, float]:
    """Calls for as long as it was told; answers what that took."""
    told = json.loads(sys.stdin.readline())
    requests = cycle([b64decode(each) for each in told["requests"]])
    channel = connect(told["address"])
    send: Any = channel.unary_unary(told["method"])
    metadata = (("authorization", told["authorization"]),)
    calls, until_s = 0, time.monotonic() + WARM_S + told["seconds"]

    async def lane() -> None:
        nonlocal calls
        while time.monotonic() < until_s:
            await send(next(requests), timeout=10.0, metadata=metadata)
            calls += 1

    lanes = [asyncio.create_task(lane()) for _ in range(told["in_flight"])]
    await asyncio.sleep(WARM_S)
    before, began_s, began_cpu_s = calls, time.monotonic(), time.process_time()
    await asyncio.gather(*lanes)
    cpu_s, seconds = time.process_time() - began_cpu_s, time.monotonic() - began_s
    await channel.close()
    return {"calls": calls - before, "cpu_s": cpu_s, "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(call())))
