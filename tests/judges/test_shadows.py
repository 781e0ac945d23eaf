"""The judge of shadows sees a copy that is not what the platform holds."""

from typing import Any

import pytest
from tests.judges.telling import Telling, channel, link, platform, shadow

from essc.card.v1.card_pb2 import Link
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.shadows import Shadows

GONE = Link.STATE_UNLINKED


def found(
    links: list[Any], shadows: list[Any] | None, told: Telling | None = None, **about: Any
) -> Finding:
    exports = {"platform": platform(links=links)}
    if shadows is not None:
        exports["wechat"] = channel("wechat", shadows=shadows)
    told = told or Telling()
    return Shadows().judge(told.evidence(exports, channels=("wechat",), **about))


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("links", "shadows"),
    [
        ([link("wechat"), link("alipay")], [shadow("wechat")]),
        ([link("wechat", state=GONE, level=1)], [shadow("wechat", state=GONE, level=2)]),
        ([link("wechat", state=GONE), link("wechat", "li")], [shadow("wechat", "li")]),
    ],
)
def test_a_copy_that_agrees_is_good(links: list[Any], shadows: list[Any]) -> None:
    assert found(links, shadows).ruling is Ruling.GOOD


@pytest.mark.parametrize(
    ("links", "shadows", "said"),
    [
        ([link("wechat")], [], "wechat's copy does not have this link"),
        ([], [shadow("wechat")], "wechat's copy has a link that the platform does not have"),
        (
            [link("alipay")],
            [shadow("alipay")],
            "wechat's copy has a link that the platform does not have",
        ),
        (
            [link("wechat", state=GONE)],
            [shadow("wechat")],
            "wechat's copy says ACTIVE 1/1, not UNLINKED 1/1",
        ),
        (
            [link("wechat", serial=2)],
            [shadow("wechat")],
            "wechat's copy says ACTIVE 1/1, not ACTIVE 2/1",
        ),
        (
            [link("wechat")],
            [shadow("wechat", level=2)],
            "wechat's copy says ACTIVE 1/2, not ACTIVE 1/1",
        ),
    ],
)
def test_a_copy_that_differs_is_broken(links: list[Any], shadows: list[Any], said: str) -> None:
    finding = found(links, shadows)

    assert [each.text.en for each in finding.violations] == [said]


def test_while_something_is_on_its_way_nothing_can_be_said() -> None:
    assert found([link("wechat")], [], settled=False).ruling is Ruling.UNKNOWN


def test_a_channel_without_a_snapshot_is_not_judged() -> None:
    finding = found([link("wechat")], None)

    assert (finding.ruling, finding.not_judged) == (Ruling.NOT_JUDGED, ("wechat",))


def test_a_channel_that_has_left_is_told_nothing_any_more() -> None:
    told = Telling()
    told.call("operator", "ExitChannel", {"channel_id": "wechat"})

    assert found([link("wechat", state=GONE)], [shadow("wechat")], told).checks == 0
