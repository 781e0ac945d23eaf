"""Times on the wire and off it: an instant is whole microseconds since 1970, UTC."""

from typing import TypeAlias

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

Instant: TypeAlias = int

SECOND_US = 1_000_000


def to_timestamp(instant: Instant) -> Timestamp:
    """An instant as a Timestamp."""
    seconds, micros = divmod(instant, SECOND_US)
    return Timestamp(seconds=seconds, nanos=micros * 1000)


def optional_timestamp(instant: Instant | None) -> Timestamp | None:
    """As to_timestamp; absent stays absent."""
    return None if instant is None else to_timestamp(instant)


def write_time(place: Timestamp, instant: Instant | None) -> None:
    """Writes an instant into the Timestamp of a message; absent stays absent.

    A message that is handed to another's constructor is serialised and parsed again, level by
    level; one that is written where it lies is not.
    """
    if instant is not None:
        place.seconds, micros = divmod(instant, SECOND_US)
        place.nanos = micros * 1000


def to_instant(timestamp: Timestamp) -> Instant:
    """A Timestamp as an instant, truncated to microseconds."""
    return int(timestamp.seconds) * SECOND_US + timestamp.nanos // 1000


def to_duration(span_us: int) -> Duration:
    """A span in microseconds as a Duration."""
    seconds, micros = divmod(span_us, SECOND_US)
    return Duration(seconds=seconds, nanos=micros * 1000)


def to_span_us(duration: Duration) -> int:
    """A Duration in microseconds, truncated."""
    return int(duration.seconds) * SECOND_US + duration.nanos // 1000
