"""essc-platform: the national platform as a process."""

import sys

from essc_wire.loading import quickly


def main() -> None:
    """The command."""
    with quickly():
        from essc_platform.command import run
    sys.exit(run())


if __name__ == "__main__":
    main()
