"""The platform's signing keys."""

from essc_platform.core.records import SigningKey
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row


def _signing_key(r: Row) -> SigningKey:
    return SigningKey(
        signs=r[0],
        key_id=r[1],
        public_key=r[2],
        create_time=r[3],
        sign_time=r[4],
        compromise_time=r[5],
    )


MAPPINGS = (
    Mapping(
        SigningKey,
        tables.signing_keys,
        lambda k: (*k.key, k.public_key, k.create_time, k.sign_time, k.compromise_time),
        _signing_key,
    ),
)
