"""The channels there are: the shipped ones, and any that a YAML file describes."""

from pathlib import Path

from essc_channels.core.channel_profiles import ChannelProfile
from essc_channels.profiles.files import ProfileFaults, read_profile
from essc_channels.profiles.shipped import SHIPPED

__all__ = ["SHIPPED", "ProfileFaults", "find_profile", "read_profile"]

_FILE_ENDINGS = (".yaml", ".yml")


def find_profile(name_or_file: str) -> ChannelProfile:
    """A shipped profile by its id, or the one in a file. Raises ProfileFaults."""
    shipped = {profile.id: profile for profile in SHIPPED}
    if name_or_file in shipped:
        return shipped[name_or_file]
    if not name_or_file.endswith(_FILE_ENDINGS):
        known = ", ".join(shipped)
        raise ProfileFaults([f"no profile {name_or_file!r}: one of {known}, or a .yaml file"])
    return read_profile(Path(name_or_file))
