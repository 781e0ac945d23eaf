"""What people read in a channel, in both languages. Reasons have their words in the contract."""

from typing import Final

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.flow_records import Check, FlowKind, Stage
from essc_channels.core.panels import PanelState
from essc_channels.core.records import Words

PANEL_TITLES: Final[dict[PanelState, Words]] = {
    PanelState.NOT_OPENED: Words(
        "电子社保卡 待开通", "Electronic social security card: not opened"
    ),
    PanelState.AWAITING_CONSENT: Words(
        "电子社保卡 待激活", "Electronic social security card: delivered, awaiting your consent"
    ),
    PanelState.AWAITING_DISPLAY_CONSENT: Words(
        "电子社保卡 待授权", "Electronic social security card: issued, awaiting consent to display"
    ),
    PanelState.USABLE: Words("电子社保卡", "Electronic social security card"),
    PanelState.BLOCKED: Words("电子社保卡 暂不可用", "Electronic social security card: blocked"),
    PanelState.ENDED: Words("电子社保卡 已终止", "Electronic social security card: ended"),
    PanelState.UNKNOWN: Words(
        "电子社保卡 暂时无法查询", "Electronic social security card: nothing can be said now"
    ),
}

STAGE_TITLES: Final[dict[Stage, Words]] = {
    Stage.CHOOSE_CHECK: Words("选择验证方式", "Choose how to prove who you are"),
    Stage.CHECK: Words("身份验证", "Prove who you are"),
    Stage.CONSENT_TO_CLAIM: Words("授权领取", "Consent to the use of your identity"),
    Stage.FACE: Words("人脸识别", "Show your face"),
    Stage.CONSENT_TO_ISSUE: Words("授权领取", "Consent to the issue"),
    Stage.CHOOSE_REGION: Words("选择社保卡所属地区", "Choose the region of your physical card"),
    Stage.CONSENT_TO_ACCEPT: Words("激活电子社保卡", "Accept the delivered card"),
    Stage.CONSENT_TO_DECLINE: Words("拒绝电子社保卡", "Decline the delivered card"),
    Stage.CONSENT_TO_DISPLAY: Words("领取成功", "Issued"),
    Stage.SHOW_CARD: Words("电子社保卡", "Electronic social security card"),
    Stage.TEXT_CODE: Words("短信验证", "Enter the code of the text message"),
    Stage.OLD_PASSWORD: Words("输入原密码", "Enter the present password"),
    Stage.NEW_PASSWORD: Words("设置新密码", "Choose a new password"),
}

BUTTONS: Final[dict[Stage, Words]] = {
    Stage.CONSENT_TO_CLAIM: Words("授权领取", "Agree"),
    Stage.CONSENT_TO_ISSUE: Words("授权领取", "Agree and claim"),
    Stage.CONSENT_TO_ACCEPT: Words("同意并激活", "Agree and activate"),
    Stage.CONSENT_TO_DECLINE: Words("拒绝", "Decline"),
    Stage.CONSENT_TO_DISPLAY: Words("立即授权", "Agree to display"),
}

# The channel's own consent texts; those with a version are the platform's.
CONSENTS: Final[dict[Stage, Words]] = {
    Stage.CONSENT_TO_CLAIM: Words(
        "我同意本渠道将我的实名信息用于领取电子社保卡。",
        "I agree that this channel uses my real name to claim the electronic card.",
    ),
    Stage.CONSENT_TO_DECLINE: Words(
        "我不需要在本渠道使用电子社保卡。",
        "I do not want the electronic card in this channel.",
    ),
    Stage.CONSENT_TO_DISPLAY: Words(
        "我同意在本渠道展示我的电子社保卡。",
        "I agree that my electronic card is shown in this channel.",
    ),
}

