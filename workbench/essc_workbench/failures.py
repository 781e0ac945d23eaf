"""What ends a command: one clear line, and an exit status that says whose fault it was."""

import grpc

from essc_wire.refusals import refusal_of, semantics

GOOD = 0
CHECK_FAILED = 1
"""Something that was to be shown was not so."""
WRONG_USAGE = 2
"""The command line, a file or a folder is not as it must be."""
OWN_FAILURE = 3
"""The workbench itself, or a process it started, failed."""


class WorkbenchError(Exception):
    """A failure that is explained in one line. `status` becomes the exit status."""

    def __init__(self, text: str, status: int = OWN_FAILURE) -> None:
        super().__init__(text)
        self.status = status


class UsageError(WorkbenchError):
    """What was asked cannot be done: the caller can mend it."""

    def __init__(self, text: str) -> None:
        super().__init__(text, WRONG_USAGE)


def told(error: grpc.RpcError) -> str:
    """An error of a call in words: the reason and what it means, or gRPC's own."""
    refusal = refusal_of(error)
    if refusal is None:
        code = error.code() if isinstance(error, grpc.aio.AioRpcError) else None
        details = error.details() if isinstance(error, grpc.aio.AioRpcError) else str(error)
        return f"{code.name if code else 'no answer'}: {details}"
    meaning = semantics().get(refusal.reason)
    text = f"{refusal.reason}: {meaning.text_en}" if meaning else refusal.reason
    fields = ", ".join(f"{v.field or 'message'} {v.text}" for v in refusal.violations)
    return f"{text} ({fields})" if fields else text
