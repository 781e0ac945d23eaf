"""The workbench's words for what a phone shows, in both languages."""

from essc.authority.v1.authority_service_pb2 import PhotoKind
from essc.channel.v1.channel_pb2 import FlowKind, Panel, Step
from essc.identity.v1.identity_pb2 import FaceAction, VouchKind

PANELS = {
    Panel.STATE_NOT_OPENED: "待开通 not yet opened",
    Panel.STATE_AWAITING_CONSENT: "待激活 awaiting consent",
    Panel.STATE_AWAITING_DISPLAY_CONSENT: "待授权 awaiting consent to display",
    Panel.STATE_USABLE: "正常 usable",
    Panel.STATE_BLOCKED: "已停用 blocked",
    Panel.STATE_ENDED: "已终止 ended",
    Panel.STATE_UNKNOWN: "未知 unknown",
}

_STEPS = {
    "consent": "consent",
    "choice": "choice",
    "text_code": "text message (短信验证码)",
    "card_password": "card password",
    "show_card": "the card",
    "form": "form (填写信息)",
    "code": "a code to be scanned (二维码)",
    "lines": "lines to read",
}
_PHOTOS = {
    PhotoKind.PHOTO_KIND_PHYSICAL_CARD: "the physical card (实体社保卡照片)",
    PhotoKind.PHOTO_KIND_FACE: "the face (面部照片)",
}
_VOUCHING = {
    VouchKind.VOUCH_KIND_WALLET_PASSWORD: "wallet password (支付密码)",
    VouchKind.VOUCH_KIND_ACCOUNT_IDENTITY: "the channel's identity check (身份核验)",
    VouchKind.VOUCH_KIND_RESERVED_PHONE: "code to the bank card's reserved phone (预留手机号)",
    VouchKind.VOUCH_KIND_REAL_NAME_ACCOUNT: "real-name sign-in (实名登录)",
}
_ACTIONS = {
    FaceAction.FACE_ACTION_BLINK: "blink 眨眼",
    FaceAction.FACE_ACTION_SHAKE_HEAD: "shake the head 摇头",
    FaceAction.FACE_ACTION_READ_DIGITS: "read digits aloud 说数字",
}


def panel_words(panel: Panel) -> str:
    """A panel in a few words: its state, and why if it is not usable."""
    state = PANELS.get(panel.state, "no state")
    return f"{state}: {panel.reason}" if panel.reason else state


def step_words(step: Step) -> str:
    """What a step asks, in a few words."""
    kind = step.WhichOneof("kind") or "nothing"
    if kind == "vouch":
        return _VOUCHING.get(step.vouch.kind, "vouching")
    if kind == "photo":
        return f"photo of {_PHOTOS.get(step.photo.kind, 'something')}"
    if kind == "face":
        whose = "the member's face" if step.face.is_of_member else "face"
        return f"{whose} ({', '.join(_ACTIONS.get(a, 'unknown') for a in step.face.actions)})"
    if kind == "consent" and step.consent.button.zh:
        return f"consent {step.consent.button.zh}"
    return _STEPS.get(kind, kind)


def flow_words(kind: FlowKind.ValueType) -> str:
    """A flow's name."""
    return FlowKind.Name(kind).removeprefix("FLOW_KIND_").lower().replace("_", " ")
