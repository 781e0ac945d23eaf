"""The commands about load drills."""

from pathlib import Path
from typing import Annotated

import typer

drill_app = typer.Typer(
    help="Load drills: run a plan, check one, compare what came of them.", add_completion=False
)


@drill_app.callback()
def drill() -> None:
    pass


@drill_app.command()
def check(
    plans: Annotated[list[Path], typer.Argument(help="Drill plans.")],
) -> None:
    """Check plans without running them. Status 0: all are good; 2: a file is wrong."""
    from rich.console import Console

    from essc_workbench.drills.checking import check_all

    raise typer.Exit(check_all(Console(), plans))


@drill_app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A drill's folder, with its drill.json.")],
) -> None:
    """Write a drill's page again, from its result."""
    from essc_workbench.drills.report.writing import write_again

    typer.echo(write_again(folder))
