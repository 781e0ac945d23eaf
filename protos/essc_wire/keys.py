"""Ed25519 keys of parties: made, kept in files, named by their digest."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from essc_wire.clock import random_bytes
from essc_wire.folders import settle


@dataclass(frozen=True, slots=True)
class PartyKeyPair:
    """A private key and the id that follows from its public half."""

    private: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """The first 16 hexadecimal characters of the public key's SHA-256."""
        return hashlib.sha256(self.public_bytes).hexdigest()[:16]


def new_key() -> PartyKeyPair:
    """A fresh key."""
    return PartyKeyPair(Ed25519PrivateKey.from_private_bytes(random_bytes(32)))


def to_pem(key: PartyKeyPair) -> bytes:
    """The private key as unencrypted PKCS#8 PEM."""
    return key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def from_pem(pem: bytes) -> PartyKeyPair:
    """The key in a PEM text. Raises ValueError if it is no Ed25519 private key."""
    private = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private, Ed25519PrivateKey):
        message = "not an Ed25519 private key"
        raise ValueError(message)  # noqa: TRY004 - the file's content is wrong, not its type
    return PartyKeyPair(private)


def write_key(path: Path, key: PartyKeyPair) -> None:
    """Writes a private key that only its owner may read. Refuses to overwrite."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(to_pem(key))
        file.flush()
        os.fsync(file.fileno())
    settle(path.parent)


def read_key(path: Path) -> PartyKeyPair:
    """Reads a private key. Raises OSError or ValueError."""
    return from_pem(path.read_bytes())
