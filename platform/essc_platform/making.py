"""Making a platform's data folder, and what is in its store from the beginning."""

import errno
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from essc_platform.clock import PartyClock
from essc_platform.core import catalogue_entries
from essc_platform.core.records import Change, Party, PartyKey, PartyKind, SigningKey
from essc_platform.signing import create_key
from essc_platform.store.connections import Connection
from essc_platform.store.engine import STORE_FILE, create_store
from essc_platform.store.errors import StoreError
from essc_platform.store.facts import CLOCK_OFFSET, write_fact
from essc_platform.store.gateway import save
from essc_platform.vault import FILE_NAME as SECRETS_FILE
from essc_platform.vault import create, open_vault
from essc_wire.folders import settle, take_folder
from essc_wire.keys import PartyKeyPair, new_key, read_key, write_key

OPERATOR: Final = "operator"


def initialise(
    folder: Path, platform_id: str, key_file: Path | None = None, url: str | None = None
) -> PartyKeyPair:
    """Makes a data folder: secrets, signing key, store with its catalogue, and the first
    operator's key. With a URL the store is that database, and the folder keeps the rest.

    It counts as made once the store is in its place, which comes last. What an interrupted one left
    is finished: its secrets stay, and so does the operator's key in `key_file`.
    Raises FileExistsError if it is made; OSError, StoreError, ValueError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, making = folder / STORE_FILE, folder / f"{STORE_FILE}.making"
    _refuse_if_made(path)
    with taken(folder):
        _refuse_if_made(path)
        if not (folder / SECRETS_FILE).exists():
            create(folder, platform_id)
        elif open_vault(folder).platform_id != platform_id:
            raise ValueError(f"{folder / SECRETS_FILE}: of another platform id, begun earlier")
        card_key = create_key(folder)
        operator_key = _operator_key(key_file)
        fill = partial(_fill, card_key=card_key, operator_key=operator_key)
        if url is not None:
            create_store(path, url, platform_id, fill)
            return operator_key
        for left in folder.glob(f"{making.name}*"):
            left.unlink()
        create_store(making, None, platform_id, fill)
        making.rename(path)
        settle(folder)
    return operator_key


def _refuse_if_made(path: Path) -> None:
    if path.exists():
        raise FileExistsError(errno.EEXIST, "initialised already", str(path))


def _operator_key(path: Path | None) -> PartyKeyPair:
    """The first operator's key: in its file before the store knows it, so that it is not lost."""
    if path is not None and path.exists():
        return read_key(path)
    key = new_key()
    if path is not None:
        write_key(path, key)
    return key


def _fill(connection: Connection, *, card_key: PartyKeyPair, operator_key: PartyKeyPair) -> None:
    now = PartyClock().now()
    operator = Party(
        key=OPERATOR,
        kind=PartyKind.OPERATOR,
        display_name="first operator",
        regions=(),
        register_time=now,
    )
    key = PartyKey(party=OPERATOR, key_id=operator_key.key_id, public_key=operator_key.public_bytes)
    signing = SigningKey(
        key_id=card_key.key_id,
        public_key=card_key.public_bytes,
        create_time=now,
        sign_time=now,
    )
    begun: list[Change] = [operator, key, signing, *catalogue_entries.ENTRIES]
    save(connection, begun, [], [], [])
    write_fact(connection, CLOCK_OFFSET, "0")


def taken(folder: Path) -> TextIO:
    """Keeps a folder for this process. Raises StoreError if another one has it.

    Two on one file would give places in the feed twice, and not see each other's suspensions.
    """
    try:
        return take_folder(folder)
    except BlockingIOError as error:
        raise StoreError(f"{folder}: another platform is using this data folder") from error
