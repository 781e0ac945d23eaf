"""Runs one program such that it dies with the workbench: `launch.py PARENT_PID PROGRAM ARGUMENT…`.

A workbench that is killed cannot clean up. So on Linux the kernel is asked to end the party when
its parent is gone; elsewhere a small watcher looks after it. Then the program takes this process
over, so its pid is the one the workbench knows. This file runs alone, without any package.
"""

import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
WATCH_S = 0.5


def main() -> None:
    parent, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it died before the kernel was asked
            sys.exit(1)
    else:
        watch(int(parent))
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell is meant


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
