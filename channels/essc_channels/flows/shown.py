"""What a phone is shown, what is kept of it, and what a repeat looks at again (R91, R92)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from essc_channels.core.flow_kinds import Stage
from essc_channels.core.flow_records import Flow
from essc_channels.core.panels import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the phone is shown: the flow, and the panel once it has ended."""

    flow: Flow
    panel: Panel | None = None


class Lack(StrEnum):
    """What a kept answer is to be given again before a phone sees it."""

    NOTHING = "nothing"
    PANEL = "panel"
    STEP = "step"


class Forms(Protocol):
    """Writes what is shown, in the one form that starting and answering share."""

    def serialise(self, shown: Shown) -> bytes: ...

    def without_secrets(self, answer: bytes, stage: Stage | None) -> bytes:
        """The same as it may be kept: no panel, and nothing that names people or is a secret."""

    def lacks(self, kept: bytes) -> Lack:
        """What a kept answer leaves out."""

    def place(self, kept: bytes) -> tuple[str, str]:
        """The flow and the step of a kept answer."""

    def with_panel(self, kept: bytes, panel: Panel) -> bytes:
        """The kept answer again, with the panel as it is now."""
