"""The journeys there are, by the name that plans have for them."""

from typing import Final, Literal, TypeAlias

from essc_workbench.drills.results import Words

JourneyName: TypeAlias = Literal[
    "apply",
    "panel",
    "show_code",
    "show_and_scan",
    "unlink_and_link",
    "wrong_password",
    "family",
    "certify",
    "pay",
    "report_loss",
]

JOURNEYS: Final[dict[JourneyName, Words]] = {
    "apply": Words(en="a person without a link gets one", zh="申领：尚无关联者申领"),
    "panel": Words(en="the card's panel is opened", zh="打开卡面"),
    "show_code": Words(en="a code is made", zh="出示二维码"),
    "show_and_scan": Words(
        en="a code is made, and a verifier scans it", zh="出示二维码并由用卡机构扫码"
    ),
    "unlink_and_link": Words(
        en="the link is given up, and applied for again", zh="解除关联后重新申领"
    ),
    "wrong_password": Words(en="one wrong password, which is refused", zh="输错一次密码并被拒绝"),
    "family": Words(en="a member is bound, and released", zh="绑定并解绑亲情账户成员"),
    "certify": Words(en="a pension certification", zh="待遇资格认证"),
    "pay": Words(en="a provider bills, and the person pays", zh="服务机构开单，本人支付"),
    "report_loss": Words(
        en="the physical card is reported lost, and the loss lifted", zh="实体卡挂失后解挂"
    ),
}
"""What somebody does in each."""
