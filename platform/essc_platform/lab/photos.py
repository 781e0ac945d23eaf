"""Lab photos: small PNG files that say, in a signed text chunk, whom and what they show (R45).

The signature is over the picture too, so a photo whose picture or text was changed is no longer
readable. Nothing is ever unpacked: a picture that would be gigabytes is some bytes here.
"""

import hashlib
import hmac
import struct
from io import BytesIO
from typing import NamedTuple

import png

from essc_platform.clock import random_bytes

PHOTO_BYTES_MAX = 98_304

# Everybody may know it: it tells lab photos from other pictures, and no secret hangs on it.
_LAB_KEY = b"essc lab photo, not a real one"
_KEYWORD = b"essc-lab-photo\0"
_SIDE = 12
_SIGNATURE_BYTES, _CHUNK_BYTES = 8, 12
_HEAD, _TEXT, _PICTURE, _TAIL = b"IHDR", b"tEXt", b"IDAT", b"IEND"


class Shown(NamedTuple):
    """What a photo says it shows: whom, and what, as the contract numbers it."""

    id_number: str
    kind: int


def take_photo(shown: Shown) -> bytes:
    """A photo that shows it; no two are alike."""
    nonce = random_bytes(_SIDE * _SIDE)
    rows = [list(nonce[start : start + _SIDE]) for start in range(0, len(nonce), _SIDE)]
    plain = BytesIO()
    png.Writer(_SIDE, _SIDE, greyscale=True).write(plain, rows)
    head, *pictures, tail = png.Reader(bytes=plain.getvalue()).chunks()
    said = f"{shown.id_number} {shown.kind}".encode()
    text = _KEYWORD + said + b" " + _signature(said, (head, *pictures)).encode()
    photo = BytesIO()
    png.write_chunks(photo, [head, (_TEXT, text), *pictures, tail])
    return photo.getvalue()


def read_photo(photo: bytes) -> Shown | None:
    """What a photo shows; None if it is none of ours, whatever else it is."""
    if len(photo) > PHOTO_BYTES_MAX:
        return None
    try:
        chunks = list(png.Reader(bytes=photo).chunks())
    except (png.Error, EOFError, ValueError, struct.error):
        return None
    if [kind for kind, _ in chunks] != [_HEAD, _TEXT, _PICTURE, _TAIL]:
        return None
    if len(photo) != _SIGNATURE_BYTES + sum(_CHUNK_BYTES + len(each) for _, each in chunks):
        return None  # something follows: the same photo would pass for another one
    head, (_, text), picture, _ = chunks
    said, _, signature = text.removeprefix(_KEYWORD).rpartition(b" ")
    wanted = _signature(said, (head, picture)).encode()
    if not (text.startswith(_KEYWORD) and hmac.compare_digest(signature, wanted)):
        return None
    id_number, _, kind = said.decode().partition(" ")
    return Shown(id_number, int(kind))


def _signature(said: bytes, chunks: tuple[tuple[bytes, bytes], ...]) -> str:
    digest = hashlib.sha256(b"".join(kind + content for kind, content in chunks)).digest()
    return hmac.digest(_LAB_KEY, said + digest, "sha256").hex()
