"""The parties' programs and their command lines: the one place that knows how they are called."""

import json
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from essc_wire.addresses import addresses_of
from essc_workbench.failures import WorkbenchError
from essc_workbench.folders import BLOCK, Addresses, DataFolder, State
from essc_workbench.processes import environment

_TIMEOUT_S = 60.0
_MIGRATE_S = 3600.0
"""A large store is copied, table by table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A channel as its program describes it: what an operator needs to register it."""

    id: str
    name_zh: str
    name_en: str
    channel_class: str
    """Name of a ChannelClass without its prefix."""
    vouch_kinds: tuple[str, ...]
    """Names of VouchKinds without their prefix."""
    receives_new_cards: bool
    tier: int = 1
    parent_id: str = ""
    bank_id: str = ""
    shows_all_channels: bool = False
    file: Path | None = None
    """Where it is written; None for one that ships."""


def program(name: str) -> Path:
    """An executable of this installation: beside the interpreter, or wherever scripts go."""
    places = (Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))
    for place in places:
        if (place / name).is_file():
            return place / name
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    raise WorkbenchError(f"{name} is not installed beside {sys.executable}")


def platform_init(
    folder: DataFolder, platform_id: str, key_file: Path | None = None, store: str = ""
) -> bytes:
    """Makes the platform's data. Answers the first operator's private key, which is told once.

    With `key_file` the key is in that file before the platform knows it, and what an interrupted
    call left is finished by the next.
    """
    data = ["--data", str(folder.platform), "--platform-id", platform_id, *_stored(store)]
    if key_file is None:
        return _answer("essc-platform", "init", *data)
    try:
        return _answer("essc-platform", "init", *data, "--operator-key", str(key_file))
    except WorkbenchError as error:
        if "initialised already" in str(error) and key_file.exists():
            return key_file.read_bytes()
        raise


FULL = ("--store-bytes-max=1",)
"""What lets a party's store grow no further than it has grown."""


def platform_serve(
    folder: DataFolder,
    at: Addresses,
    *,
    is_tls: bool,
    loss: str = BLOCK,
    authorities: str = "",
    store: str = "",
) -> list[str]:
    """The command line of a process of the platform, which has a lab if it has an address for it.

    Its authorities are those of its own lab if none are named.
    """
    command = [str(program("essc-platform")), "serve", "--data", str(folder.platform)]
    command += ["--listen", at.address, "--loss", loss, *_stored(store)]
    command += ["--lab", at.lab_address] if at.lab_address else ["--only-invented"]
    if authorities:
        for option in ("--text-messages", "--faces", "--photos", "--bank"):
            command += [option, authorities]
    return [*command, "--tls", str(folder.tls)] if is_tls else command


def platform_commands(folder: DataFolder, state: State, authorities: str) -> list[list[str]]:
    """The command lines of all processes of the platform.

    The lab is the first one's; the others ask what its authorities do there, if none are named.
    """
    platform = state.platform
    assert platform is not None
    return [
        platform_serve(
            folder,
            Addresses(address=address, lab_address="" if number else platform.lab_address),
            is_tls=state.is_tls,
            loss=state.loss,
            authorities=authorities or (platform.lab_address if number else ""),
            store=state.store,
        )
        for number, address in enumerate(addresses_of(platform.address))
    ]


def platform_migrate(folder: DataFolder, store: str) -> None:
    """Brings the platform's store to its program's schema."""
    data = ["--data", str(folder.platform), *_stored(store)]
    _answer("essc-platform", "migrate", *data, timeout_s=_MIGRATE_S)


def channel_migrate(data: Path) -> None:
    """Brings the stores in a channel's data folder to its program's schemas."""
    _answer("essc-channel", "migrate", "--data", str(data), timeout_s=_MIGRATE_S)


def _stored(store: str) -> list[str]:
    return ["--store", store] if store else []


def channel_serve(
    folder: DataFolder,
    profile: Profile,
    at: Addresses,
    platform: str,
    platform_id: str,
    *,
    is_tls: bool,
) -> list[str]:
    channel_id = profile.id
    command = [str(program("essc-channel")), "serve", "--profile", str(profile.file or channel_id)]
    command += ["--data", str(folder.channel(channel_id)), "--key", str(folder.key(channel_id))]
    command += ["--listen", at.address, "--lab", at.lab_address]
    command += ["--platform", platform, "--platform-id", platform_id]
    if is_tls:
        command += ["--tls", str(folder.tls), "--platform-ca", str(folder.authority)]
    return command


def shipped_profiles() -> dict[str, Profile]:
    """The channels that ship, by id, in their program's own order; asked for once."""
    return dict(_shipped_profiles())


@cache
def _shipped_profiles() -> dict[str, Profile]:
    return {profile.id: profile for profile in _profiles()}


@cache
def profile_in(file: Path) -> Profile:
    """The channel that a profile file describes. Raises WorkbenchError with what is wrong in it."""
    (profile,) = _profiles(str(file))
    return replace(profile, file=file)


def _profiles(*names: str) -> list[Profile]:
    answer = _answer("essc-channel", "profiles", *names, "--json")
    try:
        return [_profile(item) for item in json.loads(answer)]
    except (ValueError, KeyError, TypeError):
        raise WorkbenchError("essc-channel profiles --json: no list of profiles") from None


def _profile(item: dict[str, object]) -> Profile:
    vouch_kinds = item["vouch_kinds"]
    assert isinstance(vouch_kinds, list)
    return Profile(
        id=str(item["channel_id"]),
        name_zh=str(item["display_name"]),
        name_en=str(item["display_name_en"]),
        channel_class=str(item["channel_class"]).removeprefix("CHANNEL_CLASS_"),
        vouch_kinds=tuple(str(kind).removeprefix("VOUCH_KIND_") for kind in vouch_kinds),
        receives_new_cards=bool(item["receives_new_cards"]),
        tier=int(str(item["tier"])),
        parent_id=str(item["parent_channel_id"]),
        bank_id=str(item["bank_id"]),
        shows_all_channels=bool(item["shows_all_channels"]),
    )


def _answer(name: str, *arguments: str, timeout_s: float = _TIMEOUT_S) -> bytes:
    """What a short command prints."""
    command = [str(program(name)), *arguments]
    called = f"{name} {arguments[0]}"
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=timeout_s,
            env=environment(),
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise WorkbenchError(f"{called}: {said[-1][:300] if said else 'failed'}") from None
    except subprocess.TimeoutExpired:
        raise WorkbenchError(f"{called}: no answer within {timeout_s:.0f} s") from None
    return done.stdout
