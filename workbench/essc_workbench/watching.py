"""Operations ports of a federation: one for each process, and a file that Prometheus finds them by.

The addresses are kept between runs, so that a scraper that knew them finds the same processes.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from essc_workbench.fleet import party_of
from essc_workbench.folders import DataFolder
from essc_workbench.ports import PortReservations
from essc_workbench.routes import PLATFORM

FILE_NAME: Final = "operations.json"
_JOBS: Final = ("essc-platform", "essc-channel")
"""By these names the dashboard and the alerts go."""


def reserved(
    names: Sequence[str], before: Mapping[str, str], ports: PortReservations
) -> dict[str, str]:
    """An address for each process: that of the last run where it is free."""
    return {name: ports.reserve(before.get(name, "")) for name in names}


def targets_file(folder: DataFolder) -> Path:
    """Where the addresses stand for `file_sd_configs`."""
    return folder.root / FILE_NAME


def write_targets(folder: DataFolder, addresses: Mapping[str, str]) -> None:
    """Writes down where which process is watched."""
    groups = [
        {
            "targets": [address],
            "labels": {"job": _JOBS[party_of(name) != PLATFORM], "process": name},
        }
        for name, address in addresses.items()
    ]
    targets_file(folder).write_text(json.dumps(groups, indent=2) + "\n", "utf-8")
