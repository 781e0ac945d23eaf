"""What `essc integrate` writes for a channel: all that is needed to call the platform."""

import json
import shlex
import shutil
from pathlib import Path

import essc_wire
from essc_workbench.folders import DataFolder, State
from essc_workbench.programs import Profile, program
from essc_workbench.things_to_try import buf_curl

_LINKS = "essc.card.v1.CardService/ListLinks"


def write_files(
    target: Path, profile: Profile, folder: DataFolder, state: State, profile_text: str
) -> None:
    """Writes everything but the key, which is there already."""
    assert state.platform is not None
    connection = {
        "channel_id": profile.id,
        "platform_id": state.platform_id,
        "platform": state.platform.address,
        "authority": str(folder.authority) if state.is_tls else "",
    }
    _write(target / "connection.json", json.dumps(connection, indent=2) + "\n")
    _write(target / "profile.yaml", profile_text)
    shutil.copyfile(Path(__file__).with_name("first_call.py"), target / "first_call.py")
    _write(target / "first_call.sh", _shell(profile.id, folder, state), mode=0o755)
    copy_protos(target / "protos")


def _shell(channel_id: str, folder: DataFolder, state: State) -> str:
    assert state.platform is not None
    essc = shlex.quote(str(program("essc")))
    call = buf_curl(
        folder, state, state.platform.first, _LINKS, header="authorization: Bearer $TOKEN"
    )
    return f"""#!/bin/sh
# The channel's own links, asked with buf. The schema comes from the server, by reflection;
# `--schema protos` would take it from the folder beside this file.
set -eu
cd "$(dirname "$0")"
TOKEN=$({essc} token {channel_id} --key key.pem --platform-id {state.platform_id})
exec {call}
"""


def copy_protos(target: Path) -> None:
    """The contract: from the wheel, or from the source tree."""
    package = Path(essc_wire.__file__).parent
    packed = package / "_protos"
    roots = [packed] if packed.is_dir() else [package.parent, package.parent.parent / "third_party"]
    for root in roots:
        for source in sorted([*root.rglob("*.proto"), *root.rglob("LICENSE")]):
            copy = target / source.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text, "utf-8")
    path.chmod(mode)
