"""By which address a party reaches another one: straight, or through a door of the workbench.

A federation asks for each pair of caller and target once, when it starts, and before the caller's
process starts. What it is given stays good while the federation lasts, also while a party is killed
and back: a party listens at the same address again, and a door leads there.

    source: "phone", a channel's id, "platform", or the id of a party that calls the platform
            (OPERATOR, BUREAU, a verifier's, a provider's); "" is a caller without a token
    target: "platform", a channel's id, or "authorities": text messages, faces, photos and bank,
            at one address

Lab ports are reached straight, always: what is read there is no part of what happened.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

PHONE = "phone"
NOBODY = "nobody"
"""Who calls without a token, as histories name it."""
PLATFORM = "platform"
AUTHORITIES = "authorities"
Way = tuple[str, str]
"""A caller and its target."""
Doors = Mapping[Way, str]
"""The addresses of doors. A way that is not in it is straight."""


class Routes(Protocol):
    """Who says by which address a caller reaches a target."""

    async def door(self, source: str, target: str, upstream: str) -> str:
        """The address HOST:PORT that `source` calls for `target`, which listens at `upstream`.

        The same three give the same address. Raises WorkbenchError if there cannot be one.
        """
        ...


async def opened(routes: Routes, ways: Iterable[tuple[str, str, str]]) -> dict[Way, str]:
    """The doors of these callers, targets and upstreams, opened one after the other."""
    return {
        (source, target): await routes.door(source, target, upstream)
        for source, target, upstream in ways
    }
