"""Locust's gRPC user as a process: its documented way, users in a loop, each call reported to it.

As docs.locust.io has it: gRPC on grpc.experimental.gevent, `events.request.fire` after each call.
"""

import grpc.experimental.gevent as grpc_gevent  # isort: skip

grpc_gevent.init_gevent()

import json  # noqa: E402 - gevent comes first
import sys  # noqa: E402
import time  # noqa: E402
from base64 import b64decode  # noqa: E402
from itertools import cycle  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import grpc  # noqa: E402
from locust import User, task  # noqa: E402
from locust.env import Environment  # noqa: E402

from essc_workbench.bench.callers import WARM_S  # noqa: E402

TOLD: dict[str, Any] = json.loads(sys.stdin.readline())
REQUESTS = cycle([b64decode(each) for each in TOLD["requests"]])
METADATA = (("authorization", TOLD["authorization"]),)
CHANNEL = grpc.insecure_channel(TOLD["address"], options=(("grpc.enable_http_proxy", 0),))
SEND: Any = CHANNEL.unary_unary(TOLD["method"])


class Caller(User):
    """One user: sends, waits, reports."""

    @task
    def call(self) -> None:
        began_s = time.perf_counter()
        answer, failure = b"", None
        try:
            answer = SEND(next(REQUESTS), timeout=10.0, metadata=METADATA)
        except grpc.RpcError as error:
            failure = error
        self.environment.events.request.fire(
            request_type="grpc",
            name=TOLD["method"],
            response_time=(time.perf_counter() - began_s) * 1000,
            response_length=len(answer),
            response=answer,
            context={},
            exception=failure,
        )


def main() -> None:
    environment = Environment(user_classes=[Caller])
    runner = environment.create_local_runner()
    runner.start(TOLD["in_flight"], spawn_rate=TOLD["in_flight"] * 10)
    gevent.sleep(WARM_S)
    stats = environment.stats.total
    before, began_s, began_cpu_s = stats.num_requests, time.monotonic(), time.process_time()
    gevent.sleep(TOLD["seconds"])
    calls = stats.num_requests - before
    cpu_s, seconds = time.process_time() - began_cpu_s, time.monotonic() - began_s
    runner.quit()
    if stats.num_failures:
        raise SystemExit(f"{stats.num_failures} of locust's calls failed")
    print(json.dumps({"calls": calls, "cpu_s": cpu_s, "seconds": seconds}))


if __name__ == "__main__":
    main()
