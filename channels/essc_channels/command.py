"""The command: `essc-channel serve` runs one channel, `essc-channel profiles` lists what ships."""

import argparse
import asyncio
import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from essc_channels.config import Config, ConfigFaults, add_settings, read_config
from essc_channels.core.channel_profiles import ChannelProfile
from essc_channels.profiles import SHIPPED, ProfileFaults, find_profile
from essc_wire import spares
from essc_wire.loading import quickly

_WRONG_SETTINGS = 2
_CANNOT_START = 1


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; answers the exit status."""
    parser = argparse.ArgumentParser(prog="essc-channel", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run one channel until SIGTERM")
    add_settings(serve)
    commands.add_parser("spare", help=spares.HELP, description=spares.HELP)
    bringing = commands.add_parser("migrate", help="bring the stores to this program's schemas")
    bringing.add_argument("--data", required=True, help="where the channel keeps its state")
    bringing.add_argument("--store", metavar="URL", help="where, if not in a file there")
    copying = commands.add_parser("store-copy", help="copy a store to the other engine, verified")
    copying.add_argument("--from", dest="data", required=True, help="the channel's data folder")
    copying.add_argument("--from-store", metavar="URL", help="whence; without, the file in it")
    copying.add_argument("--store", metavar="URL", help="whither; without, the file in it")
    profiles = commands.add_parser("profiles", help="what a channel is, as data")
    profiles.add_argument("profiles", nargs="*", metavar="NAME|FILE.yaml", help="default: all")
    profiles.add_argument("--json", action="store_true", help="as an operator registers them")
    settings, unknown = parser.parse_known_args(arguments)
    if settings.command == "profiles":
        return _show_profiles(settings, unknown)
    if settings.command == "migrate":
        return _migrate(Path(settings.data), settings.store, unknown)
    if settings.command == "store-copy":
        return _copy(Path(settings.data), settings.from_store, settings.store, unknown)
    if settings.command == "spare":
        return _be_spare(unknown)
    try:
        config = read_config(settings, unknown)
    except ConfigFaults as error:
        return _complain(error.faults, _WRONG_SETTINGS)
    return _serve(config)


def _be_spare(unknown: list[str]) -> int:
    """Loads what serving needs, then is what whoever comes first wants."""
    if unknown:
        return _complain([f"{each}: no such setting" for each in unknown], _WRONG_SETTINGS)
    _load()
    try:
        order = spares.wait_for_order()
    except (spares.NoOrder, OSError) as error:
        return _complain([str(error)], _WRONG_SETTINGS)
    return 0 if order is None else run(["serve", *order])


def _migrate(folder: Path, url: str | None, unknown: list[str]) -> int:
    from essc_channels.moving import migrate  # serving needs none of it
    from essc_channels.store.engines import StoreFault

    if unknown:
        return _complain([f"{each}: no such setting" for each in unknown], _WRONG_SETTINGS)
    try:
        moved = migrate(folder, url)
    except (StoreFault, OSError) as error:
        return _complain([str(error)], _CANNOT_START)
    for name, (before, now) in moved.items():
        if before == now:
            print(f"{name}: the schema is version {now} already")
        else:
            print(f"{name}: the schema was version {before} and is {now} now")
    return 0


def _copy(folder: Path, source: str | None, target: str | None, unknown: list[str]) -> int:
    from essc_channels.moving import copy_store  # the same
    from essc_channels.store.engines import StoreFault

    if unknown:
        return _complain([f"{each}: no such setting" for each in unknown], _WRONG_SETTINGS)
    try:
        copied = copy_store(folder, source, target)
    except (StoreFault, OSError) as error:
        return _complain([str(error)], _CANNOT_START)
    for table, rows in copied.items():
        print(f"{table}: {rows} rows, the same there")
    print("copied and read again; serve one store only: move the other away")
    return 0


def _load() -> None:
    """Loads what only serving needs; the short command starts without."""
    with quickly():
        import uvloop  # noqa: F401

        import essc_channels.server  # noqa: F401


def _serve(config: Config) -> int:
    _load()
    import uvloop

    from essc_channels.store.engines import StoreFault, StoreUnavailable
    from essc_wire.logs import set_up_logs

    os.umask(0o077)  # what this process keeps is for its own user: people are in it
    set_up_logs(config.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_run(config))
        except (StoreFault, StoreUnavailable, OSError) as error:
            return _complain([str(error)], _CANNOT_START)
    return 0


async def _run(config: Config) -> None:
    from essc_channels.server import start_channel
    from essc_wire.serving import wait_for_stop_signal

    channel = await start_channel(config)
    stopping = asyncio.create_task(wait_for_stop_signal())
    gc.collect()
    gc.freeze()  # what is here now stays; collections need not look at it again
    await asyncio.sleep(0)  # the handlers are there before anyone is told that we are
    ready = {
        "ready": True,
        "channel_id": channel.channel_id,
        "address": channel.address,
        "lab_address": channel.lab_address,
        "ops_address": channel.ops_address,
        "pid": os.getpid(),
    }
    print(json.dumps(ready), flush=True)
    await stopping
    await channel.drain()


def _show_profiles(settings: argparse.Namespace, unknown: list[str]) -> int:
    try:
        shown = tuple(map(find_profile, settings.profiles)) or SHIPPED
    except ProfileFaults as error:
        return _complain(error.faults, _WRONG_SETTINGS)
    if unknown:
        return _complain([f"{each}: no such setting" for each in unknown], _WRONG_SETTINGS)
    if settings.json:
        print(json.dumps([_registration(each) for each in shown], ensure_ascii=False, indent=2))
        return 0
    rows: list[tuple[str, ...]] = [
        ("id", "class", "tier", "parent", "identity checks", "offers", "edition", "name")
    ]
    rows += [_row(each) for each in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join((*cells, row[-1])))
    return 0


def _row(profile: ChannelProfile) -> tuple[str, ...]:
    return (
        profile.id,
        profile.channel_class.name.lower(),
        str(profile.tier),
        profile.parent_id or "-",
        ", ".join(check.name.lower() for check in profile.identity_checks),
        ", ".join(offer.name.lower() for offer in profile.offers),
        profile.default_edition.name.lower(),
        f"{profile.name.zh} {profile.name.en}",
    )


def _registration(profile: ChannelProfile) -> dict[str, Any]:
    """What an operator needs to register the channel, in the contract's words."""
    return {
        "channel_id": profile.id,
        "display_name": profile.name.zh,
        "display_name_en": profile.name.en,
        "channel_class": f"CHANNEL_CLASS_{profile.channel_class.name}",
        "tier": profile.tier,
        "identity_checks": [check.name for check in profile.identity_checks],
        "vouch_kinds": [f"VOUCH_KIND_{kind.name}" for kind in profile.vouch_kinds],
        "receives_new_cards": profile.receives_new_cards,
        "parent_channel_id": profile.parent_id,
        "bank_id": profile.bank_id,
        "shows_all_channels": profile.shows_all_channels,
        "offers": [offer.name for offer in profile.offers],
        "default_edition": f"EDITION_{profile.default_edition.name}",
    }


def _complain(faults: Sequence[str], status: int) -> int:
    """One line each on standard error."""
    for fault in faults:
        print(f"essc-channel: {fault}", file=sys.stderr)
    return status
