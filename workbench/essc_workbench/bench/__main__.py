"""The benchmark without the command `essc`: `python -I -m essc_workbench.bench [--only KEY]`."""

import argparse
import sys
from pathlib import Path

from essc_workbench.bench.command import run
from essc_workbench.failures import WorkbenchError


def main() -> None:
    parser = argparse.ArgumentParser(prog="essc bench", description=__doc__)
    parser.add_argument("--only", default="", help="measure this key only")
    parser.add_argument("--json", type=Path, help="write the figures here, as one flat object")
    arguments = parser.parse_args()
    try:
        sys.exit(run(arguments.only, arguments.json))
    except WorkbenchError as error:
        print(f"essc bench: {error}", file=sys.stderr)
        sys.exit(error.status)


if __name__ == "__main__":
    main()
