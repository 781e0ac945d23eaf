"""How a party's program loads: without what it never shows, and nothing is left switched off."""

import subprocess
import sys

LOADING = """
import gc, sys
from essc_wire.loading import quickly

with quickly():
    was_looking = gc.isenabled()
    import structlog
has_loaded_rich = "rich" in sys.modules
import rich
print(was_looking, has_loaded_rich, gc.isenabled(), gc.get_freeze_count() > 1000)
"""


def test_what_loads_quickly_finds_everything_as_before_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", LOADING],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.split() == ["False", "False", "True", "True"]
