"""Running a batch again where others were at the same rows, or where its commit is in doubt.

A batch decides purely and the ledger knows what was committed, so running it again is safe: what
the first run has done is answered from the ledger.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from essc_platform.store.errors import StoreConflict, StoreDoubt, StoreFailure, StoreLost
from essc_wire.clock import monotonic, random_bytes

TRIES: Final = 8
DOUBT_S: Final = 10.0
"""How long a store that was lost at a commit is waited for, before the answer is: unknown."""
_PAUSE_S: Final = 0.005
_PAUSE_MAX_S: Final = 0.5

T = TypeVar("T")


def again(work: Callable[[], T], now: Callable[[], float] = monotonic) -> T:
    """The work's result. Raises StoreConflict or StoreLost after too many tries, and any other
    StoreFailure at once; but StoreDoubt wherever a lost commit stays unknown.
    """
    doubt: StoreDoubt | None = None
    tries, turn, until = 0, 0, 0.0
    while True:
        try:
            return work()
        except (StoreConflict, StoreLost) as error:
            tries += 1
            if tries == TRIES:
                # What others did to a later try says nothing of the one that is in doubt.
                raise doubt or error from error
        except StoreDoubt as error:
            until = until or now() + DOUBT_S
            doubt = error
        except StoreFailure:
            if doubt is None:
                raise
        if doubt is not None and now() >= until:
            raise doubt
        _pause(turn)
        turn += 1


def _pause(turn: int) -> None:
    """Longer each time, and never for two alike: they would meet again."""
    share = 0.5 + random_bytes(1)[0] / 512
    time.sleep(min(_PAUSE_S * 2 ** min(turn, 10), _PAUSE_MAX_S) * share)
