"""The command `essc`: its subcommands, and how a failure ends it."""

import os
import sys

import typer

from essc_workbench import quiet  # noqa: F401 - first, for what it does
from essc_workbench.commands import federations, measures, runs
from essc_workbench.commands.clocks import clock_app
from essc_workbench.commands.drills import drill_app
from essc_workbench.failures import OWN_FAILURE, WorkbenchError
from essc_workbench.gate.cli import app as fault_app

app = typer.Typer(
    help="The workbench of the federation: start it, watch it, integrate with it, measure it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(clock_app, name="clock")
app.add_typer(drill_app, name="drill")
app.add_typer(fault_app, name="fault")
for command in (
    federations.demo,
    federations.up,
    federations.integrate,
    federations.seed,
    federations.token,
    runs.run,
    runs.judge,
    runs.report,
    measures.bench,
    measures.capacity,
):
    app.command()(command)
app.command("verify-card")(measures.verify_card)


@app.callback(invoke_without_command=True)
def essc(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """The entry point: a failure is one line on standard error and a status."""
    os.environ.setdefault("no_proxy", "localhost,127.0.0.1,::1")  # calls stay on this machine
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
