"""Which schema a store has, and whether this program can work on it.

The store says it itself, as the fact `schema_version`: the only truth, and one that every release
so far has looked at before anything else.
"""

from pathlib import Path
from typing import Final

from essc_platform.store import tables

RELEASES: Final = {"2": "0.1.0"}
"""Released schemas before this program's, with the first release that had them. Others were on the
way between two releases, and no way leads from them.
"""


def version_problem(found: str | None, mend: str) -> str | None:
    """Why this program does not work on a store of this schema, in one line; None if it does.

    `mend` says what brings a store of an older release to this program's schema.
    """
    mine = tables.SCHEMA_VERSION
    if found == str(mine):
        return None
    if found is not None and found.isdecimal() and int(found) > mine:
        return f"the store's schema is version {found}, newer than this program's, {mine}"
    release = RELEASES.get(found or "")
    if release is not None:
        return (
            f"the store's schema is version {found}, of release {release}, this program's is "
            f"{mine}: {mend}"
        )
    return (
        f"the store's schema is version {found}, which was in no release, this program's is "
        f"{mine}: no way leads there"
    )


def is_old(found: str | None) -> bool:
    """Whether there is a way from this schema to this program's."""
    return found in RELEASES


def mend_of(place: Path | str) -> str:
    """What brings a store here: a file in its data folder, or what a URL leads to."""
    if isinstance(place, Path):
        return f"run `essc-platform migrate --data {place.parent}`"
    return "run `essc-platform migrate` with the same --data and --store"
