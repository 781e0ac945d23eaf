"""A connection to the store, whichever engine it is."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from essc_platform.core.snapshot import Read
from essc_platform.store.statements import Statement

Row = tuple[Any, ...]
P = ParamSpec("P")
T = TypeVar("T")


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...
    def __iter__(self) -> Iterator[Row]: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Row]: ...
    def fetchmany(self, size: int = ..., /) -> list[Row]: ...


class Connection(Protocol):
    """One connection, used by one thread at a time. Raises what `errors.FAILURES` lists."""

    def execute(self, statement: Statement, parameters: Sequence[Any] = ...) -> Rows:
        """Runs one statement."""

    def rows_under(self, statement: Statement, keys: Collection[Row]) -> Iterator[Row]:
        """The rows under these keys, by a statement of `under_keys`."""

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        """Writes rows, by a statement of `insert` or `upsert`."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of it or nothing, whatever fails: the commit too. The connection stays usable."""

    def lock(self, reads: Iterable[Read], *, federation: bool) -> int | None:
        """Keeps other processes from the citizens of these reads until the transaction ends, and
        from what belongs to all. Answers the database's time, in microseconds of the party's clock;
        None where there are no other processes.
        """


class Reading(Protocol):
    """Runs a view, a read that is not part of a batch, on a connection for reading."""

    def __call__(
        self, view: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]: ...


class Glance(Protocol):
    """One consistent look at the whole store, on a connection of its own."""

    def rows(self, statement: Statement) -> Iterator[Row]:
        """The rows of a statement, one after the other, never all at once."""

    def close(self) -> None:
        """Lets go."""
