"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Optional

import typer

# typer reads annotations at run time and knows Optional in every release.
Data = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The federation's data folder. Default: that of the last `essc up`."),
]
