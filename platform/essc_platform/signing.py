"""The private halves of the keys with which the platform signs cards (R8), each in a file.

A file is there, and on the disk, before the store knows its key: what a crash leaves over is a file
that nobody asks for. Ed25519 is deterministic, so a batch that is run again signs the same bytes
the same way.
"""

from collections.abc import Iterable
from pathlib import Path

from essc_platform.core.records import Change, Licence, SigningKey
from essc_wire.keys import PartyKeyPair, new_key, read_key, write_key

FOLDER = "signing"


class Keyring:
    """The keys of one platform process: they sign, and it knows which are compromised."""

    def __init__(self, folder: Path, keys: Iterable[SigningKey]) -> None:
        self._folder = folder
        self._kept: dict[str, PartyKeyPair] = {}
        self.compromised: frozenset[str] = frozenset()
        """The ids of the keys whose signatures are not valid any more."""
        self.apply(keys)

    def apply(self, changes: Iterable[Change]) -> None:
        """Takes over what was committed."""
        for change in changes:
            if isinstance(change, SigningKey) and change.compromise_time is not None:
                self.compromised |= {change.key_id}

    def open(self, key_id: str) -> None:
        """Reads a key's file, so that it is known to be there. Raises OSError, ValueError."""
        self._kept[key_id] = read_signing_key(self._folder, key_id)

    def sign(self, payload: bytes, key_id: str) -> Licence:
        """A payload with its signature by this key."""
        if key_id not in self._kept:
            self.open(key_id)
        signature = self._kept[key_id].private.sign(payload)
        return Licence(payload=payload, signature=signature, key_id=key_id)

    def create(self) -> PartyKeyPair:
        """Makes a key that nobody knows yet, and keeps its file."""
        return create_key(self._folder)

    def forget(self, key: PartyKeyPair) -> None:
        """Removes the file of a key that was made and never became known."""
        _path(self._folder, key.key_id).unlink(missing_ok=True)


def create_key(folder: Path) -> PartyKeyPair:
    """Makes a signing key and keeps it in the data folder."""
    key = new_key()
    write_key(_path(folder, key.key_id), key)
    return key


def read_signing_key(folder: Path, key_id: str) -> PartyKeyPair:
    """A kept key. Raises OSError, ValueError."""
    path = _path(folder, key_id)
    try:
        return read_key(path)
    except ValueError as error:
        raise ValueError(f"{path}: not an Ed25519 private key") from error


def _path(folder: Path, key_id: str) -> Path:
    return folder / FOLDER / f"{key_id}.pem"
