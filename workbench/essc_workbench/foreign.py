"""Parties that somebody else runs: at an address, in the place of one of ours.

    essc run FILE --party wechat=127.0.0.1:7001 --key wechat=wechat.pem --door wechat=127.0.0.1:7003

The channel calls the platform at the address of `--door`, with the key of `--key`, which is
registered for it. With `--lab` its lab port is said too; without it nobody opens accounts there,
asks whether everything has arrived, or sees its state.
"""

import asyncio
import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from essc_wire.addresses import addresses_of, is_several
from essc_wire.keys import read_key
from essc_workbench.enrolment import OPERATOR
from essc_workbench.failures import UsageError
from essc_workbench.folders import Addresses, DataFolder
from essc_workbench.routes import PLATFORM

_ANSWER_S = 5.0
_PARTY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One party of somebody else's."""

    at: Addresses
    """Where it listens; its lab address is empty if it has none."""
    keys: Mapping[str, Path]
    """Files with the private keys that are used for it; of a platform also those of its operator
    and of the counters that it knows."""
    door: str = ""
    """Where it expects the platform; any free port if empty."""


def _name_of(file: Path) -> str:
    return file.name


def foreign_parties(
    parties: Iterable[str], labs: Iterable[str], keys: Iterable[str], doors: Iterable[str]
) -> dict[str, Foreign]:
    """What options like `wechat=127.0.0.1:7001` say. Raises UsageError for what they do not."""
    addresses = dict(_pair(each, "--party") for each in parties)
    lab_addresses = dict(_pair(each, "--lab") for each in labs)
    listens = dict(_pair(each, "--door") for each in doors)
    files = {name: Path(file) for name, file in (_pair(each, "--key") for each in keys)}
    for name in {**lab_addresses, **listens}:
        if name not in addresses:
            raise UsageError(f"{name}: say where it is, with --party {name}=HOST:PORT")
    said = {"--party": addresses, "--lab": lab_addresses, "--door": listens}
    for option, pairs in said.items():
        for name, address in pairs.items():
            _check_address(option, name, address)
    if PLATFORM in addresses and PLATFORM not in lab_addresses:
        raise UsageError("platform: phones and faces are at its lab port: --lab platform=HOST:PORT")
    return {
        name: Foreign(
            at=Addresses(address=address, lab_address=lab_addresses.get(name, "")),
            keys=_keys_of(name, files),
            door=listens.get(name, ""),
        )
        for name, address in addresses.items()
    }


def check_keys(foreign: Mapping[str, Foreign]) -> None:
    """Raises UsageError for a party without the key that is used for it."""
    for name, party in foreign.items():
        owner = OPERATOR if name == PLATFORM else name
        if owner not in party.keys:
            raise UsageError(f"{name}: say with which key, with --key {owner}=FILE")


async def check_answers(foreign: Mapping[str, Foreign]) -> None:
    """Raises UsageError for the first address at which nobody listens."""
    for name, party in foreign.items():
        for option, address in (("--party", party.at.address), ("--lab", party.at.lab_address)):
            for each in addresses_of(address) if address else ():
                if not await _listens(each):
                    raise UsageError(f"{option}: {name} at {each} does not answer")


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_ANSWER_S):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def from_here(path: Path) -> str:
    """A path that leads to the same file from the current folder, without the machine's root."""
    return os.path.relpath(path.resolve(), Path.cwd()) if path.is_absolute() else str(path)


def options_of(foreign: Mapping[str, Foreign], file_text: Callable[[Path], str] = _name_of) -> str:
    """The options that say the same, for a shell; without `file_text` keys go by their files'
    names alone.
    """
    words = []
    for name, party in foreign.items():
        words += ["--party", f"{name}={party.at.address}"]
        if party.at.lab_address:
            words += ["--lab", f"{name}={party.at.lab_address}"]
        if party.door:
            words += ["--door", f"{name}={party.door}"]
        for owner, file in party.keys.items():
            words += ["--key", f"{owner}={file_text(file)}"]
    return shlex.join(words)


def bring_keys(foreign: Mapping[str, Foreign], folder: DataFolder) -> None:
    """Copies the keys of foreign parties to where those of a federation lie."""
    for party in foreign.values():
        for owner, file in party.keys.items():
            try:
                read_key(file)
                folder.key(owner).write_bytes(file.read_bytes())
                folder.key(owner).chmod(0o600)
            except (OSError, ValueError):
                raise UsageError(
                    f"--key {owner}={file}: not a readable Ed25519 private key"
                ) from None


def _keys_of(name: str, files: Mapping[str, Path]) -> dict[str, Path]:
    """The platform's are those of whoever is known there; a channel's is its own."""
    if name == PLATFORM:
        return dict(files)
    return {owner: file for owner, file in files.items() if owner == name}


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not value or not _PARTY.fullmatch(name):
        raise UsageError(f"{option} {text}: write PARTY=VALUE, as {option} wechat=127.0.0.1:7001")
    return name, value


def _check_address(option: str, name: str, address: str) -> None:
    """The platform alone may be several processes, and nobody listens at more than one address."""
    try:
        addresses_of(address)
    except ValueError as error:
        raise UsageError(f"{option} {name}={address}: no HOST:PORT ({error})") from None
    if is_several(address) and (option, name) != ("--party", PLATFORM):
        raise UsageError(f"{option} {name}={address}: one HOST:PORT only")
