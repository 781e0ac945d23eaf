"""What a citizen costs in PostgreSQL stays near what docs/operations.md says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "store_sizes.py"


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_citizen_with_four_links_stays_at_two_kibibytes() -> None:
    """With the indexes packed; as they grow by themselves a few hundredths more."""
    told = subprocess.run(
        [sys.executable, "-I", TOOL, "10000", "--depth", "10000"],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout

    grown, packed = (int(found) for found in re.findall(r"what is true +(\d+) bytes", told))
    assert packed <= 2048
    assert grown <= 2300
    assert "citizens_pkey" in told
