"""What people read in a channel, in both languages. Reasons have their words in the contract."""

from typing import Final

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.flow_kinds import Check, FlowKind, Stage
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
    Stage.PASSWORD: Words("输入社保卡密码", "Enter the card password"),
    Stage.CHOOSE_PERSON: Words("选择办理对象", "Choose for whom"),
    Stage.NEW_DEVICE: Words("新设备验证", "Confirm this new device by text message"),
    Stage.CODE: Words("电子社保卡二维码", "Code of the electronic card"),
    Stage.BANK_PHONE: Words("银行预留手机验证", "Enter the code sent to the bank account's phone"),
    Stage.CONSENT_TO_LOWER: Words("关闭支付功能", "Close payment"),
    Stage.NOTICE: Words("添加亲情账户告知书", "Notice on adding a family member"),
    Stage.CHOOSE_RELATION: Words("选择亲情关系", "Choose the relation"),
    Stage.MEMBER_FORM: Words("填写亲情成员信息", "Who is the family member"),
    Stage.CARD_PHOTO: Words(
        "拍摄亲情成员的实体社保卡", "Take a photo of the member's physical card"
    ),
    Stage.FACE_PHOTO: Words("拍摄亲情成员的面部照片", "Take a photo of the member's face"),
    Stage.CONSENT_TO_BIND: Words("确认添加亲情账户", "Confirm the family member"),
    Stage.MEMBER_FACE: Words("亲情成员人脸识别", "The member shows the face"),
    Stage.BIND: Words("添加亲情账户", "Adding the family member"),
    Stage.CHOOSE_MEMBER: Words("选择亲情成员", "Choose the family member"),
    Stage.CONSENT_TO_REMOVE: Words("解除亲情账户", "End the binding of a family member"),
    Stage.CHOOSE_BINDER: Words("选择要退出的亲情账户", "Choose whose family to leave"),
    Stage.CONSENT_TO_LEAVE: Words("退出亲情账户", "Leave a family"),
    Stage.CONSENT_TO_CERTIFY: Words(
        "社保待遇资格认证", "Certification of the eligibility for benefits"
    ),
    Stage.PERSON_FACE: Words("人脸识别", "Show the face"),
    Stage.CERTIFIED: Words("认证结果", "What came of the certification"),
    Stage.CHOOSE_SERVICE: Words("选择服务", "Choose the service"),
    Stage.TICKET: Words("服务凭证", "Ticket to the service"),
    Stage.CHOOSE_ORDER: Words("选择订单", "Choose the order"),
    Stage.CONSENT_TO_PAY: Words("确认支付", "Confirm the payment"),
    Stage.PAID: Words("支付结果", "What came of the payment"),
    Stage.CONSENT_TO_FREE: Words("开通小额免密支付", "Switch password-free payment on"),
    Stage.CONSENT_TO_UNFREE: Words("关闭小额免密支付", "Switch password-free payment off"),
    Stage.CERTIFICATIONS: Words("认证记录", "Certifications"),
    Stage.FAMILY: Words("亲情账户", "Family"),
    Stage.ORDERS: Words("订单", "Orders"),
    Stage.USES: Words("办事记录", "Uses of services"),
    Stage.RECORDS: Words("全部渠道记录", "The record over all channels"),
}

BUTTONS: Final[dict[Stage, Words]] = {
    Stage.CONSENT_TO_CLAIM: Words("授权领取", "Agree"),
    Stage.CONSENT_TO_ISSUE: Words("授权领取", "Agree and claim"),
    Stage.CONSENT_TO_ACCEPT: Words("同意并激活", "Agree and activate"),
    Stage.CONSENT_TO_DECLINE: Words("拒绝", "Decline"),
    Stage.CONSENT_TO_DISPLAY: Words("立即授权", "Agree to display"),
    Stage.CONSENT_TO_LOWER: Words("确认关闭", "Close"),
    Stage.NOTICE: Words("已阅读并同意", "I have read it and agree"),
    Stage.CONSENT_TO_BIND: Words("同意继续", "Agree and continue"),
    Stage.CONSENT_TO_REMOVE: Words("确认解除", "End the binding"),
    Stage.CONSENT_TO_LEAVE: Words("确认退出", "Leave"),
    Stage.CONSENT_TO_CERTIFY: Words("同意并认证", "Agree and certify"),
    Stage.CONSENT_TO_PAY: Words("立即支付", "Pay"),
    Stage.CONSENT_TO_FREE: Words("同意开通", "Agree"),
    Stage.CONSENT_TO_UNFREE: Words("确认关闭", "Switch off"),
}