CHECK_LABELS: Final[dict[Check, Words]] = {
    Check.WALLET_PASSWORD: Words("支付密码", "Payment password"),
    Check.ACCOUNT_IDENTITY: Words("渠道身份核验", "The channel's identity check"),
    Check.RESERVED_PHONE: Words("银行卡预留手机号", "Phone reserved at the bank card"),
    Check.REAL_NAME_ACCOUNT: Words("实名登录", "Real-name sign-in"),
    Check.TEXT_MESSAGE: Words("短信验证码", "Text message"),
    Check.FACE: Words("人脸识别", "Face"),
    Check.CARD_PASSWORD: Words("社保卡密码", "Card password"),
}

VOUCH_TITLES: Final[dict[VouchKind, Words]] = {
    VouchKind.WALLET_PASSWORD: Words("输入支付密码", "Enter the payment password"),
    VouchKind.ACCOUNT_IDENTITY: Words("同意身份核验", "Agree to the identity check"),
    VouchKind.RESERVED_PHONE: Words(
        "输入预留手机验证码", "Enter the code sent to the reserved phone"
    ),
    VouchKind.REAL_NAME_ACCOUNT: Words("实名登录", "Real-name sign-in"),
}

# By the platform's name of what changed. A kind that is not here is newer than this channel.
RECORDS: Final[dict[str, Words]] = {
    "KIND_CITIZEN_REGISTERED": Words("人员登记", "You were registered"),
    "KIND_PHYSICAL_CARD_ISSUED": Words("实体社保卡发放", "A physical card was issued"),
    "KIND_PHYSICAL_CARD_ENABLED": Words("实体社保卡启用", "A physical card was enabled"),
    "KIND_LOSS_REPORTED_TEMPORARILY": Words("临时挂失", "A temporary loss was reported"),
    "KIND_LOSS_REPORTED": Words("正式挂失", "A loss was reported"),
    "KIND_LOSS_LIFTED": Words("解除挂失", "A loss was lifted"),
    "KIND_PHYSICAL_CARD_LOCKED": Words("实体社保卡锁定", "The physical card was locked"),
    "KIND_PHYSICAL_CARD_UNLOCKED": Words("实体社保卡解锁", "The physical card was unlocked"),
    "KIND_PHYSICAL_CARD_CANCELLED": Words("实体社保卡注销", "The physical card was cancelled"),
    "KIND_CARD_ISSUED": Words("电子社保卡签发", "The electronic card was issued"),
    "KIND_LINK_DELIVERED": Words("电子社保卡发放到渠道", "The card was delivered into a channel"),
    "KIND_LINK_ACTIVATED": Words("电子社保卡领取", "The card was linked in a channel"),
    "KIND_LINK_UNLINKED": Words("解除关联", "The card was unlinked in a channel"),
    "KIND_DELIVERY_DECLINED": Words("拒绝领取", "A delivery was declined"),
    "KIND_PASSWORD_SET": Words("设置密码", "The password was set"),
    "KIND_PASSWORD_CHANGED": Words("修改密码", "The password was changed"),
    "KIND_PASSWORD_RESET": Words("重置密码", "The password was reset"),
    "KIND_PASSWORD_LOCKED": Words("密码锁定", "The password was locked"),
    "KIND_CARD_EXPIRED": Words("电子社保卡到期", "The electronic card expired"),
}
OTHER_RECORD: Final = Words("其他变更", "Something else changed")

PLACES: Final[dict[str, Words]] = {
    "PLACE_THIS_CHANNEL": Words("本渠道", "this channel"),
    "PLACE_ANOTHER_CHANNEL": Words("其他渠道", "another channel"),
    "PLACE_BUREAU": Words("人社部门", "the card bureau"),
    "PLACE_TIME": Words("系统自动", "by the passing of time"),
}
OTHER_PLACE: Final = Words("其他", "elsewhere")


def step_title(kind: FlowKind, stage: Stage, check: Check | None) -> Words:
    """What the page of a step is called."""
    if stage is Stage.CONSENT_TO_DISPLAY and kind is FlowKind.CONSENT_TO_DISPLAY:
        return Words("授权展示", "Consent to display")
    if stage is Stage.CHECK and check is not None:
        if check.vouch_kind is not None:
            return VOUCH_TITLES[check.vouch_kind]
        return CHECK_LABELS[check]
    return STAGE_TITLES[stage]
