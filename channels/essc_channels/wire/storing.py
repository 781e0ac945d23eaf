"""What a full or vanished disk looks like to a caller: a refusal, not a bug of ours."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from essc_channels.store.engines import StoreUnavailable
from essc_wire.refusals import Refusal

P = ParamSpec("P")
T = TypeVar("T")


def stored(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Refusal]]:
    """A method that answers STORE_UNAVAILABLE when the store takes no changes."""

    @wraps(method)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T | Refusal:
        try:
            return await method(*args, **kwargs)
        except StoreUnavailable:
            return Refusal("STORE_UNAVAILABLE")

    return answer
