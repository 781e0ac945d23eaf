"""What a file says, as far as it could be read: what its names are checked against."""

from dataclasses import dataclass, field
from typing import Any

from essc_workbench.scenarios.documents import Document, Path
from essc_workbench.scenarios.steps.base import Step


@dataclass(slots=True)
class Outline:
    """What a file says, as far as it could be read."""

    document: Document
    channels: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    citizens: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each citizen is said to be, as it is written."""
    steps: list[tuple[Path, Step]] = field(default_factory=list)
    """All steps, those inside others too, with their places."""
    is_whole: bool = True
    """Whether all steps could be read."""


def outline_of(document: Document) -> Outline:
    """The outline of a document, without its steps."""
    value = document.value if isinstance(document.value, dict) else {}
    federation, citizens = value.get("federation"), value.get("citizens")
    channels = federation.get("channels") if isinstance(federation, dict) else None
    outline = Outline(document)
    if isinstance(channels, list):
        outline.channels = tuple(map(str, channels))
    profiles = federation.get("profiles") if isinstance(federation, dict) else None
    if isinstance(profiles, list):
        outline.profiles = tuple(map(str, profiles))
    if isinstance(citizens, dict):
        kept = {alias: {} if spec is None else spec for alias, spec in citizens.items()}
        outline.citizens = {alias: spec for alias, spec in kept.items() if isinstance(spec, dict)}
    return outline
