"""What changed, and where, in the words of the own record (R93)."""

from typing import Final

from essc_channels.core.records import Words

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
    "KIND_PHYSICAL_CARD_REPLACED": Words("补换实体社保卡", "The physical card was replaced"),
    "KIND_CITIZEN_CANCELLED": Words("人员注销", "You were cancelled"),
    "KIND_BANK_ACCOUNT_ACTIVATED": Words("银行账户激活", "The bank account was activated"),
    "KIND_BANK_ACCOUNT_CLOSED": Words("银行账户关闭", "The bank account was closed"),
    "KIND_LEVEL_RAISED": Words("开通支付功能", "Payment was opened in a channel"),
    "KIND_LEVEL_LOWERED": Words("关闭支付功能", "Payment was closed in a channel"),
    "KIND_ALLOWED_WHILE_LOST": Words(
        "挂失期间授权使用", "A channel was opened although the card is lost"
    ),
    "KIND_CODE_ISSUED": Words("展示二维码", "A code was issued"),
    "KIND_CODE_USED": Words("二维码已使用", "A code was scanned"),
    "KIND_MEMBER_ADDED": Words("添加亲情账户", "A family member was added"),
    "KIND_MEMBER_REMOVED": Words("解除亲情账户", "A family binding was ended"),
    "KIND_BOUND_AS_MEMBER": Words("被添加为亲情成员", "You were bound as a family member"),
    "KIND_UNBOUND_AS_MEMBER": Words(
        "亲情成员关系解除", "Your binding as a family member was ended"
    ),
    "KIND_RECIPIENT_REGISTERED": Words("登记为待遇领取人", "You were registered for benefits"),
    "KIND_CERTIFIED": Words("待遇资格认证", "The eligibility for benefits was certified"),
    "KIND_TICKET_ISSUED": Words("申请使用服务", "A ticket to a service was issued"),
    "KIND_TICKET_REDEEMED": Words("开始使用服务", "The use of a service began"),
    "KIND_USE_CLOSED": Words("服务办结", "The use of a service was closed"),
    "KIND_ORDER_CREATED": Words("生成订单", "An order was made"),
    "KIND_ORDER_PAID": Words("支付订单", "An order was paid and is settling"),
    "KIND_ORDER_SETTLED": Words("订单结算成功", "An order was settled"),
    "KIND_ORDER_UNPAID": Words("订单支付失败", "The bank refused an order"),
    "KIND_ORDER_REFUNDING": Words("订单退款中", "An order is being given back"),
    "KIND_ORDER_REFUNDED": Words("订单已退款", "An order was given back"),
    "KIND_PASSWORD_FREE_ON": Words(
        "开通小额免密支付", "Small password-free payment was switched on"
    ),
    "KIND_PASSWORD_FREE_OFF": Words(
        "关闭小额免密支付", "Small password-free payment was switched off"
    ),
    "KIND_LINK_EXITED": Words(
        "渠道退出，关联终止", "A link ended because its channel left the federation"
    ),
    "KIND_CARD_SIGNED_ANEW": Words("电子社保卡重新签名", "The card was signed anew"),
}
OTHER_RECORD: Final = Words("其他变更", "Something else changed")

PLACES: Final[dict[str, Words]] = {
    "PLACE_THIS_CHANNEL": Words("本渠道", "this channel"),
    "PLACE_ANOTHER_CHANNEL": Words("其他渠道", "another channel"),
    "PLACE_BUREAU": Words("人社部门", "the card bureau"),
    "PLACE_TIME": Words("系统自动", "by the passing of time"),
    "PLACE_VERIFIER": Words("用卡机构", "a verifier"),
    "PLACE_PROVIDER": Words("服务机构或银行", "a provider of services, or the bank"),
    "PLACE_OPERATOR": Words("平台运营方", "the platform's operators"),
}
OTHER_PLACE: Final = Words("其他", "elsewhere")
