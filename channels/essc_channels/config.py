"""The channel's settings: read here and nowhere else, into one frozen value.

Whatever is wrong is listed at once, one line each, so that nobody fixes settings one restart at a
time.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from essc_channels.core.channel_profiles import ChannelProfile
from essc_channels.profiles import ProfileFaults, find_profile
from essc_wire.addresses import SEVERAL, addresses_of
from essc_wire.client import check_one_host
from essc_wire.keys import PartyKeyPair, read_key
from essc_wire.serving import DRAIN_AFTER_S_MAX, RPCS_MAX, is_drain_after, is_loopback

LOG_LEVELS = ("debug", "info", "warning", "error")
DEFAULT_PLATFORM_ID = "cn-essc"
STREAMS_MAX = 256
"""More than at the platform: one connection may bring the calls of many phones, and slower ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a channel process runs with."""

    profile: ChannelProfile
    data: Path
    listen: str
    platform: str
    """One address, or those of all its processes."""
    key: PartyKeyPair = field(repr=False)
    platform_id: str = DEFAULT_PLATFORM_ID
    platform_ca: bytes | None = field(default=None, repr=False)
    lab: str | None = None
    vouching: str | None = None
    tls: Path | None = None
    log_level: str = "info"
    allow_any_id: bool = False
    streams_max: int = STREAMS_MAX
    """Calls at once on one connection of phones."""
    store: str | None = None
    """The URL of the channel's database, where it is not a file in the data folder."""
    store_bytes_max: int | None = None
    """How large `channel.db` may grow; what it holds already stays."""
    ops: str | None = None
    """Where the process is watched, if anywhere."""
    drain_after_s: int = 0
    """How long calls are still taken after the process has said that it is about to stop."""


class ConfigFaults(ValueError):  # noqa: N818 - it holds several
    """Everything that is wrong with the settings, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declares the settings. What must be there is checked with everything else."""
    add = parser.add_argument
    add("--profile", metavar="NAME|FILE.yaml", help="a shipped profile, or a profile file")
    add("--data", metavar="DIR", help="where the channel keeps its state")
    add("--listen", metavar="HOST:PORT", help="where phones call; port 0 takes a free one")
    add("--platform", metavar=SEVERAL, help="where the national platform listens: any may answer")
    add("--key", metavar="FILE.pem", help="the channel's Ed25519 private key")
    add("--platform-id", default=DEFAULT_PLATFORM_ID, metavar="ID", help="whom tokens are for")
    add("--platform-ca", metavar="FILE", help="the authority behind the platform's certificate")
    add("--lab", metavar="HOST:PORT", help="serves the simulated authority; loopback only")
    add("--vouching", metavar="HOST:PORT", help="the authority to ask, instead of the lab's")
    add("--tls", metavar="DIR", help="serves TLS with the certificate in this folder")
    add("--ops-port", metavar="HOST:PORT", help="serves /metrics, /ready and /live in plain HTTP")
    add(
        "--drain-after-s",
        default="0",
        metavar="N",
        help=f"take calls for so long after saying not ready, 0 to {DRAIN_AFTER_S_MAX}",
    )
    add("--log-level", default="info", metavar="LEVEL", help="one of " + ", ".join(LOG_LEVELS))
    add("--allow-any-id", action="store_true", help="the lab takes real-looking ID numbers too")
    add(
        "--streams-max",
        default=str(STREAMS_MAX),
        metavar="N",
        help=f"calls at once on one connection, 1 to {RPCS_MAX}: more wait at their caller",
    )
    add(
        "--store",
        metavar="URL",
        help="postgresql+psycopg://HOST/DATABASE, of this channel alone; without, the file "
        "channel.db in the data folder",
    )
    add(
        "--store-bytes-max",
        metavar="N",
        help="let the store grow to N bytes and no further: beyond, STORE_UNAVAILABLE",
    )