# The channel's own consent texts; those with a version are the platform's. In braces: what was
# chosen before.
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
    Stage.CONSENT_TO_LOWER: Words(
        "关闭后，本渠道不能再用电子社保卡支付，小额免密支付一并关闭。",
        "This channel cannot pay with the card any more; password-free payment goes off too.",
    ),
    Stage.CONSENT_TO_BIND: Words(
        "亲情关系：{zh}。我确认以上信息属实，并已征得该成员或其监护人同意。",
        "Relation: {en}. I confirm that this is true, and that the member or guardian agrees.",
    ),
    Stage.CONSENT_TO_REMOVE: Words(
        "解除 {zh} 的亲情账户。已用名额不再恢复。",
        "End the binding of {en}. The place stays used up.",
    ),
    Stage.CONSENT_TO_LEAVE: Words(
        "退出 {zh} 的亲情账户。",
        "End the binding by {en}.",
    ),
    Stage.CONSENT_TO_CERTIFY: Words(
        "同意通过人脸识别为{zh}办理社保待遇资格认证。",
        "I agree that a face check certifies the eligibility for benefits: {en}.",
    ),
    Stage.CONSENT_TO_PAY: Words("{zh}。", "{en}."),
    Stage.CONSENT_TO_FREE: Words(
        "同意在本渠道小额支付时不再输入社保卡密码。",
        "I agree that small payments in this channel need no card password.",
    ),
    Stage.CONSENT_TO_UNFREE: Words(
        "关闭后，每次支付都要输入社保卡密码。",
        "Every payment needs the card password again.",
    ),
}

SELF_LABEL: Final = Words("本人", "myself")

# Of the simulation; a region that is not among them is called by its code.
REGIONS: Final[dict[str, Words]] = {
    "320100": Words("南京", "Nanjing"),
    "320500": Words("苏州", "Suzhou"),
    "320600": Words("南通", "Nantong"),
    "431222": Words("沅陵", "Yuanling"),
}

MEMBER_FIELDS: Final[dict[str, Words]] = {
    "name": Words("姓名", "Name"),
    "id_number": Words("证件号码", "ID number"),
}
FIELD_FAULTS: Final[dict[str, Words]] = {
    "name": Words("请填写 2 至 50 个字的姓名", "a name of 2 to 50 characters"),
    "id_number": Words(
        "请填写 18 位有效证件号码", "an ID number of 18 characters with a right check digit"
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
    Check.BANK_PHONE: Words("银行账户预留手机号", "Phone reserved at the bank account"),
}

VOUCH_TITLES: Final[dict[VouchKind, Words]] = {
    VouchKind.WALLET_PASSWORD: Words("输入支付密码", "Enter the payment password"),
    VouchKind.ACCOUNT_IDENTITY: Words("同意身份核验", "Agree to the identity check"),
    VouchKind.RESERVED_PHONE: Words(
        "输入预留手机验证码", "Enter the code sent to the reserved phone"
    ),
    VouchKind.REAL_NAME_ACCOUNT: Words("实名登录", "Real-name sign-in"),
}


def region_words(code: str) -> Words:
    """What a region is called."""
    return REGIONS.get(code, Words(code, code))


def step_title(kind: FlowKind, stage: Stage, check: Check | None) -> Words:
    """What the page of a step is called."""
    if stage is Stage.CONSENT_TO_DISPLAY and kind is FlowKind.CONSENT_TO_DISPLAY:
        return Words("授权展示", "Consent to display")
    if stage in (Stage.CHECK, Stage.BANK_PHONE) and check is not None:
        if check.vouch_kind is not None:
            return VOUCH_TITLES[check.vouch_kind]
        return CHECK_LABELS[check]
    return STAGE_TITLES[stage]
