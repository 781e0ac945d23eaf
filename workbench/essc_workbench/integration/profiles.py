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
        "tier": profile.tier,
        "shows_all_channels": profile.shows_all_channels,
    }
    values |= {"parent_id": profile.parent_id} if profile.parent_id else {}
    values |= {"bank_id": profile.bank_id} if profile.bank_id else {}
    YAML().dump(values, out)
    return out.getvalue()
