"""Names for what must not be named: people, and what admits them, in one snapshot."""

import hashlib

from essc_platform.clock import random_bytes
from essc_platform.core.records import CitizenKey

_KEY_BYTES = 32
_DIGEST_BYTES = 12


class Keys:
    """Names in one snapshot: the same thing has the same one, and another one in every other."""

    def __init__(self) -> None:
        self._key = random_bytes(_KEY_BYTES)

    def citizen(self, citizen: CitizenKey) -> str:
        """A person's."""
        return self._digest("citizen", *citizen)

    def thing(self, kind: str, citizen: CitizenKey, number: int) -> str:
        """The key of something that belongs to a person."""
        return self._digest(kind, *citizen, number)

    def _digest(self, *parts: object) -> str:
        text = "\0".join(map(str, parts))
        digest = hashlib.blake2b(text.encode(), key=self._key, digest_size=_DIGEST_BYTES)
        return digest.hexdigest()
