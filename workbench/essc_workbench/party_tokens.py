"""`essc token`: a party's token for use on a command line."""

from pathlib import Path

from essc_wire.keys import read_key
from essc_wire.tokens import LIFETIME_S_MAX, sign_token
from essc_workbench.connections import party_key
from essc_workbench.failures import UsageError
from essc_workbench.folders import found


def token_of(party_id: str, data: Path | None) -> str:
    """A token of a party of a federation."""
    folder = found(data)
    key, platform_id = party_key(folder, party_id), folder.load().platform_id
    return sign_token(party_id, key, platform_id, LIFETIME_S_MAX)


def token_with_key(party_id: str, path: Path, platform_id: str) -> str:
    """A token of whoever holds this key."""
    try:
        return sign_token(party_id, read_key(path), platform_id, LIFETIME_S_MAX)
    except (OSError, ValueError):
        raise UsageError(f"{path}: not a readable Ed25519 private key") from None
