"""The settings of a platform process: read once, here, and wrong in one clear message.

The command line is the only source. A wrong start lists all that is wrong with it at once.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from essc_platform.core.policy import BLOCK, LOSSES
from essc_platform.store.engine import STORE_FILE, url_problem
from essc_platform.vault import FILE_NAME as SECRETS_FILE
from essc_wire.serving import DRAIN_AFTER_S_MAX, RPCS_MAX, is_drain_after, is_loopback

EXACT, BOUNDED = "exact", "bounded"
_OPEN = ("listen", "ops_port")
"""Addresses that may be beyond loopback; nothing at the second one is about anybody."""
LEVELS = ("debug", "info", "warning", "error")
SWITCH = ("on", "off")
WEIGHT_MAX = 100
STREAMS_MAX = 64
"""What one caller has on its way at most stands before everybody else's next call: about 30 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What `serve` runs on."""

    data: Path
    listen: str
    lab: str | None
    tls: Path | None
    faces: str | None
    text_messages: str | None
    bank: str | None
    photos: str | None
    allow_any_id: bool
    log_level: str
    batch_max: int
    admission: bool = True
    """Whether callers have shares, and commands that come too late are not begun."""
    weights: Mapping[str, int] = field(default_factory=dict)
    """How often as much as others a party may have when there is not enough for all; else 1."""
    streams_max: int = STREAMS_MAX
    """Calls and streams at once on one connection."""
    loss: str = BLOCK
    store: str | None = None
    """The URL of the database, where it is not a file in the data folder."""
    feed_bound_s: float | None = None
    """After how long a change is rolled back; None where the server numbers its transactions."""
    store_bytes_max: int | None = None
    """How large the store may grow; what it holds already stays."""
    ops: str | None = None
    """Where the process is watched, if anywhere."""
    drain_after_s: int = 0
    """How long calls are still taken after the process has said that it is about to stop."""


class ConfigError(Exception):
    """The settings are wrong; `problems` says each in one line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `serve`."""
    parser.add_argument("--data", required=True, help="the data folder that `init` made")
    add_store_argument(parser)
    parser.add_argument(
        "--feed",
        default=EXACT,
        help=f"how it is known how far a feed may be read: {EXACT}, by the numbers that one "
        f"PostgreSQL server gives its transactions; {BOUNDED}, for engines that have none",
    )
    parser.add_argument(
        "--feed-bound-ms",
        default="1000",
        metavar="N",
        help="with --feed bounded: what is not committed by then is rolled back, and readers stay "
        "three times that behind, 100 to 60000",
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:0", help="HOST:PORT; port 0 takes a free one"
    )
    parser.add_argument(
        "--lab", help="HOST:PORT of the lab port, on loopback: clock, phones, faces"
    )
    parser.add_argument("--tls", help="folder of the development authority; made where missing")
    parser.add_argument("--faces", help="HOST:PORT of the face authority, instead of the lab's")
    parser.add_argument("--text-messages", help="HOST:PORT of the text messages, likewise")
    parser.add_argument("--bank", help="HOST:PORT of the settlement bank, likewise")
    parser.add_argument("--photos", help="HOST:PORT of the photo authority, likewise")
    parser.add_argument(
        "--allow-any-id", action="store_true", help="take ID numbers that are not invented"
    )
    parser.add_argument(
        "--only-invented",
        action="store_true",
        help="without a lab: take invented ID numbers only, as the process with the lab does",
    )
    parser.add_argument("--log-level", default="info", help=", ".join(LEVELS))
    parser.add_argument(
        "--batch-max", default="1024", help="the most commands in one commit, 1 to 4096"
    )
    parser.add_argument(
        "--admission",
        default="on",
        help="off: one queue for all and nobody's time looked at, to see what it is for",
    )
    parser.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="PARTY=N",
        help=f"N times the share of others under overload, 1 to {WEIGHT_MAX}; may be repeated",
    )
    parser.add_argument(
        "--streams-max",
        default=str(STREAMS_MAX),
        metavar="N",
        help=f"calls at once on one connection, 1 to {RPCS_MAX}: more wait at their caller",
    )
    parser.add_argument(
        "--ops-port", metavar="HOST:PORT", help="serve /metrics, /ready and /live in plain HTTP"
    )
    parser.add_argument(
        "--drain-after-s",
        default="0",
        metavar="N",
        help=f"take calls for so long after saying not ready, 0 to {DRAIN_AFTER_S_MAX}",
    )
    parser.add_argument(
        "--loss", default=BLOCK, help=f"what a lost card means nationally: {' or '.join(LOSSES)}"
    )
    parser.add_argument(
        "--store-bytes-max",
        metavar="N",
        help="let the store grow to N bytes and no further: beyond, STORE_UNAVAILABLE",
    )


def add_store_argument(parser: argparse.ArgumentParser) -> None:
    """Where the store is."""
    parser.add_argument(
        "--store",
        metavar="URL",
        help="postgresql+psycopg://HOST/DATABASE: several platform processes may share it; "
        f"without, the file {STORE_FILE} in the data folder",
    )


def store_problems(store: str | None, option: str = "--store") -> list[str]:
    """What is wrong with where the store is."""
    problem = None if store is None else url_problem(store)
    return [] if problem is None else [f"{option}: {problem}"]


