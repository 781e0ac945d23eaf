"""The commands about load drills."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from essc_workbench.commands.shared import Platforms, Store

drill_app = typer.Typer(
    help="Load drills: run a plan, check one, compare what came of them.", add_completion=False
)


@drill_app.callback()
def drill() -> None:
    pass


@drill_app.command()
def run(
    plan: Annotated[Path, typer.Argument(help="A drill plan.")],
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The drill's folder. Default: a new one under build/drills."),
    ] = None,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Instead of the plan's own."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines instead of a picture that changes.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the parties' data in the drill's folder.")
    ] = False,
    dask: Annotated[
        str,
        typer.Option(help="HOST:PORT of a Dask scheduler: each of its workers sends a share."),
    ] = "",
    no_audit: Annotated[
        bool, typer.Option("--no-audit", help="Do not look whether what was acknowledged is there.")
    ] = False,
    listen: Annotated[
        str,
        typer.Option(
            help="With --dask: this machine's IPv4 address, at which workers of other machines "
            "reach the parties. Beyond loopback the plan needs tls."
        ),
    ] = "",
    store: Store = "",
    platforms: Platforms = None,
) -> None:
    """Run a drill against a federation of its own.

    Status 0: passed; 1: an objective was not met, or the audit found something; 2: void, or the
    file is wrong; 3: the workbench itself failed. Ctrl-C ends it early, with a report;
    130: it did so while the drill was being prepared, and there is nothing to report.
    """
    from rich.console import Console

    from essc_workbench.drills.command import Wishes, run_plan
    from essc_workbench.runs import run as until_done
    from essc_workbench.stores import deployment_of_runs

    wishes = Wishes(
        report=report,
        seed=seed,
        is_plain=plain,
        keeps_data=keep,
        is_audited=not no_audit,
        dask=dask,
        listen=listen,
        deployment=deployment_of_runs(store, platforms),
    )
    raise typer.Exit(until_done(run_plan(Console(), plan, wishes)))


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
