"""What there is outside a scenario file: the channels that ship, the personas."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from essc_workbench.programs import profile_in, shipped_profiles
from essc_workbench.scenarios.names import Known

PERSONAS_FILE = "personas.json"
"""Written by `make docs`: the personas are the same in every environment (R94)."""


@cache
def known() -> Known:
    """Asked once: channels of their own program, personas of the file beside this one."""
    profiles = shipped_profiles()
    text = files(__package__).joinpath(PERSONAS_FILE).read_text("utf-8")
    return Known(
        channels={profile.id: profile.parent_id for profile in profiles.values()},
        banks={profile.bank_id for profile in profiles.values()} - {""},
        personas=tuple(json.loads(text)),
        described=_described,
    )


def _described(file: Path) -> tuple[str, str]:
    profile = profile_in(file)
    return profile.id, profile.parent_id
