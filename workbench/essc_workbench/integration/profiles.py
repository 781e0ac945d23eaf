"""A channel's profile as the file that `essc-channel serve --profile` reads."""

from io import StringIO

from ruamel.yaml import YAML

from essc_workbench.programs import Profile


def profile_yaml(profile: Profile) -> str:
    """The profile, written out."""
    out = StringIO()
    values = {
        "id": profile.id,
        "name": {"zh": profile.name_zh, "en": profile.name_en},
        "channel_class": profile.channel_class,
        "identity_checks": list(profile.vouch_kinds),
        "receives_new_cards": profile.receives_new_cards,
    }
    YAML().dump(values, out)
    return out.getvalue()
