"""What was prepared before the clock started: everybody's links, and what hangs on them.

It is made once (`preparing.py`), written to the drill's data folder, and read by every process of
the generator. Link ids are as long as each other, so those of a channel are one text.
"""

import hashlib
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic_core import from_json, to_json

from essc_workbench.failures import UsageError
from essc_workbench.folders import reason

FILE_NAME: Final = "prepared.json"
LINK_ID: Final = 32
"""Characters of a link id."""


def key_of(run: str) -> bytes:
    """The key under which all processes of a drill digest secrets."""
    return hashlib.blake2b(run.encode(), digest_size=32).digest()


@dataclass(slots=True)
class Links:
    """A channel's links, by place from 0."""

    ids: str
    serials: "array[int]"

    def id_of(self, place: int) -> str:
        """The link id of whoever is at a place."""
        return self.ids[place * LINK_ID : (place + 1) * LINK_ID]


@dataclass(slots=True)
class Prepared:
    """All of it."""

    run: str
    """What tells this drill from every other one: request ids and digests follow from it."""
    seed: int
    """Of the population."""
    consent_version: str
    notice_version: str
    vouch_kinds: dict[str, int] = field(default_factory=dict)
    """By channel, what it vouches for when it applies."""
    links: dict[str, Links] = field(default_factory=dict)
    cards: dict[int, str] = field(default_factory=dict)
    """Physical cards' ids by place, of those who report them lost."""
    sessions: dict[str, dict[int, str]] = field(default_factory=dict)
    """By channel, the phones' sessions by place."""

    def write(self, folder: Path) -> None:
        """Writes it whole, or not at all. Sessions admit somebody: nobody else may read them."""
        links = {name: (each.ids, each.serials.tolist()) for name, each in self.links.items()}
        value = {
            "run": self.run,
            "seed": self.seed,
            "consent_version": self.consent_version,
            "notice_version": self.notice_version,
            "vouch_kinds": self.vouch_kinds,
            "links": links,
            "cards": self.cards,
            "sessions": self.sessions,
        }
        making = folder / f"{FILE_NAME}.making"
        making.touch(mode=0o600)
        making.write_bytes(to_json(value))
        making.replace(folder / FILE_NAME)


def read_prepared(folder: Path) -> Prepared:
    """What was prepared in a folder. Raises UsageError."""
    path = folder / FILE_NAME
    try:
        value = from_json(path.read_bytes())
        return Prepared(
            run=value["run"],
            seed=value["seed"],
            consent_version=value["consent_version"],
            notice_version=value["notice_version"],
            vouch_kinds=value["vouch_kinds"],
            links={
                name: Links(ids, array("q", serials))
                for name, (ids, serials) in value["links"].items()
            },
            cards={int(place): each for place, each in value["cards"].items()},
            sessions={
                name: {int(place): session for place, session in each.items()}
                for name, each in value["sessions"].items()
            },
        )
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path}: not what a drill prepares") from None
