"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Optional

import typer

# typer reads annotations at run time and knows Optional in every release.
Data = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The federation's data folder. Default: that of the last `essc up`."),
]

Store = Annotated[
    str,
    typer.Option(
        help="Keep the platform's data in PostgreSQL: postgresql+psycopg://USER@HOST:PORT/NAME. "
        "Default: in its folder."
    ),
]
Platforms = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, max=16, help="How many processes the platform is; several need --store."),
]
