"""A database that refuses and vanishes at random, at every statement and at every commit.

    refused   40001: the transaction is rolled back
    cut       the connection is gone before the statement was done
    unheard   the commit was done, and the connection is gone before anybody heard of it

Each connection has a chance of its own, so that a seed gives the same troubles in the same places.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import errors

from essc_platform.store.postgresql_store import connector

REFUSED, CUT, UNHEARD = "refused", "cut", "unheard"


@dataclass
class Troubles:
    """How often what goes wrong, and how often it did."""

    seed: int
    share: float
    """Of statements that are refused, and as many that are cut."""
    met: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """By kind, and whether it was at a commit."""
    _opened: int = 0

    def connector(self, url: str) -> Callable[[], psycopg.Connection[Any]]:
        """As the store's own, for connections with troubles."""
        connect = connector(url)

        def to_hostile() -> psycopg.Connection[Any]:
            self._opened += 1
            plain = connect()
            hostile = Hostile(plain.pgconn)
            hostile.plain = plain
            hostile.autocommit = True
            hostile.prepare_threshold = 0
            hostile.troubles, hostile.chance = self, random.Random(self.seed + self._opened)
            return hostile

        return to_hostile


class Hostile(psycopg.Connection[Any]):
    """A connection with troubles."""

    plain: psycopg.Connection[Any]
    """Whose line it is; kept as long."""
    troubles: Troubles
    chance: random.Random

    def execute(self, query: Any, params: Any = None, **more: Any) -> psycopg.Cursor[Any]:
        """As it is, unless something goes wrong."""
        text = query if isinstance(query, str) else query.decode()
        if text == "ROLLBACK":
            return super().execute(query, params, **more)
        is_commit, drawn, share = text == "COMMIT", self.chance.random(), self.troubles.share
        if drawn < share:
            self.troubles.met[REFUSED, is_commit] += 1
            if is_commit:
                super().execute("ROLLBACK")
            raise errors.SerializationFailure("could not serialize access")
        if drawn < 2 * share:
            self.troubles.met[CUT, is_commit] += 1
            raise self._gone()
        answer = super().execute(query, params, **more)
        if is_commit and drawn < 4 * share:
            self.troubles.met[UNHEARD, is_commit] += 1
            raise self._gone()
        return answer

    def _gone(self) -> psycopg.OperationalError:
        self.close()
        return psycopg.OperationalError("server closed the connection unexpectedly")
