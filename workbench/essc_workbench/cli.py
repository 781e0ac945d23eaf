"""The command `essc`: one function per subcommand, which imports what it needs when it runs."""

import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from essc_workbench.failures import OWN_FAILURE, UsageError, WorkbenchError
from essc_workbench.gate.cli import app as fault_app

app = typer.Typer(
    help="The workbench of the federation: start it, watch it, integrate with it, measure it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
clock_app = typer.Typer(help="Show the parties' clocks, or move one forward.", add_completion=False)
app.add_typer(clock_app, name="clock")
app.add_typer(fault_app, name="fault")

# typer reads annotations at run time and knows Optional in every release.
Data = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The federation's data folder. Default: that of the last `essc up`."),
]


@app.callback(invoke_without_command=True)
def essc(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
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
) -> None:
    """Play the stories of cards in many channels, each line checked."""
    from rich.console import Console

    from essc_workbench.demo.command import demo as play
    from essc_workbench.demo.stories import named
    from essc_workbench.runs import run

    raise typer.Exit(run(play(Console(), data, named(story))))


@app.command()
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
) -> None:
    """Start the federation and keep it running until Ctrl-C."""
    from rich.console import Console

    from essc_workbench.runs import run
    from essc_workbench.up import up as start

    wanted = [name.strip() for name in channels.split(",") if name.strip()] or None
    standing = start(
        Console(), data, wanted, is_tls=tls, loss=loss, has_gate=gate, unkind_seed=unkind
    )
    raise typer.Exit(run(standing))


@app.command()
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


@app.command()
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


@app.command("verify-card")
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


@app.command()
def bench(
    only: Annotated[str, typer.Option(help="Measure this key only.")] = "",
    json: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the figures here, as one flat object."),
    ] = None,
) -> None:
    """Measure the platform beside a bare server."""
    from essc_workbench.bench.command import run

    raise typer.Exit(run(only or None, json))


@app.command()
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
) -> None:
    """Run scenario files. Status 0: all good; 1: a rule broken; 2: unknown, or a file is wrong."""
    from rich.console import Console

    from essc_workbench.foreign import foreign_parties
    from essc_workbench.runs import run as until_done
    from essc_workbench.scenarios.command import run_all
    from essc_workbench.scenarios.runner import Wishes

    parties = [*(party or []), *([f"platform={platform}"] if platform else [])]
    foreign = foreign_parties(parties, lab or [], key or [], door or [])
    wishes = Wishes(report=report, keeps_data=keep, seed=seed, foreign=foreign)
    raise typer.Exit(until_done(run_all(Console(), files, wishes, parallel=parallel)))


@app.command()
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


@app.command()
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


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A run's folder, with its history and verdict.")],
) -> None:
    """Write a run's verdict, JUnit file and page again, from its history and its verdict."""
    from essc_workbench.report.writing import write_again

    typer.echo(write_again(folder))


def main() -> None:
    """The entry point: a failure is one line on standard error and a status."""
    os.environ.setdefault("no_proxy", "localhost,127.0.0.1,::1")  # calls stay on this machine
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # a party that ends is no news to the library
    try:
        app()
    except WorkbenchError as error:
        _end(str(error), error.status)
    except Exception as error:
        if os.environ.get("ESSC_DEBUG"):
            raise
        _end(_explained(error), OWN_FAILURE)


def _explained(error: Exception) -> str:
    import grpc

    from essc_workbench.failures import told

    if isinstance(error, grpc.RpcError):
        return told(error)
    return f"{type(error).__name__}: {error} (ESSC_DEBUG=1 shows where)"


def _end(text: str, status: int) -> None:
    print(f"essc: {text}", file=sys.stderr)
    sys.exit(status)
