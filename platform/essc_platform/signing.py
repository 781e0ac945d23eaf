"""The keys with which the platform signs cards (R8). Ed25519: deterministic, so a batch that is run
again signs the same bytes the same way.
"""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from essc_platform.core.records import Instant, Licence
from essc_wire.keys import PartyKeyPair, new_key, read_key, write_key

FOLDER = "signing"


class KeyState(IntEnum):
    """Of a published key; numbers as in the contract."""

    ACTIVE = 1
    RETIRED = 2
    COMPROMISED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    """What anyone needs to verify."""

    key_id: str
    public_key: bytes
    state: KeyState
    create_time: Instant


class Signer:
    """Signs with the active key."""

    def __init__(self, key: PartyKeyPair) -> None:
        self._key = key
        self.key_id = key.key_id

    def sign(self, payload: bytes) -> Licence:
        """A payload with its signature."""
        signature = self._key.private.sign(payload)
        return Licence(payload=payload, signature=signature, key_id=self.key_id)


def create_key(folder: Path) -> PartyKeyPair:
    """Makes a signing key and keeps it in the data folder."""
    key = new_key()
    write_key(folder / FOLDER / f"{key.key_id}.pem", key)
    return key


def open_signer(folder: Path, key_id: str) -> Signer:
    """The signer of a kept key. Raises OSError, ValueError."""
    path = folder / FOLDER / f"{key_id}.pem"
    try:
        return Signer(read_key(path))
    except ValueError as error:
        raise ValueError(f"{path}: not an Ed25519 private key") from error
