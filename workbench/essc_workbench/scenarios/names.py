"""Checks what names in a scenario refer to: channels, citizens, personas, things named by steps."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.fleet import party_of
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.documents import Path
from essc_workbench.scenarios.fields import Refers, fields_of, references
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.outlines import Outline
from essc_workbench.scenarios.slips import check_banks, check_callers, check_faults, check_slips
from essc_workbench.scenarios.steps.base import Step

Placed = tuple[Path, str]


def _nothing(file: FilePath) -> tuple[str, str]:
    raise UsageError(f"{file}: profile files are not looked up here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is outside the file."""

    channels: Mapping[str, str] = field(default_factory=dict)
    """Channels that can take part, with the parent of each that has one."""
    personas: Collection[str] = ()
    banks: Collection[str] = ()
    described: Callable[[FilePath], tuple[str, str]] = _nothing
    """The id and parent of the channel in a profile file. Raises WorkbenchError."""


def check_names(outline: Outline, known: Known | None, folder: FilePath) -> None:
    """Notes every name that refers to nothing, and every thing that nobody uses.

    Files that it names are looked for from the folder on.
    """
    outline.steps.sort(key=lambda placed: outline.document.place(placed[0], of_key=True))
    if known is not None:
        check_channels(outline, _with_profiles(outline, known, folder))
        _check_personas(outline, known)
        _check_citizens(outline, known)
        if not outline.profiles:  # a profile file may bring a bank of its own
            check_banks(outline, known.banks)
    _check_linked(outline)
    _check_parties(outline)
    check_callers(outline)
    check_slips(outline)
    if outline.is_whole:
        check_faults(outline)
        _check_things(outline)


def _with_profiles(outline: Outline, known: Known, folder: FilePath) -> Known:
    """What is known together with the channels of the profile files."""
    channels = dict(known.channels)
    for place, name in enumerate(outline.profiles):
        try:
            channel, parent = known.described(folder / name)
        except WorkbenchError as error:
            outline.document.is_wrong(("federation", "profiles", place), str(error))
            continue
        channels[channel] = parent
    return replace(known, channels=channels)


def check_channels(outline: Outline, known: Known) -> None:
    """Notes channels of the federation that there are not, or not without others."""
    chosen, document = outline.channels, outline.document
    for place, name in enumerate(chosen):
        path = ("federation", "channels", place)
        if name not in known.channels:
            document.is_wrong(path, f"no channel {name!r}; {meant(name, known.channels)}")
            continue
        parent = known.channels[name]
        if parent and parent not in chosen:
            document.is_wrong(path, f"{name} needs {parent}, the channel above it, too")
        if name in chosen[:place]:
            document.is_wrong(path, f"{name} twice")


def _check_personas(outline: Outline, known: Known) -> None:
    for alias, spec in outline.citizens.items():
        persona = str(spec.get("persona") or alias)
        if "birth_date" in spec and alias in known.personas:
            text = f"{alias} is a persona; a described person needs another name"
            outline.document.is_wrong(("citizens", alias), text, of_key=True)
        if "birth_date" not in spec and persona not in known.personas:
            path: Path = (
                ("citizens", alias, "persona") if "persona" in spec else ("citizens", alias)
            )
            text = f"no persona {persona!r}; {meant(persona, known.personas)}"
            outline.document.is_wrong(path, text, of_key="persona" not in spec)


def _check_linked(outline: Outline) -> None:
    for alias, spec in outline.citizens.items():
        linked = spec.get("linked")
        names = linked if isinstance(linked, list) else [linked] if linked else []
        for name in map(str, names):
            if name not in outline.channels:
                path = ("citizens", alias, "linked")
                outline.document.is_wrong(path, _no_channel(name, outline.channels))


def _no_channel(name: str, there: tuple[str, ...]) -> str:
    return f"no channel {name!r} in this federation; {meant(name, there)}"


def _check_parties(outline: Outline) -> None:
    channels, document = outline.channels, outline.document
    for path, step in outline.steps:
        for place, name in references(step, Refers.CHANNEL):
            if name not in channels:
                is_key = len(place) > 1 and isinstance(place[-1], str)
                text = _no_channel(name, channels)
                document.is_wrong((*path, *place), text, of_key=is_key)
        for place, name in references(step, Refers.PARTY):
            if party_of(name) not in (PLATFORM, *channels):
                text = f"no party {name!r}; {meant(name, (PLATFORM, *channels))}"
                document.is_wrong((*path, *place), text)


def _check_citizens(outline: Outline, known: Known) -> None:
    there = {*outline.citizens, *known.personas}
    for path, step in outline.steps:
        for place, name in references(step, Refers.CITIZEN):
            if name not in there:
                text = f"no citizen {name!r}; {meant(name, there)}"
                outline.document.is_wrong((*path, *place), text)


def _check_things(outline: Outline) -> None:
    """A name is used after it is given, and is given for somebody to use it."""
    document, steps = outline.document, outline.steps
    ever = {name for _, step in steps for _, name in references(step, Refers.NEW)}
    used: set[str] = set()
    given: dict[str, Path] = {}
    for path, step in steps:
        for place, name in _uses(step):
            used.add(name)
            if name not in outline.citizens and name not in given:
                later = "it is named only later" if name in ever else meant(name, given)
                if not _may_be_persona(step, place):
                    document.is_wrong((*path, *place), f"nothing is named {name!r}; {later}")
        for place, name in references(step, Refers.NEW):
            given.setdefault(name, (*path, *place))
    for name, path in given.items():
        if name not in used:
            document.is_wrong(path, f"{name!r} is used nowhere; leave it out, or use it")


def _may_be_persona(step: Step, place: Path) -> bool:
    """Inside a request `$zhang-san.id_number` may be about a persona."""
    return any(place[0] == name for name, _ in fields_of(step, Refers.REQUEST))


def _uses(step: Step) -> Iterator[Placed]:
    yield from references(step, Refers.THING)
    for name, value in fields_of(step, Refers.REQUEST):
        yield from dollars(value, (name,))


def dollars(value: Any, path: Path = ()) -> Iterator[Placed]:
    """The names after `$` in a JSON value; what follows a dot belongs to the thing."""
    if isinstance(value, str) and value.startswith("$") and len(value) > 1:
        yield path, value[1:].partition(".")[0]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from dollars(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from dollars(inner, (*path, place))
