"""Logs as JSON lines on standard error. Personal data never belongs in them."""

import logging
import sys
import traceback
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict

from essc_wire.traces import CURRENT


class _Patient:
    """A stream that may be lost: a full disk must not stop whoever wants to say so."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def set_up_logs(level: str, stream: TextIO = sys.stderr) -> None:
    """Configures the process's logs; level is debug, info, warning or error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=max(number, logging.WARNING), stream=stream, format="%(message)s")
    structlog.configure(
        processors=[
            _with_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Patient(stream))),
        cache_logger_on_first_use=True,
    )


def _with_trace(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Says because of which call it is written, where that is one and the line does not say it."""
    trace = CURRENT.get()
    if trace:
        line.setdefault("trace", trace)
    return line


def frames(error: BaseException) -> list[str]:
    """Where a bug happened; the exception's text might hold personal data and is left out."""
    return [
        f"{frame.filename.rpartition('/')[2]} {frame.name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
