"""What each command needs to see, named before anything is loaded.

The union over a batch is what the batch loads, with one statement per table. A command sees only
what is named for it in its noun's module, `deciding/`.
"""

from essc_platform.core.commands import NOUNS, Command
from essc_platform.core.snapshot import Read


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    return NOUNS[type(command)].reads_of(command)
