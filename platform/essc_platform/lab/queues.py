"""essc.lab.v1.QueueService: what waits now, for whoever watches a load."""

from collections.abc import Callable

from essc.lab.v1 import queue_service_pb2 as pb
from essc_platform.collector import Collector
from essc_wire.guard import Call


class QueueServicer:
    """essc.lab.v1.QueueService. Numbers of the loop's own memory: nothing is read, nobody waits."""

    def __init__(self, collector: Collector, calls_inside: Callable[[], int] | None) -> None:
        """`calls_inside`: how many calls are let in now; None if nobody counts them."""
        self._collector, self._calls_inside = collector, calls_inside

    async def GetQueue(
        self, request: pb.GetQueueRequest, call: Call[object]
    ) -> pb.GetQueueResponse:
        return pb.GetQueueResponse(
            commands_waiting=self._collector.commands_waiting,
            callers_waiting=self._collector.callers_waiting,
            calls_inside=None if self._calls_inside is None else self._calls_inside(),
        )
