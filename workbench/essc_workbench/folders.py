"""The data folder of a federation: where everything lies, and what is remembered between runs.

    platform/            the platform's own data
    channels/<id>/       each channel's own data
    keys/<party>.pem     the private keys of all parties
    logs/<party>.log     what each process said, JSON lines; <party>.out holds its ready lines
    tls/                 development authority and certificate, with --tls only
    federation.json      addresses, and which set-up is done
    operations.json      where each process is watched, for Prometheus, with --ops only

`essc up` notes its folder in `last` of the state folder ($XDG_STATE_HOME/essc, usually
~/.local/state/essc), so that the other commands find the federation without --data.
"""

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from essc_wire.folders import PATIENCE_S, lock_patiently
from essc_workbench.failures import UsageError

VERSION = 1
BLOCK = "block"
LOSSES = (BLOCK, "holder_consent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a party listens."""

    address: str
    """One address, or those of all its processes, separated by commas."""
    lab_address: str
    """That of its first process."""

    @property
    def first(self) -> str:
        """The address of its first process, for who can call but one."""
        return self.address.partition(",")[0]


@dataclass(slots=True, kw_only=True)
class State:
    """What federation.json holds."""

    platform_id: str = "cn-essc"
    is_tls: bool = False
    loss: str = BLOCK
    """What a lost card means nationally, as the platform is told."""
    store: str = ""
    """The address of the database that the platform keeps its data in; "" for its folder."""
    platforms: int = 1
    """How many processes the platform is."""
    platform: Addresses | None = None
    channels: dict[str, Addresses] = field(default_factory=dict)
    enrolled: list[str] = field(default_factory=list)
    """Parties that are registered at the platform."""
    populated: list[str] = field(default_factory=list)
    """Parties that know the personas: the platform, and channels with their accounts; and
    `new-cards` once those persons are registered whose cards come into channels."""
    faults: str = ""
    """Where faults are added while `essc up` runs."""
    operations: dict[str, str] = field(default_factory=dict)
    """Where each process is watched, or was when it last could be."""


class DataFolder:
    """The paths inside one data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.platform = self.root / "platform"
        self.keys = self.root / "keys"
        self.logs = self.root / "logs"
        self.tls = self.root / "tls"
        self.state_file = self.root / "federation.json"

    def channel(self, channel_id: str) -> Path:
        return self.root / "channels" / channel_id

    def key(self, party_id: str) -> Path:
        return self.keys / f"{party_id}.pem"

    @property
    def authority(self) -> Path:
        """The certificate that callers trust, where there is TLS."""
        return self.tls / "ca.pem"

    def make(self) -> None:
        """Makes the folders. Keys are for their owner only. Somebody else's folder is refused."""
        try:
            self._refuse_foreign()
            for folder in (self.root, self.logs, self.root / "channels"):
                folder.mkdir(parents=True, exist_ok=True)
            self.keys.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"{self.root}: cannot be used as data folder: {reason(error)}"
            ) from None

    def _refuse_foreign(self) -> None:
        """A folder that holds other things, and nothing by which a federation is known."""
        own = (self.state_file, self.root / "lock", self.logs)
        if self.root.is_dir() and any(self.root.iterdir()) and not any(p.exists() for p in own):
            raise UsageError(f"{self.root}: holds other things; name a new folder")

    @contextmanager
    def held(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Holds the folder: one workbench at a time runs a federation in it."""
        with (self.root / "lock").open("w") as lock:
            try:
                lock_patiently(lock, patience_s)
            except OSError:
                raise UsageError(f"{self.root}: a federation runs in this folder already") from None
            yield

    def is_held(self) -> bool:
        """Whether a workbench runs a federation in this folder now."""
        try:
            with self.held(patience_s=0):
                return False
        except UsageError:
            return True

    def load(self) -> State:
        """What is remembered; a fresh state where there is nothing."""
        try:
            text = self.state_file.read_text("utf-8")
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise UsageError(f"{self.state_file}: {reason(error)}") from None
        return _parse(text, self.state_file)

    def save(self, state: State) -> None:
        """Remembers, whole or not at all."""
        text = json.dumps({"version": VERSION, **asdict(state)}, indent=2, ensure_ascii=False)
        fresh = self.state_file.with_suffix(".new")
        try:
            fresh.write_text(text + "\n", "utf-8")
            fresh.replace(self.state_file)
        except OSError as error:
            raise UsageError(f"{self.state_file}: {reason(error)}") from None


def _parse(text: str, path: Path) -> State:
    try:
        values = json.loads(text)
        if values.pop("version") != VERSION:
            raise UsageError(
                f"{path}: written by another version of the workbench; use a new folder"
            )
        if values["platform"]:
            values["platform"] = Addresses(**values["platform"])
        values["channels"] = {name: Addresses(**at) for name, at in values["channels"].items()}
        return State(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path}: not a federation's state; mend or remove the file") from None


def state_folder() -> Path:
    """Where the workbench remembers things of its own."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "essc"


def default_root() -> Path:
    """Where `essc up` keeps a federation if nobody says otherwise."""
    return state_folder() / "federation"


def up_again(folder: "DataFolder") -> str:
    """The command that starts the federation of this folder again."""
    if folder.root == default_root().resolve():
        return "essc up"
    return f"essc up --data {shlex.quote(str(folder.root))}"


def note_last(root: Path) -> None:
    """Notes which federation was started last. Not being able to is no reason to stop."""
    try:
        state_folder().mkdir(parents=True, exist_ok=True)
        (state_folder() / "last").write_text(f"{root.resolve()}\n", "utf-8")
    except OSError:
        return


def found(data: Path | None) -> DataFolder:
    """The folder of an existing federation: the one named, or the last one started."""
    if data is None:
        try:
            data = Path((state_folder() / "last").read_text("utf-8").strip())
        except OSError:
            raise UsageError(
                "no federation was started yet: run `essc up`, or name --data"
            ) from None
    folder = DataFolder(data)
    if not folder.state_file.exists():
        raise UsageError(f"{folder.root}: holds no federation: start one with `essc up --data`")
    return folder


def reason(error: OSError) -> str:
    """Why a file could not be had, in words."""
    return (error.strerror or type(error).__name__).lower()
