"""The commands that bring a platform's store to this release and to another engine."""

import json
from pathlib import Path

from tests.parties.test_platform_process import WRONG, run
from tests.store.releases import platform_of


def test_a_store_of_the_first_release_is_brought_here_and_moved(
    tmp_path: Path, database: str
) -> None:
    folder = platform_of("0.1.0", tmp_path / "platform").parent

    brought = run("migrate", "--data", folder)
    moved = run("store-copy", "--from", folder, "--store", database)

    assert (brought.returncode, brought.stderr) == (0, "")
    assert brought.stdout.splitlines() == ["the store's schema was version 2 and is 7 now"]
    assert (moved.returncode, moved.stderr) == (0, "")
    *tables, last = moved.stdout.splitlines()
    assert "citizens: 33 rows, the same there" in tables
    assert last.endswith(
        "rows were copied and read again; serve one store only: move the other away"
    )
    assert json.loads((folder / "secrets.json").read_text())["platform_id"] == "cn-essc"


def test_urls_that_lead_nowhere_are_told_at_once_with_their_options(tmp_path: Path) -> None:
    done = run(
        *("store-copy", "--from", tmp_path),
        *("--from-store", "sqlite:///a.db", "--store", "mysql://host/name"),
    )

    assert done.returncode == WRONG
    assert done.stderr.splitlines() == [
        "essc-platform: --from-store: sqlite: only postgresql+psycopg is known",
        "essc-platform: --store: mysql: only postgresql+psycopg is known",
    ]
