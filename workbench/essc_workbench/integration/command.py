"""`essc integrate NAME`: from nothing to a live channel and an answered call."""

import asyncio
import re
import shlex
import shutil
import sys
from pathlib import Path

import grpc
from rich.console import Console

from essc.policy.v1.policy_service_pb2 import GetPolicyRequest
from essc.policy.v1.policy_service_pb2_grpc import PolicyServiceStub
from essc_wire.client import Peer
from essc_wire.keys import PartyKeyPair, new_key, read_key, write_key
from essc_wire.refusals import reason_of
from essc_workbench.connections import Connections
from essc_workbench.enrolment import OPERATOR, bring_live, register_channel
from essc_workbench.failures import GOOD, UsageError, WorkbenchError
from essc_workbench.folders import DataFolder, up_again
from essc_workbench.integration.files import write_files
from essc_workbench.integration.profiles import profile_yaml
from essc_workbench.programs import Profile, program
from essc_workbench.progress import progress

_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_CALL_S = 30.0


async def integrate(console: Console, folder: DataFolder, name: str, place: Path) -> int:
    """Writes the channel's files, registers it, makes the first call."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no channel id: 2 to 40 small letters, digits and hyphens")
    profile = Profile(
        id=name,
        name_zh=name,
        name_en=name,
        channel_class="SOCIAL",
        vouch_kinds=("REAL_NAME_ACCOUNT",),
        receives_new_cards=False,
    )
    state = folder.load()
    with progress(console) as say:
        async with Connections(folder, state) as connections:
            await _check_running(connections.platform(), folder)
            say("writing the files")
            making = _begun_folder(place / name)
            is_begun = (making / "key.pem").exists()
            key = _kept_key(making / "key.pem")
            write_files(making, profile, folder, state, profile_yaml(profile))
            say(f"registering {name}")
            await _register(
                connections.platform(OPERATOR), profile, key, None if is_begun else making
            )
        if not folder.key(name).exists():
            write_key(folder.key(name), key)
        target = making.rename(place / name).resolve()
    _tell(console, target)
    for command in ([sys.executable, target / "first_call.py"], [target / "first_call.sh"]):
        line = [str(part) for part in command]
        console.print(f"\n$ {shlex.join(line)}", soft_wrap=True, markup=False, highlight=False)
        console.print(await _called(line), markup=False, highlight=False)
    _tell_next(console, folder, target)
    return GOOD


async def _check_running(platform: Peer, folder: DataFolder) -> None:
    try:
        await PolicyServiceStub(platform.channel).GetPolicy(
            GetPolicyRequest(), **platform.options()
        )
    except grpc.RpcError:
        text = f"no federation answers in {folder.root}: start it with `{up_again(folder)}`"
        raise UsageError(text) from None


def _begun_folder(target: Path) -> Path:
    """Where the files are until the channel is live: what an interrupted run left is finished."""
    making = target.with_name(f".{target.name}.making")
    if target.exists():
        raise UsageError(f"{target}: exists already; choose another name or place")
    try:
        making.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{making}: cannot be made: {error.strerror}") from None
    return making


def _kept_key(path: Path) -> PartyKeyPair:
    """The channel's key: on disk before the platform knows it, so that no name is lost."""
    try:
        return read_key(path)
    except (OSError, ValueError):  # none, or one that was never whole and so never used
        path.unlink(missing_ok=True)
    key = new_key()
    write_key(path, key)
    return key


async def _register(
    operator: Peer, profile: Profile, key: PartyKeyPair, fresh: Path | None
) -> None:
    """Registers the channel and brings it live; both are repeatable with the same key.

    `fresh` is the folder that this very run has made, if it has.
    """
    try:
        await register_channel(operator, profile, key)
    except grpc.RpcError as error:
        if reason_of(error) == "PARTY_EXISTS":
            if fresh is not None:
                shutil.rmtree(fresh)  # its key was never registered
            text = f"{profile.id}: the platform knows a party of this name already"
            raise UsageError(text) from None
        raise
    await bring_live(operator, profile.id)


async def _called(command: list[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), _CALL_S)
    except TimeoutError:
        process.kill()
        raise WorkbenchError(f"the first call did not answer within {_CALL_S:.0f} s") from None
    if process.returncode:
        said = err.decode("utf-8", "replace").strip().splitlines()
        raise WorkbenchError(f"the first call failed: {said[-1] if said else 'without a word'}")
    return out.decode("utf-8", "replace").rstrip()


def _tell(console: Console, target: Path) -> None:
    lines = [
        f"{target.name} is a live channel of the federation. {target} holds",
        "  key.pem          its private key",
        "  connection.json  where the platform is",
        "  profile.yaml     its profile, for essc-channel serve",
        "  protos/          the contract",
        "  first_call.py    a first call in Python",
        "  first_call.sh    the same with buf curl",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _tell_next(console: Console, folder: DataFolder, target: Path) -> None:
    state = folder.load()
    assert state.platform is not None
    serve = [str(program("essc-channel")), "serve", "--profile", str(target / "profile.yaml")]
    serve += ["--data", str(target / "data"), "--key", str(target / "key.pem")]
    serve += ["--platform", state.platform.address, "--platform-id", state.platform_id]
    serve += ["--platform-ca", str(folder.authority)] if state.is_tls else []
    serve += ["--listen", "127.0.0.1:0", "--lab", "127.0.0.1:0"]
    console.print("\nTo serve phones with it, until your own program does:\n", highlight=False)
    console.print(f"  {shlex.join(serve)}", soft_wrap=True, markup=False, highlight=False)
