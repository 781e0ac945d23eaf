"""Locust's gRPC user as a process, as docs.locust.io has it.

gRPC on gevent; each user has a channel and a stub of its own, and an interceptor that reports each
call with its time.
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

from essc.card.v1 import card_service_pb2 as card  # noqa: E402
from essc.card.v1.card_service_pb2_grpc import CardServiceStub  # noqa: E402
from essc_workbench.bench.callers import WARM_S  # noqa: E402

TOLD: dict[str, Any] = json.loads(sys.stdin.readline())
REQUESTS = cycle([card.GetCardRequest.FromString(b64decode(each)) for each in TOLD["requests"]])
METADATA = (("authorization", TOLD["authorization"]),)


class Reporting(grpc.UnaryUnaryClientInterceptor):
    """Reports each call to locust, with its time."""

    def __init__(self, environment: Environment) -> None:
        self._report: Any = environment.events.request.fire

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        began_s = time.perf_counter()
        response, length, failure = None, 0, None
        try:
            response = continuation(details, request)
            length = response.result().ByteSize()
        except grpc.RpcError as error:
            failure = error
        self._report(
            request_type="grpc",
            name=details.method,
            response_time=(time.perf_counter() - began_s) * 1000,
            response_length=length,
            response=response,
            context=None,
            exception=failure,
        )
        return response


class Caller(User):
    """One user: opens panels, one after the other."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        channel = grpc.insecure_channel(TOLD["address"], options=(("grpc.enable_http_proxy", 0),))
        self._stub: Any = CardServiceStub(grpc.intercept_channel(channel, Reporting(environment)))

    @task
    def call(self) -> None:
        self._stub.GetCard(next(REQUESTS), timeout=10.0, metadata=METADATA)


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
