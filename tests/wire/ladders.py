"""Ladders: a request full of obstacles, cleared one after the other, in the order of the comment.

Whatever a ladder meets is a rich status as the house wants it, see `people.checked`.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from tests.contract.test_comments import METHODS, REASON
from tests.wire.people import Caller, reason

from essc_wire.contract import OF_WORKBENCH
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal

LISTED = {method.name: REASON.findall(method.rejections) for method in METHODS}
UNKNOWN = "0" * 32

# Served by channels alone: tests/wire/channels/test_ladders.py climbs these.
OF_CHANNELS = (
    "essc.channel.v1.",
    "essc.lab.v1.AccountService.",
    "essc.authority.v1.VouchService.",
)
# Served by no product: the workbench's own tests climb these.
OF_WORKBENCH_ONLY = tuple(f"{service}." for service in OF_WORKBENCH)
CLIMBED: dict[str, set[str]] = defaultdict(set)
"""The methods whose ladders are climbed, by the package of the tests: one for each party."""


class Ladder:
    """What a method is asked, and the reasons it gave so far."""

    def __init__(
        self,
        method: str,
        ask: Callable[[Any], Awaitable[object]],
        domain: str = PLATFORM_DOMAIN,
    ) -> None:
        assert any(method in each for each in CLIMBED.values()), f"say @climbs({method!r})"
        self._method, self._ask, self._domain = method, ask, domain
        self._seen: list[str] = []

    async def step(self, wanted: str, request: Any) -> None:
        """The next reason of the comment."""
        assert await reason(self._ask(request), self._domain) == wanted
        self._seen.append(wanted)

    def note(self, wanted: str, refusal: Refusal) -> None:
        """The same, for a refusal that came in another way."""
        assert refusal.reason == wanted
        self._seen.append(wanted)

    def top(self) -> None:
        """There are no more."""
        assert self._seen == LISTED[self._method]


def climbs(*methods: str) -> Callable[[Any], Any]:
    """Notes that a test climbs the ladders of these methods."""

    def note(test: Any) -> Any:
        CLIMBED[package_of(test.__module__)].update(methods)
        return test

    return note


def package_of(module: str) -> str:
    return module.rpartition(".")[0]


def ask_of(caller: Caller, method: Callable[..., Awaitable[Any]]) -> Callable[[Any], Any]:
    return lambda request: caller.do(method, request)
