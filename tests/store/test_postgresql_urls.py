"""A store is made and opened by whatever URL the command line takes."""

import pytest

from essc_platform.store.facts import write_fact
from essc_platform.store.postgresql_store import PostgresqlStore, create

pytestmark = pytest.mark.store


@pytest.mark.parametrize(
    ("scheme", "query"),
    [("postgresql", ""), ("postgresql+psycopg", "prepare_threshold=none")],
    ids=["without the driver's name", "behind a pooler"],
)
def test_every_url_that_opens_a_store_makes_one(database: str, scheme: str, query: str) -> None:
    url = scheme + database.removeprefix("postgresql+psycopg")
    url += f"{'&' if '?' in url else '?'}{query}" if query else ""

    create(url, "cn-essc", lambda connection: write_fact(connection, "clock_offset_us", "0"))
    store = PostgresqlStore(url, "cn-essc")

    assert store.settings.synchronous_commit == "on"
    store.close()
