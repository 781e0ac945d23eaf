"""The platform's signing keys as the contract publishes them."""

from collections.abc import Sequence

from essc.trust.v1 import trust_service_pb2 as pb
from essc_platform.core.records import Instant, SigningKey
from essc_platform.core.signing_keys import KeyView, view
from essc_wire.times import optional_timestamp, to_timestamp


def published_key(seen: KeyView) -> pb.PublishedKey:
    """A key with its state and times."""
    return pb.PublishedKey(
        key_id=seen.key.key_id,
        algorithm="Ed25519",
        public_key=seen.key.public_key,
        state=int(seen.state),  # type: ignore[arg-type]
        create_time=to_timestamp(seen.key.create_time),
        sign_time=to_timestamp(seen.key.sign_time),
        retire_time=optional_timestamp(seen.retire_time),
        compromise_time=optional_timestamp(seen.key.compromise_time),
    )


def published_keys(keys: Sequence[SigningKey], at: Instant) -> list[pb.PublishedKey]:
    """All keys as they are at a moment, newest first."""
    newest_first = sorted(keys, key=lambda key: (key.create_time, key.key_id), reverse=True)
    return [published_key(view(key, keys, at)) for key in newest_first]
