"""Runs one program such that it dies with the workbench: `launch.py PARENT_PID PROGRAM ARGUMENT…`.

A workbench that is killed cannot clean up. So on Linux the kernel is asked to end the party when
its parent is gone; elsewhere a small watcher looks after it. Then the program takes this process
over, so its pid is the one the workbench knows. This file runs alone, without any package.

PARENT_PID:UID:GID in its place runs the program as that user, where the workbench is root.
"""

import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
WATCH_S = 0.5


def main() -> None:
    who, program, *arguments = sys.argv[1:]
    parent, *user = who.split(":")
    if sys.platform == "linux":
        import ctypes

        system = ctypes.CDLL(None)
        become(*user)  # first: with a change of user the kernel forgets what it was asked
        system.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it died before the kernel was asked
            sys.exit(1)
    else:
        watch(int(parent))
        become(*user)
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell is meant


def become(user: str = "", group: str = "") -> None:
    """Lets go of being root, for good."""
    if user:
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))


def watch(parent: int) -> None:
    """Leaves a watcher behind that ends this process once the parent is gone."""
    party = os.getpid()
    if os.fork():
        return
    while os.getppid() == party:
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            os.kill(party, signal.SIGKILL)
        time.sleep(WATCH_S)
    os._exit(0)


if __name__ == "__main__":
    main()
