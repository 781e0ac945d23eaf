"""What steps keep for later steps, by name: codes, tickets, orders, flows, checks, answers."""

from typing import Any

from essc_workbench.failures import UsageError
from essc_workbench.scenarios.mistakes import meant

THINGS_MAX = 10_000


class Things:
    """Things by name. A name given again is the newer thing: a repeated step keeps its last."""

    def __init__(self) -> None:
        self._things: dict[str, Any] = {}
        self.secrets: set[str] = set()
        """Texts that admit somebody: codes, tickets, proofs, sessions."""

    def keep(self, name: str, thing: Any, *, secret: str = "") -> None:
        """Keeps a thing; without a name nothing is kept. `secret` is what in it admits somebody."""
        if secret:
            self.secrets.add(secret)
        if not name:
            return
        if len(self._things) >= THINGS_MAX:
            raise UsageError(f"more than {THINGS_MAX} things are kept by name")
        self._things[name] = thing

    def __contains__(self, name: str) -> bool:
        return name in self._things

    def __getitem__(self, name: str) -> Any:
        """A thing. Raises UsageError if none of that name was kept."""
        if name not in self._things:
            raise UsageError(f"nothing is kept as {name!r}; {meant(name, self._things)}")
        return self._things[name]
