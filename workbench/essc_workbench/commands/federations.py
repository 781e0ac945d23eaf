"""Commands that start a federation, or work with one that runs."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from essc_workbench.commands.shared import Data, Platforms, Store


def demo(
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="A new folder to keep. Default: a temporary one, removed if all is well."
        ),
    ] = None,
    story: Annotated[
        str, typer.Option(help="Which: channels, family, hospital, replacement, or all.")
    ] = "all",
    store: Store = "",
    platforms: Platforms = None,
) -> None:
    """Play the stories of cards in many channels, each line checked."""
    from rich.console import Console

    from essc_workbench.demo.command import demo as play
    from essc_workbench.demo.stories import named
    from essc_workbench.runs import run
    from essc_workbench.stores import deployment_of_runs

    deployment = deployment_of_runs(store, platforms)
    raise typer.Exit(run(play(Console(), data, named(story), deployment)))


def up(
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The data folder. Default: ~/.local/state/essc/federation."),
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="TLS, with a development authority.")] = False,
    channels: Annotated[
        str, typer.Option(help="Which channels, separated by commas. Default: all that ship.")
    ] = "",
    loss: Annotated[
        str,
        typer.Option(
            help="What a lost card means nationally: block or holder_consent. Default: as it was, "
            "at first block."
        ),
    ] = "",
    gate: Annotated[
        bool,
        typer.Option("--gate", help="Doors between all parties: faults of calls, and a history."),
    ] = False,
    unkind: Annotated[
        str,
        typer.Option(
            help="Refuse, delay, lose answers, deliver twice and restart, by this seed (any word)."
        ),
    ] = "",
    store: Annotated[
        str,
        typer.Option(
            help="Keep the platform's data in this PostgreSQL database, made where missing: "
            "postgresql+psycopg://USER@HOST:PORT/NAME. Default: as it was, at first in the folder."
        ),
    ] = "",
    platforms: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            max=16,
            help="How many processes the platform is; several need --store. Default: as it was.",
        ),
    ] = None,
    migrate: Annotated[
        bool,
        typer.Option(
            "--migrate", help="First bring the stores of a folder that an older release made here."
        ),
    ] = False,
    ops: Annotated[
        bool,
        typer.Option("--ops", help="A port for each process that says what it counts, and more."),
    ] = False,
) -> None:
    """Start the federation and keep it running until Ctrl-C."""
    from rich.console import Console

    from essc_workbench.runs import run
    from essc_workbench.stores import Deployment, NamedStore
    from essc_workbench.up import up as start

    wanted = [name.strip() for name in channels.split(",") if name.strip()] or None
    named = NamedStore(store) if store else None
    standing = start(
        Console(),
        data,
        wanted,
        is_tls=tls,
        loss=loss,
        has_gate=gate,
        unkind_seed=unkind,
        deployment=Deployment(store=named, platforms=platforms, is_watched=ops),
        migrates=migrate,
    )
    raise typer.Exit(run(standing))


def integrate(
    name: Annotated[str, typer.Argument(help="The new channel's id, and its folder's name.")],
    data: Data = None,
    folder: Annotated[
        Path, typer.Option(help="Where the new folder is made. Default: here.")
    ] = Path(),
) -> None:
    """Register a new live channel in the running federation, and make its first call."""
    from rich.console import Console

    from essc_workbench.folders import found
    from essc_workbench.integration.command import integrate as begin
    from essc_workbench.runs import run

    raise typer.Exit(run(begin(Console(), found(data), name, folder)))


def seed(
    citizens: Annotated[int, typer.Option(help="How many people.")],
    population: Annotated[
        int, typer.Option("--seed", min=0, help="Which population: the same seed, the same people.")
    ] = 1,
    first: Annotated[int, typer.Option(min=0, help="From which place of the population on.")] = 0,
    third: Annotated[
        int,
        typer.Option(
            "--third-generation",
            min=0,
            max=100,
            help="Percentage with cards of the third generation, which are delivered to channels.",
        ),
    ] = 0,
    data: Data = None,
) -> None:
    """Fill the running platform with invented people, each with a card; again is a repeat."""
    from rich.console import Console

    from essc_workbench.folders import found
    from essc_workbench.runs import run
    from essc_workbench.seeding.command import seed_population
    from essc_workbench.seeding.importing import Plan

    plan = Plan(count=citizens, seed=population, first=first, third_percent=third)
    raise typer.Exit(run(seed_population(Console(), found(data), plan)))


def token(
    party: Annotated[
        str,
        typer.Argument(help="Whose token: operator, bureau, a channel, a verifier or a provider."),
    ],
    data: Data = None,
    key: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Sign with this key file instead; needs no data folder."),
    ] = None,
    platform_id: Annotated[str, typer.Option(help="With --key: for which platform.")] = "cn-essc",
) -> None:
    """Print a token, good for ten minutes, signed with a party's key."""
    from essc_workbench.party_tokens import token_of, token_with_key

    typer.echo(token_with_key(party, key, platform_id) if key else token_of(party, data))
