"""The shipped channels. How they differ is all here; how they work is the same program."""

from typing import Final

from essc_channels.core.channel_profiles import (
    ChannelClass,
    ChannelProfile,
    Edition,
    IdentityCheck,
    Offer,
)
from essc_channels.core.records import Words

# R21: a text message to the own real-name phone, or the WeChat Pay password, as the person likes.
WECHAT: Final = ChannelProfile(
    id="wechat",
    name=Words("微信", "WeChat"),
    channel_class=ChannelClass.NATIONAL_PARTNER,
    identity_checks=(IdentityCheck.TEXT_MESSAGE, IdentityCheck.WALLET_PASSWORD),
)

# R5: new third-generation cards are delivered here. R21: consent to its own identity check.
ALIPAY: Final = ChannelProfile(
    id="alipay",
    name=Words("支付宝", "Alipay"),
    channel_class=ChannelClass.NATIONAL_PARTNER,
    identity_checks=(IdentityCheck.ACCOUNT_IDENTITY,),
    receives_new_cards=True,
)

# R21: the phone reserved at the bank card. R26: it raises levels with its own bank's accounts only.
# The banks are invented.
BANK_EAST: Final = ChannelProfile(
    id="bank-east",
    name=Words("江海银行", "Jianghai Bank"),
    channel_class=ChannelClass.BANK,
    identity_checks=(IdentityCheck.RESERVED_PHONE,),
    bank_id="bank-east",
)
BANK_WEST: Final = ChannelProfile(
    id="bank-west",
    name=Words("武陵银行", "Wuling Bank"),
    channel_class=ChannelClass.BANK,
    identity_checks=(IdentityCheck.RESERVED_PHONE,),
    bank_id="bank-west",
    offers=(Offer.CODE, Offer.PAYMENT),
)

# R21: city, province and national portal know their people by real-name sign-in.
NANTONG: Final = ChannelProfile(
    id="nantong",
    name=Words("南通百通", "Nantong Baitong"),
    channel_class=ChannelClass.GOVERNMENT,
    identity_checks=(IdentityCheck.REAL_NAME_ACCOUNT,),
)
JIANGSU: Final = ChannelProfile(
    id="jiangsu",
    name=Words("江苏智慧人社", "Jiangsu Smart HRSS"),
    channel_class=ChannelClass.HRSS,
    identity_checks=(IdentityCheck.REAL_NAME_ACCOUNT,),
    default_edition=Edition.ELDER,  # R50: certification comes first where pensions are paid
)
# R93: the full record with the names of all channels, after a face check.
PORTAL: Final = ChannelProfile(
    id="portal",
    name=Words("国家政务服务平台", "National Government Service Portal"),
    channel_class=ChannelClass.GOVERNMENT,
    identity_checks=(IdentityCheck.REAL_NAME_ACCOUNT,),
    shows_all_channels=True,
    offers=(Offer.CODE, Offer.FAMILY, Offer.CERTIFICATION, Offer.SERVICES),
)

# R15: a channel of tier 2, under the provincial app. The hospital is invented.
HOSPITAL: Final = ChannelProfile(
    id="hospital",
    name=Words("江海医院", "Jianghai Hospital"),
    channel_class=ChannelClass.MEDICAL,
    tier=2,
    parent_id="jiangsu",
    identity_checks=(IdentityCheck.REAL_NAME_ACCOUNT,),
    offers=(Offer.CODE, Offer.PAYMENT, Offer.FAMILY, Offer.SERVICES),
)

SHIPPED: Final = (WECHAT, ALIPAY, BANK_EAST, BANK_WEST, NANTONG, JIANGSU, PORTAL, HOSPITAL)
