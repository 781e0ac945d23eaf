"""Shows what a process counts, in the format that Prometheus reads.

Each process has a registry of its own: nothing is counted in the library's global one, and two
parties in one process would not meet.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from google.rpc import code_pb2
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from essc_wire.meters import GONE, GOOD, CallMeters, Family, Kind, Labels, Spread
from essc_wire.refusals import semantics

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
Families: TypeAlias = Callable[[], Iterable[Family]]


class Metrics:
    """The metrics page of one process."""

    def __init__(self, *sources: Families) -> None:
        self._sources = sources
        self._process = ProcessCollector(registry=CollectorRegistry())

    def read(self) -> Sequence[Family]:
        """All values of this moment; for the loop's own thread, where they are counted."""
        return [family for source in self._sources for family in source()]

    def page(self, families: Sequence[Family]) -> bytes:
        """The page, with what the system says of the process; for any thread."""
        registry = CollectorRegistry()
        registry.register(_Read(families))
        registry.register(self._process)
        return generate_latest(registry)


class _Read(Collector):
    """Families that were read already."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return map(_metric, self._families)


def _metric(family: Family) -> Metric:
    if family.kind is Kind.SPREAD:
        shown = HistogramMetricFamily(family.name, family.text, labels=family.labels)
        for labels, value in family.values.items():
            assert isinstance(value, Spread)
            shown.add_metric(labels, _buckets(value), sum_value=value.total)
        return shown
    make = CounterMetricFamily if family.kind is Kind.COUNTER else GaugeMetricFamily
    plain = make(family.name, family.text, labels=family.labels)
    for labels, value in family.values.items():
        assert not isinstance(value, Spread)
        plain.add_metric(labels, value)
    return plain


def _buckets(value: Spread) -> list[tuple[str, float]]:
    """How many lie at or below each bound, as Prometheus wants it: each with all below it."""
    shown, below = [], 0
    for bound, count in zip((*value.bounds, float("inf")), value.counts, strict=True):
        below += count
        shown.append(("+Inf" if bound == float("inf") else repr(float(bound)), float(below)))
    return shown


def call_families(meters: CallMeters) -> Iterator[Family]:
    """The calls of a process by method, with status and reason."""
    methods = list(meters.methods())
    ended: dict[Labels, float] = {
        (name, _status(outcome), "" if outcome == GONE else outcome): count
        for name, meter in methods
        for outcome, count in meter.outcomes.items()
    }
    seconds: dict[Labels, Spread] = {
        (name,): meter.seconds.copy() for name, meter in methods if any(meter.seconds.counts)
    }
    sent: dict[Labels, float] = {(name,): meter.sent for name, meter in methods if meter.sent}
    labels = ("method", "status", "reason")
    yield Family("essc_calls", Kind.COUNTER, "Calls that have ended.", labels, ended)
    text = "How long calls took, from their arrival to their answer; streams are not in it."
    yield Family("essc_call_seconds", Kind.SPREAD, text, ("method",), seconds)
    text = "What streams have sent, signs of life among it."
    yield Family("essc_stream_messages", Kind.COUNTER, text, ("method",), sent)


def _status(outcome: str) -> str:
    """The gRPC status behind an outcome."""
    if outcome == GOOD:
        return "OK"
    if outcome == GONE:
        return "CANCELLED"
    meaning = semantics().get(outcome)
    return code_pb2.Code.Name(meaning.code) if meaning else "UNKNOWN"