def read_config(settings: argparse.Namespace, unknown: list[str]) -> Config:
    """The settings as one value. Raises ConfigFaults."""
    faults = [f"{each}: no such setting" for each in unknown]
    profile = _profile(settings.profile, faults)
    key = _key(settings.key, faults)
    authority = _authority(settings.platform_ca, faults)
    if settings.data is None:
        faults.append("--data: is missing")
    for name in ("listen", "lab", "vouching", "ops_port"):
        _check_address(name, getattr(settings, name), faults)
    _check_platform(settings.platform, authority, faults)
    faults.extend(_plaintext_faults(settings))
    if settings.lab is None and settings.vouching is None:
        faults.append("--vouching: is missing; or use --lab for a simulated authority")
    if settings.log_level not in LOG_LEVELS:
        faults.append("--log-level: one of " + ", ".join(LOG_LEVELS))
    if not (_is_count(settings.streams_max) and int(settings.streams_max) <= RPCS_MAX):
        faults.append(f"--streams-max: {settings.streams_max}: a number from 1 to {RPCS_MAX}")
    bytes_max = settings.store_bytes_max
    if bytes_max is not None and not _is_count(bytes_max):
        faults.append(f"--store-bytes-max: {bytes_max}: a number from 1")
    if not is_drain_after(settings.drain_after_s):
        text = f"a number from 0 to {DRAIN_AFTER_S_MAX}"
        faults.append(f"--drain-after-s: {settings.drain_after_s}: {text}")
    faults.extend(_store_faults(settings))
    if faults or profile is None or key is None:
        raise ConfigFaults(faults)
    return Config(
        profile=profile,
        data=Path(settings.data),
        listen=settings.listen,
        platform=settings.platform,
        key=key,
        platform_id=settings.platform_id,
        platform_ca=authority,
        lab=settings.lab,
        vouching=settings.vouching,
        tls=Path(settings.tls) if settings.tls else None,
        log_level=settings.log_level,
        allow_any_id=settings.allow_any_id,
        streams_max=int(settings.streams_max),
        store=settings.store,
        store_bytes_max=None if bytes_max is None else int(bytes_max),
        ops=settings.ops_port,
        drain_after_s=int(settings.drain_after_s),
    )


def _profile(name: str | None, faults: list[str]) -> ChannelProfile | None:
    if name is None:
        faults.append("--profile: is missing")
        return None
    try:
        return find_profile(name)
    except ProfileFaults as error:
        faults.extend(f"--profile: {fault}" for fault in error.faults)
        return None


def _key(file: str | None, faults: list[str]) -> PartyKeyPair | None:
    if file is None:
        faults.append("--key: is missing")
        return None
    try:
        return read_key(Path(file))
    except OSError as error:
        faults.append(f"--key: {file}: {error.strerror}")
    except (ValueError, TypeError):
        faults.append(f"--key: {file}: not an Ed25519 private key in PEM")
    return None


def _authority(file: str | None, faults: list[str]) -> bytes | None:
    if file is None:
        return None
    try:
        return Path(file).read_bytes()
    except OSError as error:
        faults.append(f"--platform-ca: {file}: {error.strerror}")
        return None


def _check_address(name: str, address: str | None, faults: list[str]) -> None:
    if address is None:
        if name == "listen":
            faults.append("--listen: is missing")
        return
    port = address.rpartition(":")[2]
    if not _is_address(address):
        faults.append(f"--{name.replace('_', '-')}: {address}: not HOST:PORT")
    elif int(port) == 0 and name == "vouching":
        faults.append(f"--vouching: {address}: port 0 cannot be called")


def _check_platform(address: str | None, authority: bytes | None, faults: list[str]) -> None:
    if address is None:
        faults.append("--platform: is missing")
        return
    try:
        called = addresses_of(address)
        if authority is not None:
            check_one_host(address)
    except ValueError as error:
        faults.append(f"--platform: {error}")
        return
    if authority is None and not all(map(is_loopback, called)):
        faults.append("--platform: plaintext is accepted on loopback only; use --platform-ca")


def _store_faults(settings: argparse.Namespace) -> list[str]:
    if settings.store is None:
        return []
    from essc_channels.store.engines import url_problem  # the usual channel starts without

    problem = url_problem(settings.store)
    faults = [] if problem is None else [f"--store: {problem}"]
    if settings.store_bytes_max is not None:
        faults.append("--store-bytes-max: for a store that is a file, not with --store")
    return faults


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 63


def _is_address(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and int(port) <= 65535


def _plaintext_faults(settings: argparse.Namespace) -> list[str]:
    """What would send personal data over a network in the clear."""
    faults = []
    if not settings.tls and _is_far(settings.listen):
        faults.append("--listen: plaintext is accepted on loopback only; use --tls")
    if _is_far(settings.lab):
        faults.append("--lab: loopback only")
    if _is_far(settings.vouching):
        faults.append("--vouching: loopback only")
    return faults


def _is_far(address: str | None) -> bool:
    """Whether a well-formed address is beyond this machine."""
    return address is not None and _is_address(address) and not is_loopback(address)
