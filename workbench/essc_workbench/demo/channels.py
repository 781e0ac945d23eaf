"""The story of one card in many channels, seven parts, each line checked.

Zhang San (张三) has a second-generation card, Li Si (李四) lost his, Wang Wu (王五) has none yet.
Zhang San's card ends up in Alipay, the bank and the city app; in WeChat he unlinks it.
"""

from typing import TypeAlias

from essc.card.v1.card_pb2 import Link
from essc.card.v1.card_service_pb2 import ListLinksRequest
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel, Step
from essc.registry.v1 import physical_card_pb2 as physical
from essc_workbench.answers import Conduct, Mistake, erring
from essc_workbench.demo.checks import settled
from essc_workbench.demo.stage import Stage
from essc_workbench.routes import PLATFORM
from essc_workbench.words import panel_words, step_words

CHANNELS = ("wechat", "alipay", "bank-east", "nantong")
CITIZENS = ("zhang-san", "li-si", "wang-wu")
KEPT = CHANNELS[1:]
LOST = "PHYSICAL_CARD_LOST"
SEALED = "PHYSICAL_CARD_SEALED"
OLD, NEW = "258036", "741852"
"""Card passwords of a person who does not exist."""

CHECK_KINDS = ("text_code", "vouch", "card_password")
LinkFacts: TypeAlias = tuple[str, int, Link.State.ValueType]

# How each channel checks who applies (身份验证): the step that its application asks for it. A city
# app asks nothing more: the real-name sign-in (实名登录) was the check.
IDENTITY_CHECKS = {
    "wechat": ["text message (短信验证码)"],
    "alipay": ["the channel's identity check (身份核验)"],
    "bank-east": ["code to the bank card's reserved phone (预留手机号)"],
    "nantong": [],
}


async def play(stage: Stage) -> None:
    """The whole story. Raises Deviation at the first line that is not so."""
    await stage.meet(*CITIZENS)
    part = stage.story.part
    with part("1 Zhang San (张三) applies (申领) in four channels, each with its own check"):
        await apply_everywhere(stage)
    with part("2 Li Si (李四), whose card is reported lost (挂失), is refused"):
        await refuse_the_lost(stage)
    with part("3 Zhang San unlinks (解除关联) in WeChat; the others keep the card"):
        await unlink_in_one(stage)
    with part("4 Wang Wu (王五) is issued a third-generation card (第三代社保卡)"):
        await deliver_a_new_card(stage)
    with part("5 The card password (社保卡密码) is changed in the bank"):
        await change_the_password(stage)
    with part("6 The physical card is reported lost (挂失), and found (解挂)"):
        await lose_and_find(stage)
    with part("7 The platform is killed with SIGKILL and started again"):
        await kill_the_platform(stage)


async def apply_everywhere(stage: Stage) -> None:
    for channel_id in CHANNELS:
        phone = stage.phone("zhang-san", channel_id)
        await stage.check_panel(phone, Panel.STATE_NOT_OPENED, note="before")
        walk = await phone.walk(channel.FLOW_KIND_APPLY)
        stage.check_walk(phone, "applies", walk)
        wanted = IDENTITY_CHECKS[channel_id]
        asked = [step_words(s) for s in walk.steps if s.WhichOneof("kind") in CHECK_KINDS]
        by = wanted[0] if wanted else "the real-name sign-in (实名登录), nothing more is asked"
        stage.story.check(f"{stage.called(channel_id)}: its own check: {by}", wanted, asked)
        faces = walk.kinds.count("face")
        stage.story.check(f"{stage.called(channel_id)}: and the live face (活体), once", 1, faces)
        await stage.check_panel(phone, Panel.STATE_USABLE, note="after")
        await stage.check_card_shown(phone)


async def refuse_the_lost(stage: Stage) -> None:
    phone = stage.phone("li-si", "wechat")
    walk = await phone.walk(channel.FLOW_KIND_APPLY)
    stage.check_walk(phone, f"refuses him, with the reason {LOST}", walk, f"failed: {LOST}")
    await stage.check_panel(phone, Panel.STATE_NOT_OPENED, note="afterwards")


async def unlink_in_one(stage: Stage) -> None:
    phone = stage.phone("zhang-san", "wechat")
    stage.check_walk(phone, "unlinks", await phone.walk(channel.FLOW_KIND_UNLINK))
    await stage.check_panel(phone, Panel.STATE_NOT_OPENED, note="afterwards")
    for channel_id in KEPT:
        other = stage.phone("zhang-san", channel_id)
        await stage.check_panel(other, Panel.STATE_USABLE, note="still")
        await stage.check_card_shown(other)


async def deliver_a_new_card(stage: Stage) -> None:
    wang_wu = stage.citizens["wang-wu"].persona
    alipay, nantong = stage.phone("wang-wu", "alipay"), stage.phone("wang-wu", "nantong")
    await stage.check_panel(alipay, Panel.STATE_NOT_OPENED, note="before")
    card = await stage.bureau.issue(
        wang_wu.id_number, "320600", physical.GENERATION_THIRD, enabled=False
    )
    seen = physical.PhysicalCardStatus.Name(card.status)
    stage.story.check("The bureau issues it, sealed (封存)", "PHYSICAL_CARD_STATUS_SEALED", seen)
    await stage.check_panel(alipay, Panel.STATE_AWAITING_CONSENT, note="once it has arrived")
    await stage.check_not_offered(alipay, "before his consent")
    refused = await alipay.walk(channel.FLOW_KIND_ACCEPT_DELIVERY)
    stage.check_walk(alipay, "while sealed, his consent is refused", refused, f"failed: {SEALED}")
    await stage.bureau.enable(card.physical_card_id)
    applied = await nantong.walk(channel.FLOW_KIND_APPLY)
    stage.check_walk(nantong, "once it is enabled (启用), he applies", applied)
    await stage.check_panel(nantong, Panel.STATE_USABLE, note="after")
    await stage.check_panel(alipay, Panel.STATE_AWAITING_CONSENT, note="meanwhile")
    accepted = await alipay.walk(channel.FLOW_KIND_ACCEPT_DELIVERY)
    stage.check_walk(alipay, "he consents", accepted)
    await stage.check_panel(alipay, Panel.STATE_USABLE, note="after")


