"""A channel's profile in a file: read strictly, with every fault at once."""

from pathlib import Path

import pytest

from essc_channels.core.channel_profiles import (
    ChannelClass,
    ChannelProfile,
    Edition,
    IdentityCheck,
    Offer,
)
from essc_channels.core.records import Words
from essc_channels.profiles import SHIPPED, ProfileFaults, find_profile

RIVERSIDE = """\
id: riverside
name: {zh: 河畔, en: Riverside}
channel_class: SOCIAL
identity_checks: [TEXT_MESSAGE, REAL_NAME_ACCOUNT]
"""


def written(tmp_path: Path, content: str) -> str:
    path = tmp_path / "profile.yaml"
    path.write_text(content, encoding="utf-8")
    return str(path)


def faults(tmp_path: Path, content: str) -> list[str]:
    with pytest.raises(ProfileFaults) as error:
        find_profile(written(tmp_path, content))
    return [fault.removeprefix(str(tmp_path / "profile.yaml")) for fault in error.value.faults]


def test_a_profile_needs_four_lines(tmp_path: Path) -> None:
    assert find_profile(written(tmp_path, RIVERSIDE)) == ChannelProfile(
        id="riverside",
        name=Words("河畔", "Riverside"),
        channel_class=ChannelClass.SOCIAL,
        identity_checks=(IdentityCheck.TEXT_MESSAGE, IdentityCheck.REAL_NAME_ACCOUNT),
    )


def test_a_profile_may_say_everything(tmp_path: Path) -> None:
    profile = find_profile(
        written(
            tmp_path,
            RIVERSIDE + "tier: 2\nparent_id: jiangsu\noffers: [CODE]\ndefault_edition: ELDER\n"
            "shows_all_channels: true\nreceives_new_cards: true\nshadow_age_s_max: 60\n"
            "platform_timeout_s: 2\n"
            "home_timeout_s: 1.5\nsession_lifetime_s: 3600\nflow_lifetime_s: 120\n",
        )
    )

    assert (profile.parent_id, profile.offers) == ("jiangsu", (Offer.CODE,))
    assert (profile.default_edition, profile.shows_all_channels) == (Edition.ELDER, True)
    assert (profile.tier, profile.receives_new_cards, profile.flow_lifetime_s) == (2, True, 120)
    assert (profile.platform_timeout_s, profile.home_timeout_s) == (2.0, 1.5)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("- a list\n", [":1: a profile is a mapping of keys to values"]),
        ("", [":1: a profile is a mapping of keys to values"]),
        ("id: [\n", [":2: expected the node content, but found '<stream end>'"]),
        (RIVERSIDE + "id: twice\n", [':5: found duplicate key "id" with value "twice" (original']),
        (RIVERSIDE + "colour: red\n", [":5: colour: no such key; a profile knows id, name"]),
        (RIVERSIDE + "tier: 3\n", [":5: tier: a number from 1 to 2"]),
        (RIVERSIDE + "tier: 2\n", [":1: parent_id: a channel of tier 2 has a parent"]),
        (RIVERSIDE + "parent_id: jiangsu\n", [":1: parent_id: a channel of tier 2 has a parent"]),
        (
            RIVERSIDE + "tier: 2\nparent_id: riverside\nbank_id: bank-east\n",
            [
                ":1: parent_id: a channel is not its own parent",
                ":1: bank_id: only a channel of class BANK has a bank",
            ],
        ),
        (RIVERSIDE + "offers: CODE\n", [":5: offers: a list of any of CODE, PAYMENT"]),
        (RIVERSIDE + "offers: [CODE, CODE]\n", [":5: offers: each one once"]),
        (RIVERSIDE + "default_edition: LARGE\n", [":5: default_edition: one of STANDARD, ELDER"]),
        (RIVERSIDE + "tier: true\n", [":5: tier: a number from 1 to 2"]),
        (RIVERSIDE + "receives_new_cards: 1\n", [":5: receives_new_cards: true or false"]),
        (RIVERSIDE + "shadow_age_s_max: 601\n", [":5: shadow_age_s_max: a number from 0 to 600"]),
        (
            "id: X\nname: 河畔\nchannel_class: FOO\nidentity_checks: []\n",
            [
                ":1: id: 2 to 40 small letters",
                ":2: name: zh and en",
                ":3: channel_class: one of HRSS, GOVERNMENT",
                ":4: identity_checks: a list of at least one of",
            ],
        ),
        (
            RIVERSIDE.replace("[TEXT_MESSAGE, REAL_NAME_ACCOUNT]", "[TEXT_MESSAGE, TEXT_MESSAGE]"),
            [":4: identity_checks: each one once"],
        ),
        (
            RIVERSIDE.replace("TEXT_MESSAGE", "PALM"),
            [":4: identity_checks: one of WALLET_PASSWORD"],
        ),
        (
            "tier: 1\n",
            [f":1: {key} is missing" for key in ("id", "name", "channel_class")]
            + [":1: identity_checks is missing"],
        ),
    ],
)
def test_every_fault_is_named_with_its_line(
    tmp_path: Path, content: str, expected: list[str]
) -> None:
    found = faults(tmp_path, content)

    assert len(found) == len(expected)
    for fault, beginning in zip(found, expected, strict=True):
        assert fault.startswith(beginning)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileFaults, match="No such file"):
        find_profile(str(tmp_path / "none.yaml"))
    (tmp_path / "big.yaml").write_text("#" * 70_000)
    with pytest.raises(ProfileFaults, match="larger than"):
        find_profile(str(tmp_path / "big.yaml"))
    (tmp_path / "latin.yaml").write_bytes(b"id: \xff\n")
    with pytest.raises(ProfileFaults, match="not UTF-8"):
        find_profile(str(tmp_path / "latin.yaml"))
    with pytest.raises(ProfileFaults, match="no profile 'weixin'"):
        find_profile("weixin")


@pytest.mark.rule("R15", "R21", "R26")
def test_the_shipped_channels_are_those_of_the_source_a_second_bank_and_one_of_tier_2() -> None:
    assert [profile.id for profile in SHIPPED] == [
        "wechat",
        "alipay",
        "bank-east",
        "bank-west",
        "nantong",
        "jiangsu",
        "portal",
        "hospital",
    ]
    assert [(each.id, each.parent_id) for each in SHIPPED if each.tier == 2] == [
        ("hospital", "jiangsu")
    ]
    assert [each.bank_id for each in SHIPPED if each.bank_id] == ["bank-east", "bank-west"]
    assert [each.id for each in SHIPPED if each.shows_all_channels] == ["portal"]
    assert [profile.id for profile in SHIPPED if profile.receives_new_cards] == ["alipay"]
    assert find_profile("wechat").name.zh == "微信"
