"""The command: `essc-platform serve` runs the platform, `essc-platform init` makes its data."""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import uvloop

from essc_platform.config import (
    LEVELS,
    ConfigError,
    add_arguments,
    add_store_argument,
    config_from,
    store_problems,
)
from essc_platform.making import OPERATOR, initialise
from essc_platform.server import start
from essc_platform.store.definitions import Dialect, definitions
from essc_platform.store.errors import StoreError
from essc_wire import spares
from essc_wire.keys import to_pem
from essc_wire.logs import set_up_logs
from essc_wire.serving import wait_for_stop_signal

WRONG_USAGE = 2


def run() -> int:
    """Runs the command; answers the exit status."""
    return _run(_parser().parse_args())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="essc-platform", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("init", help="make a data folder and the first operator's key")
    making.add_argument("--data", required=True, help="the folder; made where missing")
    add_store_argument(making)
    making.add_argument("--platform-id", default="cn-essc", help="what tokens name as audience")
    making.add_argument("--operator-key", help="a file for the first operator's key, too")
    add_arguments(commands.add_parser("serve", help="serve the platform"))
    printing = commands.add_parser("schema", help="print the definitions of all tables and indexes")
    dialects = [str(each) for each in Dialect]
    printing.add_argument("--dialect", required=True, choices=dialects, help="whose words")
    bringing = commands.add_parser("migrate", help="bring a store to this program's schema")
    bringing.add_argument("--data", required=True, help="the data folder that `init` made")
    add_store_argument(bringing)
    copying = commands.add_parser("store-copy", help="copy a store to another engine, verified")
    copying.add_argument("--from", dest="data", required=True, help="the data folder")
    copying.add_argument("--from-store", metavar="URL", help="whence; without, the file in it")
    copying.add_argument("--store", metavar="URL", help="whither; without, the file in it")
    commands.add_parser("spare", help=spares.HELP, description=spares.HELP)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    os.umask(0o077)  # what this process keeps is for its own user: people are in it
    try:
        if arguments.command == "init":
            key_file = Path(arguments.operator_key) if arguments.operator_key else None
            problems = store_problems(arguments.store)
            if problems:
                return _fail(*problems)
            return _initialise(
                Path(arguments.data), arguments.platform_id, key_file, arguments.store
            )
        if arguments.command == "schema":
            print(definitions(Dialect(arguments.dialect)), end="")
            return 0
        if arguments.command == "migrate":
            return _migrate(Path(arguments.data), arguments.store)
        if arguments.command == "store-copy":
            return _copy(Path(arguments.data), arguments.from_store, arguments.store)
        if arguments.command == "spare":
            return _be_spare()
        set_up_logs(arguments.log_level if arguments.log_level in LEVELS else "info")
        return uvloop.run(_serve(arguments))
    except ConfigError as error:
        return _fail(*error.problems)
    except (StoreError, OSError, ValueError, KeyError) as error:
        return _fail(str(error))


def _be_spare() -> int:
    """Everything is imported: this module has asked for it. Then as whoever comes first wants."""
    order = spares.wait_for_order()
    return 0 if order is None else _run(_parser().parse_args(["serve", *order]))


def _initialise(folder: Path, platform_id: str, key_file: Path | None, store: str | None) -> int:
    if folder.exists() and not folder.is_dir():
        return _fail(f"--data {folder}: not a folder")
    try:
        key = initialise(folder, platform_id, key_file, store)
    except FileExistsError as error:
        return _fail(f"--data {folder}: initialised already ({error.filename})")
    print(f"the first operator's key (party {OPERATOR!r}); keep it secret", file=sys.stderr)
    print(to_pem(key).decode(), end="")
    return 0


def _migrate(folder: Path, url: str | None) -> int:
    from essc_platform.moving import migrate  # serving needs none of it

    problems = store_problems(url)
    if problems:
        return _fail(*problems)
    before, now = migrate(folder, url)
    if before == now:
        print(f"the store's schema is version {now} already")
    else:
        print(f"the store's schema was version {before} and is {now} now")
    return 0


def _copy(folder: Path, source: str | None, target: str | None) -> int:
    from essc_platform.moving import copy_store  # the same

    problems = store_problems(source, "--from-store") + store_problems(target)
    if problems:
        return _fail(*problems)
    rows = copy_store(folder, source, target, print)
    print(f"{rows} rows were copied and read again; serve one store only: move the other away")
    return 0


async def _serve(arguments: argparse.Namespace) -> int:
    running = await start(config_from(arguments))
    stopping = asyncio.create_task(wait_for_stop_signal())
    await asyncio.sleep(0)  # the handlers are there before anyone is told that we are
    host = arguments.listen.rpartition(":")[0]
    ready = {
        "ready": True,
        "platform_id": running.platform_id,
        "address": f"{host}:{running.server.port}",
        "lab_address": running.lab_address or None,
        "ops_address": running.ops_address,
        "loss": arguments.loss,
        "pid": os.getpid(),
        "store": asdict(running.store.settings),
    }
    print(json.dumps(ready), flush=True)
    await stopping
    await running.stop()
    return 0


def _fail(*problems: str) -> int:
    for problem in problems:
        print(f"essc-platform: {problem}", file=sys.stderr)
    return WRONG_USAGE
