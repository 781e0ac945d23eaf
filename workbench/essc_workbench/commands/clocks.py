"""The commands about clocks."""

from typing import Annotated

import typer

from essc_workbench.commands.shared import Data

clock_app = typer.Typer(help="Show the parties' clocks, or move one forward.", add_completion=False)


@clock_app.callback(invoke_without_command=True)
def clock(context: typer.Context, data: Data = None) -> None:
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from essc_workbench import clocks
    from essc_workbench.folders import found
    from essc_workbench.runs import run

    raise typer.Exit(run(clocks.show(Console(), found(data))))


@clock_app.command()
def advance(
    context: typer.Context,
    span: Annotated[str, typer.Argument(help="How far: 90s, 10m, 36h, 2d, 1w.")],
    data: Data = None,
    party: Annotated[str, typer.Option(help="Whose clock.")] = "platform",
) -> None:
    """Move a clock forward; it never goes back."""
    from rich.console import Console

    from essc_workbench import clocks
    from essc_workbench.folders import found
    from essc_workbench.runs import run

    raise typer.Exit(run(clocks.advance(Console(), found(data or context.obj), span, party)))
