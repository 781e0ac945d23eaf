"""The command `essc fault`: one option for each effect, and options for which calls it meets."""

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from essc_workbench.failures import UsageError

app = typer.Typer(
    help="Make the running federation unkind: to calls, to events, to parties. Every fault ends.",
    add_completion=False,
)

# typer reads annotations at run time and knows Optional in every release.
Data = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The federation's data folder. Default: that of the last `essc up`."),
]


def _effect(text: str, *names: str) -> Any:
    """An option for an effect; a flag says its name, so that there is no second one to deny it."""
    return typer.Option(*names, help=text, show_default=False)


@app.command()
def add(
    data: Data = None,
    name: Annotated[str, typer.Option(help="Its name. Default: what it does and a number.")] = "",
    lease: Annotated[str, typer.Option(help="How long it lasts: 5s, 10m; at most 1h.")] = "60s",
    source: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Who calls: phone, a channel, bureau …; again for more."),
    ] = None,
    target: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Who is called: platform, a channel, authorities; again for more."),
    ] = None,
    method: Annotated[str, typer.Option(help="Apply, CardService/Apply, or the full path.")] = "",
    citizen: Annotated[str, typer.Option(help="Whom the call is about: a persona's id.")] = "",
    from_call: Annotated[int, typer.Option(help="From which of these calls on.")] = 1,
    count: Annotated[int, typer.Option(help="How many of them; 0: all.")] = 0,
    share: Annotated[float, typer.Option(help="Which share of them, 0.25 say; 0: all.")] = 0,
    delay: Annotated[str, _effect("Answers come later: 200ms, 3s.")] = "",
    refuse: Annotated[
        str, _effect("Refused for a reason before it arrives; UNAVAILABLE: bare.")
    ] = "",
    lose_request: Annotated[bool, _effect("The request never arrives.", "--lose-request")] = False,
    lose_answer: Annotated[
        bool, _effect("It is carried out, and its answer is lost.", "--lose-answer")
    ] = False,
    deliver_twice: Annotated[
        bool, _effect("The request arrives twice.", "--deliver-twice")
    ] = False,
    cut: Annotated[str, _effect("Nothing gets through: both, requests or answers.")] = "",
    delay_events: Annotated[str, _effect("Each event comes later: 200ms, 3s.")] = "",
    repeat_events: Annotated[int, _effect("Each event comes so many times more.")] = 0,
    interrupt_events: Annotated[int, _effect("The stream breaks after so many events.")] = -1,
    kill: Annotated[str, _effect("This party is killed, and started again at the end.")] = "",
    freeze: Annotated[str, _effect("This party stands still until the end.")] = "",
    fill_disk: Annotated[str, _effect("This party's store can grow no more until the end.")] = "",
    skew: Annotated[str, _effect("This party's clock runs ahead, for good.")] = "",
    by: Annotated[str, _effect("With --skew: by how much.")] = "5m",
    suspend: Annotated[str, _effect("This channel is suspended until the end.")] = "",
    rotate_key: Annotated[
        bool, _effect("The platform's signing key is rotated, for good.", "--rotate-key")
    ] = False,
    compromise_key: Annotated[
        bool, _effect("It is declared compromised, for good.", "--compromise-key")
    ] = False,
) -> None:
    """Begin a fault. It ends by itself."""
    from rich.console import Console

    from essc.lab.v1.fault_pb2 import FaultMatch
    from essc_workbench.clocks import span_us
    from essc_workbench.folders import found
    from essc_workbench.gate import commands, effect_options
    from essc_workbench.runs import run

    match = FaultMatch(
        sources=source or [],
        targets=target or [],
        method=method,
        citizen=citizen,
        from_call=from_call,
        count=count,
        share=share,
    )
    fault = effect_options.fault(
        delay=delay,
        refuse=refuse,
        lose_request=lose_request,
        lose_answer=lose_answer,
        deliver_twice=deliver_twice,
        cut=cut,
        delay_events=delay_events,
        repeat_events=repeat_events,
        interrupt_events=interrupt_events,
        kill=kill,
        freeze=freeze,
        fill_disk=fill_disk,
        skew=(skew, by) if skew else "",
        suspend=suspend,
        rotate_key=rotate_key,
        compromise_key=compromise_key,
    )
    fault.fault_id = name or effect_options.a_name(fault)
    fault.lease.FromMicroseconds(span_us(lease))
    fault.match.CopyFrom(match)
    raise typer.Exit(run(commands.add(Console(), found(data), fault)))


@app.command("list")
def show(data: Data = None) -> None:
    """List the faults, newest first."""
    from rich.console import Console

    from essc_workbench.folders import found
    from essc_workbench.gate import commands
    from essc_workbench.runs import run

    raise typer.Exit(run(commands.show(Console(), found(data))))


@app.command()
def remove(
    names: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="The faults' names."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that last.")] = False,
    data: Data = None,
) -> None:
    """End faults now."""
    from rich.console import Console

    from essc_workbench.folders import found
    from essc_workbench.gate import commands
    from essc_workbench.runs import run

    if bool(names) == every:
        raise UsageError("name the faults that are to end, or say --all")
    raise typer.Exit(run(commands.remove(Console(), found(data), names or [], every=every)))