async def change_the_password(stage: Stage) -> None:
    bank, alipay = stage.phone("zhang-san", "bank-east"), stage.phone("zhang-san", "alipay")
    first = await bank.walk(channel.FLOW_KIND_SET_PASSWORD, Conduct(new_card_password=OLD))
    stage.check_walk(bank, "the first password is set (设置密码)", first)
    old_to_new = Conduct(card_password=OLD, new_card_password=NEW)
    changed = await bank.walk(channel.FLOW_KIND_CHANGE_PASSWORD, old_to_new)
    stage.check_walk(bank, "and changed (修改密码)", changed)
    # The channel hears of the first password by an event; until then it offers no change of it.
    await settled(
        alipay.home, lambda panel: channel.FLOW_KIND_CHANGE_PASSWORD in panel.offered_flows
    )
    failed = await alipay.walk(channel.FLOW_KIND_CHANGE_PASSWORD, old_to_new, until=was_refused)
    line = f"{stage.called('alipay')}: the old password fails"
    stage.story.check(line, ("PASSWORD_WRONG",), failed.reasons)
    await alipay.cancel(failed.flow)
    new_to_old = Conduct(card_password=NEW, new_card_password=OLD)
    passed = await alipay.walk(channel.FLOW_KIND_CHANGE_PASSWORD, new_to_old, until=wants_new)
    line = f"{stage.called('alipay')}: the new one is good"
    stage.story.check(line, (True, ()), (wants_new(passed.steps[-1]), passed.reasons))
    await alipay.cancel(passed.flow)


async def lose_and_find(stage: Stage) -> None:
    zhang_san = stage.citizens["zhang-san"].persona
    card = (await stage.bureau.citizen(zhang_san.id_number)).physical_cards[0]
    await stage.bureau.report_loss(card.physical_card_id, temporary=False)
    for channel_id in KEPT:
        phone = stage.phone("zhang-san", channel_id)
        await stage.check_panel(phone, Panel.STATE_BLOCKED, LOST, note="once it is lost")
        await stage.check_not_offered(phone, "while it is lost")
    await stage.bureau.lift_loss(card.physical_card_id)
    for channel_id in KEPT:
        phone = stage.phone("zhang-san", channel_id)
        await stage.check_panel(phone, Panel.STATE_USABLE, note="once it is found")
        await stage.check_card_shown(phone)


async def kill_the_platform(stage: Stage) -> None:
    panels, links = await panels_in_words(stage), await links_at_the_platform(stage)
    stage.federation.kill(PLATFORM)
    alipay = stage.phone("zhang-san", "alipay")
    away = await settled(alipay.home, lambda panel: panel.HasField("as_of_time"))
    line = f"{stage.called('alipay')}: without the platform it shows its copy, marked 截至 (as of)"
    marked = (away.state, away.HasField("as_of_time"))
    stage.story.check(line, (Panel.STATE_USABLE, True), marked)
    await stage.federation.restart(PLATFORM)
    count = sum(map(len, links.values()))
    line = f"The platform holds every one of the {count} links, as before"
    stage.story.check(line, links, await links_at_the_platform(stage))
    await settled(lambda: panels_in_words(stage), lambda seen: seen == panels)
    line = f"Every one of the {len(panels)} panels reads as before"
    stage.story.check(line, panels, await panels_in_words(stage))
    wechat = stage.phone("zhang-san", "wechat")
    again = await wechat.walk(channel.FLOW_KIND_APPLY, erring(Mistake.WRONG_CODE))
    stage.check_walk(wechat, "applies again, mistyping the code once", again)
    line = f"{stage.called('wechat')}: the mistyped code was refused, the right one taken"
    stage.story.check(line, ("TEXT_CODE_WRONG",), again.reasons)
    await stage.check_panel(wechat, Panel.STATE_USABLE, note="after")


async def panels_in_words(stage: Stage) -> dict[tuple[str, str], str]:
    """Every panel; one that is a copy says so."""
    return {
        at: panel_words(panel) + (" (as of)" if panel.HasField("as_of_time") else "")
        for at, panel in (await stage.panels()).items()
    }


async def links_at_the_platform(stage: Stage) -> dict[str, list[LinkFacts]]:
    """What the platform says to each channel about its links."""
    found = {}
    for channel_id in stage.federation.channel_ids:
        peer = stage.connections.platform(channel_id)
        answer = await CardServiceStub(peer.channel).ListLinks(ListLinksRequest(), **peer.options())
        links = [item.link for item in answer.items]
        found[channel_id] = [(link.link_id, link.serial, link.state) for link in links]
    return found


def was_refused(step: Step) -> bool:
    return bool(step.last_reason)


def wants_new(step: Step) -> bool:
    return step.WhichOneof("kind") == "card_password" and step.card_password.is_new
