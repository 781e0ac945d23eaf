"""The platform's secrets, and everything that is derived with them.

One master key lies in a file beside the database, never in it. From it follow: where a citizen
lives (R92), the ids that leave the platform, the codes of text messages, the digests of the request
ledger, and the pepper of passwords.
"""

import errno
import hashlib
import hmac
import json
import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from essc_platform.clock import random_bytes
from essc_platform.core.records import CitizenKey
from essc_wire.folders import settle

BUCKETS: Final = 1024
FILE_NAME: Final = "secrets.json"

_BLOCK = struct.Struct(">HQ6s")
_USE, _CHECK = "use", "check"
_NUMBER_MASK = (1 << 63) - 1
# argon2id, 19 MiB, two passes: some thirty milliseconds, run in a small pool.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class FaceQuestion:
    """What a live face is asked: actions as the contract numbers them, and digits to read."""

    actions: tuple[int, ...]
    digits: str


# R22: blink (1), shake the head (2), read digits (3); the last is always among them.
_ACTIONS = ((1, 3), (2, 3), (3, 1), (3, 2), (1, 2, 3), (2, 1, 3))


class Vault:
    """Everything derived with the platform's master key. Safe to use from several threads."""

    def __init__(self, platform_id: str, master: bytes) -> None:
        self.platform_id = platform_id
        self._citizens = _derived(master, "citizens")
        self._requests = _derived(master, "requests")
        self._devices = _derived(master, "devices")
        self._questions = _derived(master, "questions")
        self._pepper = _derived(master, "passwords")
        self._photos = _derived(master, "photos")
        self._ids = algorithms.AES(_derived(master, "ids")[:16])
        self._local = threading.local()
        # By scope; there are a few words, and two for each registered channel.
        self._blurs: dict[str, int] = {}

    def citizen_key(self, id_number: str) -> CitizenKey:
        """Where a citizen lives: a keyed digest, so that a bucket says nothing about a person."""
        digest = hashlib.blake2b(id_number.encode(), key=self._citizens, digest_size=10).digest()
        bucket, number = struct.unpack(">HQ", digest)
        return CitizenKey(bucket % BUCKETS, number & _NUMBER_MASK)

    def write_id(self, citizen: CitizenKey, number: int) -> str:
        """An id that leaves the platform: one AES block, 32 hexadecimal characters."""
        block = _BLOCK.pack(citizen.bucket, citizen.number, number.to_bytes(6))
        return self._cipher("write").update(block).hex()

    def read_id(self, text: str) -> tuple[CitizenKey, int]:
        """What an id says. One that we never wrote gives a key at which nothing is.

        Raises ValueError for what is no 32 hexadecimal characters.
        """
        bucket, number, tail = _BLOCK.unpack(self._decrypted(text))
        # What we never wrote may name a bucket that no column holds; at this one is nothing either.
        key = CitizenKey(min(bucket, BUCKETS), number & _NUMBER_MASK)
        return key, int.from_bytes(tail)

    def write_scoped_id(self, scope: str, citizen: CitizenKey, number: int) -> str:
        """An id of the same thing that is another one in every scope (R14)."""
        return self.write_id(citizen, number ^ self._blur(scope))

    def read_scoped_id(self, scope: str, text: str) -> tuple[CitizenKey, int]:
        """What such an id says in this scope; in any other, a place at which nothing is.

        Raises ValueError for what is no 32 hexadecimal characters.
        """
        citizen, number = self.read_id(text)
        return citizen, number ^ self._blur(scope)

    def write_use_id(self, citizen: CitizenKey, number: int) -> str:
        """A use has another id than its ticket: who may see the one must not redeem the other."""
        return self.write_scoped_id(_USE, citizen, number)

    def read_use_id(self, text: str) -> tuple[CitizenKey, int]:
        """Where a use lies: holder and number of its ticket. Raises ValueError as read_id."""
        return self.read_scoped_id(_USE, text)

    def write_check_number(self, citizen: CitizenKey, number: int) -> str:
        """A check has another id than its code: it is told to the verifier alone."""
        return self.write_scoped_id(_CHECK, citizen, number)

    def read_check_number(self, text: str) -> tuple[CitizenKey, int]:
        """Where a check lies: holder and number of its code. Raises ValueError as read_id."""
        return self.read_scoped_id(_CHECK, text)

    def write_cursor(self, channel: str, position: int) -> str:
        """A place in a channel's feed, good for that channel only."""
        block = self._channel_digest(channel) + position.to_bytes(8)
        return self._cipher("write").update(block).hex()

    def read_cursor(self, channel: str, text: str) -> int | None:
        """The position in a cursor; None if it is not one of this channel's."""
        try:
            block = self._decrypted(text)
        except ValueError:
            return None
        if block[:8] != self._channel_digest(channel):
            return None
        return int.from_bytes(block[8:])

    def request_digest(self, caller: str, request_id: str) -> tuple[int, str]:
        """Where a request lies in the ledger: bucket and digest."""
        text = f"{caller}\0{request_id}".encode()
        digest = hashlib.blake2b(text, key=self._requests, digest_size=16)
        return int.from_bytes(digest.digest()[:2]) % BUCKETS, digest.hexdigest()

    def device_digest(self, channel: str, device_id: str) -> str:
        """R33: a channel's device, not kept by the name that the channel has for it."""
        text = f"{channel}\0{device_id}".encode()
        return hashlib.blake2b(text, key=self._devices, digest_size=16).hexdigest()

    def content_digest(self, method: str, raw: bytes) -> bytes:
        """What was asked, not kept: a stored password could be guessed from a plain digest."""
        return hashlib.blake2b(method.encode() + raw, key=self._requests, digest_size=16).digest()

    def photo_digest(self, photo: bytes) -> tuple[int, str]:
        """Where it is noted for whom a photo was used: bucket and digest. The photo is not kept."""
        digest = hashlib.blake2b(photo, key=self._photos, digest_size=16)
        return int.from_bytes(digest.digest()[:2]) % BUCKETS, digest.hexdigest()

    def text_code(self, challenge_id: str) -> str:
        """The six digits of a text message. They follow from the challenge and are never stored."""
        return f"{self._question(challenge_id, 'text') % 1_000_000:06d}"

    def face_question(self, challenge_id: str) -> FaceQuestion:
        """What a face challenge asks, likewise."""
        seed = self._question(challenge_id, "face")
        actions = _ACTIONS[seed % len(_ACTIONS)]
        return FaceQuestion(actions, f"{seed // 1000 % 10_000:04d}")

    def hash_password(self, citizen: CitizenKey, digits: str) -> str:
        """R92: argon2id over a keyed digest. Takes some thirty milliseconds."""
        return _HASHER.hash(self._peppered(citizen, digits))

    def is_password(self, citizen: CitizenKey, digits: str, stored: str) -> bool:
        """Whether the digits are those behind the hash. Takes as long."""
        try:
            return _HASHER.verify(stored, self._peppered(citizen, digits))
        except VerifyMismatchError:
            return False

    def _peppered(self, citizen: CitizenKey, digits: str) -> bytes:
        text = f"{citizen.bucket}:{citizen.number}:{digits}".encode()
        return hmac.digest(self._pepper, text, "sha256")

    def _question(self, challenge_id: str, kind: str) -> int:
        digest = hmac.digest(self._questions, f"{kind}:{challenge_id}".encode(), "sha256")
        return int.from_bytes(digest[:8])

    def _blur(self, scope: str) -> int:
        blur = self._blurs.get(scope)
        if blur is None:
            digest = hashlib.blake2b(scope.encode(), key=self._requests, digest_size=6).digest()
            blur = self._blurs[scope] = int.from_bytes(digest)
        return blur

    def _channel_digest(self, channel: str) -> bytes:
        return hashlib.blake2b(channel.encode(), key=self._requests, digest_size=8).digest()

    def _decrypted(self, text: str) -> bytes:
        block = bytes.fromhex(text)
        if len(block) != _BLOCK.size:
            # A cipher context keeps what is less than a block and mixes it into all that follows.
            message = "not one block"
            raise ValueError(message)
        return self._cipher("read").update(block)

    def _cipher(self, direction: str) -> CipherContext:
        # A cipher context belongs to one thread; making one costs more than a block.
        context: CipherContext | None = getattr(self._local, direction, None)
        if context is None:
            # One block of 128 random-looking bits is encrypted once: ECB is the bare permutation.
            cipher = Cipher(self._ids, modes.ECB())  # noqa: S305
            context = cipher.encryptor() if direction == "write" else cipher.decryptor()
            setattr(self._local, direction, context)
        return context


def create(folder: Path, platform_id: str) -> Vault:
    """Makes a master key in a folder that has none. Raises FileExistsError, OSError.

    It is there whole or not at all: what a crash left under another name is written over.
    """
    master = random_bytes(32)
    content = json.dumps({"platform_id": platform_id, "master_key": master.hex()})
    path, making = folder / FILE_NAME, folder / f"{FILE_NAME}.making"
    if path.exists():
        raise FileExistsError(errno.EEXIST, "a master key is there already", str(path))
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    making.rename(path)
    settle(folder)
    return Vault(platform_id, master)


def open_vault(folder: Path) -> Vault:
    """Reads the master key of a folder. Raises OSError, ValueError."""
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_text())
        return Vault(content["platform_id"], bytes.fromhex(content["master_key"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not what `essc-platform init` wrote") from error


def _derived(master: bytes, label: str) -> bytes:
    return hmac.digest(master, label.encode(), "sha256")
