"""essc-channel: a channel as a process."""

import sys

from essc_wire.loading import quickly


def main() -> None:
    """The command."""
    with quickly():
        from essc_channels.command import run
    sys.exit(run())


if __name__ == "__main__":
    main()
