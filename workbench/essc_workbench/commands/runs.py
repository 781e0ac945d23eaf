"""Commands about runs of scenarios, and what they leave behind."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from essc_workbench.commands.shared import Platforms, Store


def run(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.")],
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="The run's folder; of several files each has one inside it. Default: a new one "
            "under build/runs."
        ),
    ] = None,
    parallel: Annotated[int, typer.Option(help="How many files run at once.")] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the parties' data in the run's folder.")
    ] = False,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Instead of the files' own seeds."),
    ] = None,
    party: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="CHANNEL=HOST:PORT: somebody else's program is this channel."),
    ] = None,
    platform: Annotated[
        str, typer.Option(help="HOST:PORT: somebody else's program is the platform.")
    ] = "",
    lab: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="PARTY=HOST:PORT: its lab port, if it has one."),
    ] = None,
    key: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="PARTY=FILE: the private key that it signs its tokens with."),
    ] = None,
    door: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="CHANNEL=HOST:PORT: where it expects the platform."),
    ] = None,
    store: Store = "",
    platforms: Platforms = None,
) -> None:
    """Run scenario files.

    Status 0: all good; 1: a rule broken; 2: unknown, or a file or an option is wrong; 3: the
    workbench itself failed.
    """
    from rich.console import Console

    from essc_workbench.foreign import foreign_parties
    from essc_workbench.runs import run as until_done
    from essc_workbench.scenarios.command import run_all
    from essc_workbench.scenarios.runner import Wishes
    from essc_workbench.stores import deployment_of_runs

    parties = [*(party or []), *([f"platform={platform}"] if platform else [])]
    foreign = foreign_parties(parties, lab or [], key or [], door or [])
    wishes = Wishes(
        report=report,
        keeps_data=keep,
        seed=seed,
        foreign=foreign,
        deployment=deployment_of_runs(store, platforms),
    )
    raise typer.Exit(until_done(run_all(Console(), files, wishes, parallel=parallel)))


def judge(
    folder: Annotated[Path, typer.Argument(help="A run's folder, with its history and snapshots.")],
    also: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="A judge of your own, as MODULE:NAME."),
    ] = None,
) -> None:
    """Judge a run again. Status 0: nothing broken; 1: a rule broken; 2: unknown, or no such run."""
    from rich.console import Console

    from essc_workbench.judges.command import judge_again

    raise typer.Exit(judge_again(Console(), folder, also or ()))


def report(
    folder: Annotated[Path, typer.Argument(help="A run's folder, with its history and verdict.")],
) -> None:
    """Write a run's verdict, JUnit file and page again, from its history and its verdict."""
    from essc_workbench.report.writing import write_again

    typer.echo(write_again(folder))
