"""How a program loads: quickly, since parties are started often."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quickly() -> Iterator[None]:
    """Put the imports of a program into its block, before anything else runs.

    Loading makes much that stays and next to nothing to collect, so nobody looks for it meanwhile,
    nor in what has been loaded at the end of the process.
    """
    # structlog loads it where it is installed, for tracebacks in colour, which no party prints.
    rich = sys.modules.get("rich")
    sys.modules["rich"] = None  # type: ignore[assignment]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        del sys.modules["rich"]
        if rich is not None:
            sys.modules["rich"] = rich
