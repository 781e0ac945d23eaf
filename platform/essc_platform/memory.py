"""What a process has in memory of the store: it holds what the last commit made true."""

from dataclasses import dataclass

from essc_platform.batch import Outcome
from essc_platform.directory import Directory
from essc_platform.neighbours import Neighbours
from essc_platform.signing import Keyring
from essc_platform.store.views_codes import CodeNames
from essc_platform.watch import Watchers


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it; taken over before any caller is answered."""

    keyring: Keyring
    directory: Directory
    code_names: CodeNames
    watchers: Watchers
    neighbours: Neighbours | None
    """None where no other process writes to the store."""

    def apply(self, outcome: Outcome) -> None:
        """Takes over what was committed here."""
        self.keyring.apply(outcome.changes)
        self.code_names.apply(outcome.changes)
        noted = self.directory.apply(outcome.changes)
        if self.neighbours is None:
            self.watchers.committed(outcome.channels | noted, outcome.head)
        else:
            # How far its feeds may be read is known once the others are looked at.
            self.watchers.committed(noted, 0)
            self.neighbours.committed(outcome)

    async def head(self) -> int:
        """The place in the feeds of what was committed last."""
        return self.watchers.head if self.neighbours is None else await self.neighbours.head()
