"""Commands that check a file, or measure."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from essc_workbench.failures import UsageError


def verify_card(
    file: Annotated[Path, typer.Argument(help="What GetCard answered (JSON), or a SignedCard.")],
    keys: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The published keys, as ListKeys answers them (JSON)."),
    ] = None,
    platform: Annotated[str, typer.Option(help="HOST:PORT to ask for the keys instead.")] = "",
    authority: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="With --platform over TLS: the authority's certificate."),
    ] = None,
    at: Annotated[
        str, typer.Option(help="Judge the times as of this one, as 2030-01-31T08:00:00Z.")
    ] = "",
) -> None:
    """Check a signed card offline. Status 0: valid; 1: not valid; 2: a file is of no use."""
    import asyncio

    from essc_workbench import card_files

    if (keys is None) == (not platform):
        raise UsageError("say either --keys FILE or --platform HOST:PORT")
    instant = card_files.instant_of(at)
    card_files.read_card(file)  # a file of no use is said before anybody is asked
    published = (
        card_files.read_keys(keys)
        if keys is not None
        else asyncio.run(card_files.fetch_keys(platform, authority))
    )
    lines, status = card_files.verify_card(file, published, instant)
    typer.echo("\n".join(lines))
    raise typer.Exit(status)


def bench(
    only: Annotated[str, typer.Option(help="Measure this key only.")] = "",
    json: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the figures here, as one flat object."),
    ] = None,
) -> None:
    """Measure the platform beside a bare server."""
    from essc_workbench.bench.command import run
    from essc_workbench.drills.measures import MEASURES

    raise typer.Exit(run(only or None, json, MEASURES))


def capacity(
    reports: Annotated[
        list[Path], typer.Argument(help="Results of drills: drill.json, or the folder with it.")
    ],
    assume: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="NAME=VALUE: instead of the default, as cards=5e6 or peak_hour=0.2."),
    ] = None,
    mix: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="JOURNEY=WEIGHT: what people do. Default: as in the largest drill."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Predict the largest drill from the others instead.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="What the draws follow from.")] = 0,
    json: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the answer here too."),
    ] = None,
) -> None:
    """Say what a population needs, from what drills cost: processes, shards, machines.

    What is assumed is printed with the answer; docs/capacity.md has the formulas. Status 0: there
    is an answer; 2: the reports do not give one, or an option is wrong.
    """
    from rich.console import Console

    from essc_workbench.drills.capacity.command import run

    raise typer.Exit(
        run(
            Console(),
            reports,
            assume=assume or (),
            mix=mix or (),
            checks=check,
            seed=seed,
            json_path=json,
        )
    )
