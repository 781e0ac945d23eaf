"""What the platforms of tests run on, by the environment, so that the same suites show it all:

    ESSC_TEST_STORE       sqlite (as it is without) or postgresql
    ESSC_TEST_PLATFORMS   how many processes a platform is, 1 to 9; several need postgresql

A test that says itself how its platform is to be run is not touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.in_process import IN_USE, SharedStores

from essc_workbench.federation import Federation
from essc_workbench.postgres.databases import drop, named
from essc_workbench.postgres.urls import with_database
from essc_workbench.stores import AS_BEFORE, Deployment, OwnStores

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

STORE, PLATFORMS = "ESSC_TEST_STORE", "ESSC_TEST_PLATFORMS"


@dataclass(frozen=True)
class Wanted:
    """What the environment asks for."""

    is_postgresql: bool
    platforms: int


def wanted(environ: Mapping[str, str]) -> Wanted:
    """What the environment asks for. Raises UsageError for what cannot be."""
    store, platforms = environ.get(STORE, "sqlite"), environ.get(PLATFORMS, "1")
    if store not in ("sqlite", "postgresql"):
        raise pytest.UsageError(f"{STORE}={store}: sqlite or postgresql")
    if not (platforms.isascii() and platforms.isdigit() and 1 <= int(platforms) <= 9):
        raise pytest.UsageError(f"{PLATFORMS}={platforms}: 1 to 9")
    if int(platforms) > 1 and store == "sqlite":
        raise pytest.UsageError(f"{PLATFORMS}={platforms}: several processes need postgresql")
    return Wanted(store == "postgresql", int(platforms))


@contextmanager
def deployed(postgres: Postgres, platforms: int) -> Iterator[Deployment]:
    """Every federation is deployed so that does not say itself how, and every platform in this
    process; its database stays as long as this lasts, for one that is started again.
    """
    prefix = f"essc_test_{secrets.token_hex(4)}"
    store = OwnStores(postgres.url(prefix), is_kept=True)
    deployment = Deployment(store=store, platforms=platforms)
    begin = Federation.__init__

    @wraps(begin)
    def so(self: Federation, *arguments: Any, **options: Any) -> None:
        if options.get("deployment", AS_BEFORE) == AS_BEFORE:
            options["deployment"] = deployment
        begin(self, *arguments, **options)

    IN_USE.append(SharedStores(postgres, platforms, prefix))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Federation, "__init__", so)
        try:
            yield deployment
        finally:
            IN_USE.pop()
            for name in named(store.url, f"{prefix}_"):
                drop(with_database(store.url, name))
