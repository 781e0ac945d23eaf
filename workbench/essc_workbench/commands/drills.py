"""The commands about load drills."""

from pathlib import Path
from typing import Annotated, Optional

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


@drill_app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A drill's folder.")],
    second: Annotated[Path, typer.Argument(help="The folder of the one to set beside it.")],
    page: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Where the page is written. Default: compare.html in the second folder."),
    ] = None,
) -> None:
    """Set two drills side by side: what differs, and which differences may be chance."""
    from rich.console import Console

    from essc_workbench.drills.comparison.showing import compare_folders

    compare_folders(Console(), first, second, page)
