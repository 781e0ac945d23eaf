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
from essc_wire.keys import PartyKeyPair, new_key, write_key
from essc_wire.refusals import reason_of
from essc_workbench.connections import Connections
from essc_workbench.enrolment import OPERATOR, bring_live, register_channel
from essc_workbench.failures import GOOD, UsageError, WorkbenchError
from essc_workbench.folders import DataFolder
from essc_workbench.integration.files import write_files
from essc_workbench.integration.profiles import profile_yaml
from essc_workbench.programs import Profile, program
from essc_workbench.progress import progress

_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_CALL_S = 30.0


async def integrate(console: Console, folder: DataFolder, name: str, place: Path) -> int:
    """Registers the channel, writes its files, makes the first call."""
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
            say(f"registering {name}")
            target, key = _new_folder(place / name), new_key()
            await _register(connections.platform(OPERATOR), profile, key, target)
        say("writing the files")
        write_key(target / "key.pem", key)
        write_key(folder.key(name), key)
        write_files(target, profile, folder, state, profile_yaml(profile))
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
        text = f"no federation answers in {folder.root}: start it with `essc up`"
        raise UsageError(text) from None


def _new_folder(target: Path) -> Path:
    try:
        target.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{target}: exists already; choose another name or place") from None
    except OSError as error:
        raise UsageError(f"{target}: cannot be made: {error.strerror}") from None
    return target.resolve()


async def _register(operator: Peer, profile: Profile, key: PartyKeyPair, target: Path) -> None:
    try:
        await register_channel(operator, profile, key)
        await bring_live(operator, profile.id)
    except grpc.RpcError as error:
        shutil.rmtree(target)  # just made, and empty
        if reason_of(error) == "PARTY_EXISTS":
            text = f"{profile.id}: the platform knows a party of this name already"
            raise UsageError(text) from None
        raise


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