def config_from(arguments: argparse.Namespace) -> Config:
    """The settings in parsed arguments. Raises ConfigError with every problem."""
    problems = _address_problems(arguments)
    if arguments.log_level not in LEVELS:
        problems.append(f"--log-level {arguments.log_level}: one of {', '.join(LEVELS)}")
    if not (arguments.batch_max.isdecimal() and 1 <= int(arguments.batch_max) <= 4096):
        problems.append(f"--batch-max {arguments.batch_max}: a number from 1 to 4096")
    if not (_is_count(arguments.streams_max) and int(arguments.streams_max) <= RPCS_MAX):
        problems.append(f"--streams-max {arguments.streams_max}: a number from 1 to {RPCS_MAX}")
    if arguments.admission not in SWITCH:
        problems.append(f"--admission {arguments.admission}: one of {', '.join(SWITCH)}")
    problems += [
        f"--weight {each}: not PARTY=N with N from 1 to {WEIGHT_MAX}"
        for each in arguments.weight
        if not _is_weight(each)
    ]
    if arguments.loss not in LOSSES:
        problems.append(f"--loss {arguments.loss}: one of {', '.join(LOSSES)}")
    bytes_max = arguments.store_bytes_max
    if bytes_max is not None and not _is_count(bytes_max):
        problems.append(f"--store-bytes-max {bytes_max}: a number from 1")
    if not is_drain_after(arguments.drain_after_s):
        text = f"a number from 0 to {DRAIN_AFTER_S_MAX}"
        problems.append(f"--drain-after-s {arguments.drain_after_s}: {text}")
    problems += _store_problems(arguments)
    if problems:
        raise ConfigError(problems)
    bound_s = int(arguments.feed_bound_ms) / 1000
    return Config(
        data=Path(arguments.data),
        listen=arguments.listen,
        lab=arguments.lab,
        tls=Path(arguments.tls) if arguments.tls else None,
        faces=arguments.faces,
        text_messages=arguments.text_messages,
        bank=arguments.bank,
        photos=arguments.photos,
        allow_any_id=_takes_any_id(arguments),
        log_level=arguments.log_level,
        batch_max=int(arguments.batch_max),
        admission=arguments.admission == "on",
        weights=dict(map(_weight, arguments.weight)),
        streams_max=int(arguments.streams_max),
        loss=arguments.loss,
        store=arguments.store,
        feed_bound_s=bound_s if arguments.feed == BOUNDED else None,
        store_bytes_max=None if bytes_max is None else int(bytes_max),
        ops=arguments.ops_port,
        drain_after_s=int(arguments.drain_after_s),
    )


def _store_problems(arguments: argparse.Namespace) -> list[str]:
    """What is wrong with the store and its feeds."""
    problems = store_problems(arguments.store)
    data = Path(arguments.data)
    made = data / (STORE_FILE if arguments.store is None else SECRETS_FILE)
    if not made.is_file():
        problems.append(f"--data {data}: not made by `essc-platform init`")
    if arguments.store is not None and arguments.store_bytes_max is not None:
        problems.append("--store-bytes-max: for a store that is a file, not with --store")
    if arguments.feed not in (EXACT, BOUNDED):
        problems.append(f"--feed {arguments.feed}: {EXACT} or {BOUNDED}")
    bound = arguments.feed_bound_ms
    if not (_is_count(bound) and 100 <= int(bound) <= 60_000):
        problems.append(f"--feed-bound-ms {bound}: a number from 100 to 60000")
    return problems


def _address_problems(arguments: argparse.Namespace) -> list[str]:
    """What is wrong with where it listens and whom it asks."""
    problems: list[str] = []
    for name in ("listen", "ops_port", "lab", "faces", "text_messages", "bank", "photos"):
        address = getattr(arguments, name)
        if address is not None and not _is_address(address):
            problems.append(f"--{name.replace('_', '-')} {address}: not HOST:PORT")
        elif address is not None and name not in _OPEN and not is_loopback(address):
            problems.append(f"--{name.replace('_', '-')} {address}: in plaintext, so loopback only")
    has_port = _is_address(arguments.listen)
    if has_port and arguments.tls is None and not is_loopback(arguments.listen):
        problems.append(f"--listen {arguments.listen}: beyond loopback only with --tls")
    if arguments.lab is None:
        problems.extend(
            f"--{name} HOST:PORT is needed without --lab: the simulated one is a lab's"
            for name in ("faces", "text-messages", "bank", "photos")
            if getattr(arguments, name.replace("-", "_")) is None
        )
    return problems


def _is_weight(text: str) -> bool:
    party, _, weight = text.rpartition("=")
    return bool(party) and _is_count(weight) and int(weight) <= WEIGHT_MAX


def _weight(text: str) -> tuple[str, int]:
    party, _, weight = text.rpartition("=")
    return party, int(weight)


def _is_count(text: str) -> bool:
    """Whether it is a number of something, and not of nothing."""
    return text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 63


def _is_address(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and port.isdecimal() and int(port) < 65536


def _takes_any_id(arguments: argparse.Namespace) -> bool:
    """Whether real people may be put on record: never where a lab is, unless that is said."""
    has_lab = arguments.lab is not None or arguments.only_invented
    return bool(arguments.allow_any_id or not has_lab)
