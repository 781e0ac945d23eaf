"""What a run of the workbench keeps ready for its federations, so that each starts quickly.

Spare processes, and a prepared folder to copy. It begins and ends with the run, and no state goes
from one federation to the next through it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from essc_workbench.spares import SPARES_MAX, Spares
from essc_workbench.stores import AS_BEFORE, Deployment
from essc_workbench.templates import Template


@dataclass(frozen=True, slots=True)
class Backstage:
    """For `federation_in(..., spares=…, template=…)`."""

    spares: Spares
    template: Template


@contextmanager
def backstage(
    *, channels: int, at_once: int = 1, deployment: Deployment = AS_BEFORE
) -> Iterator[Backstage]:
    """Keeps ready what so many federations at once need, of at most so many channels each.

    Enter it in the main thread.
    """
    wanted = {
        "essc-platform": (deployment.platforms or 1) * at_once,
        "essc-channel": channels * at_once,
    }
    spares = Spares({name: min(count, SPARES_MAX) for name, count in wanted.items()})
    try:
        with TemporaryDirectory(prefix="essc-template-") as folder:
            template = Template(Path(folder), deployment=deployment)
            try:
                yield Backstage(spares, template)
            finally:
                template.drop()
    finally:
        spares.close()
