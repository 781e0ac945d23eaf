"""From a command to its rule, by its noun's module in `deciding/`. No rule lives here."""

from essc_platform.core.commands import NOUNS, Command
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.snapshot import View


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    return NOUNS[type(command)].decide(command, view, policy)
