"""What a run's outcome may hang on: versions, the machine's size, the federation's settings."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

from essc_workbench.stores import AS_BEFORE, Deployment

_PACKAGES = ("essc-federation", "grpcio", "protobuf", "sqlalchemy", "pydantic")


def environment(
    channels: Sequence[str], loss: str, *, is_tls: bool, deployment: Deployment = AS_BEFORE
) -> dict[str, str]:
    """Names and values, for verdict and report."""
    return {
        "system": f"{platform.system()} {platform.release()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "platform": deployment.told(),
        "channels": ", ".join(channels),
        "loss": loss,
        "TLS": "yes" if is_tls else "no",
    }
