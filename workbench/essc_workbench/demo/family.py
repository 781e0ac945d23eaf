"""The story of a family: a grandmother is bound, and certified from her granddaughter's phone.

Chen Mei (陈美) binds her grandmother Li Xiulan (李秀兰), who receives a pension and has the card in
no channel. Whatever Chen Mei does for her goes through her own link and the binding.
"""

from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import EDITION_ELDER, Panel
from essc_workbench.answers import Conduct, Mistake, erring
from essc_workbench.citizens import Phone, Walk
from essc_workbench.demo.checks import settled
from essc_workbench.demo.stage import Stage, outcome_of

CITIZENS = ("chen-mei", "li-xiulan")
PASSWORD = "396285"  # noqa: S105 - of a person who does not exist
NAME_OF_MEMBER = "李**（其他）"


async def play(stage: Stage) -> None:
    """The whole story. Raises Deviation at the first line that is not so."""
    await stage.meet(*CITIZENS)
    part = stage.story.part
    with part("F1 Chen Mei (陈美) binds her grandmother Li Xiulan (李秀兰), face to face"):
        await bind(stage)
    with part("F2 The member is shown in every channel of hers; she certifies her from her phone"):
        await certify(stage)
    with part("F3 Li Xiulan applies herself, sees who bound her, and ends it with her own face"):
        await leave(stage)


async def bind(stage: Stage) -> None:
    await stage.apply("chen-mei", "nantong", "jiangsu")
    phone = stage.phone("chen-mei", "nantong")
    await phone.walk(channel.FLOW_KIND_SET_PASSWORD, Conduct(new_card_password=PASSWORD))
    await settled(phone.home, lambda panel: _offers(panel, channel.FLOW_KIND_CHANGE_PASSWORD))
    conduct = Conduct(
        card_password=PASSWORD,
        preferences=("OTHER",),
        companion=stage.citizens["li-xiulan"].persona,
    )
    added = await phone.walk(
        channel.FLOW_KIND_ADD_MEMBER, erring(Mistake.OTHER_PHOTO, conduct=conduct)
    )
    stage.check_walk(phone, "adds her (添加亲情账户), with a wrong photo first", added)
    line = f"{stage.called('nantong')}: the photo of somebody else's card was refused"
    stage.story.check(line, ("PHOTO_MISMATCH",), added.reasons)
    places = await _places(phone)
    stage.story.check("One of two places of that relation is used up", "1 of 2 left", places)


async def certify(stage: Stage) -> None:
    phone = stage.phone("chen-mei", "jiangsu")
    home = await settled(phone.home, lambda panel: len(panel.members) == 1)
    masked = [member.masked_name for member in home.members]
    line = f"{stage.called('jiangsu')}: the member's card is on the home panel there too"
    stage.story.check(line, ["李**"], masked)
    elder = await phone.home(EDITION_ELDER)
    line = f"{stage.called('jiangsu')}: the elder edition (长辈版) offers certification first"
    stage.story.check(line, channel.FLOW_KIND_CERTIFY, elder.offered_flows[0])
    grandmother = stage.citizens["li-xiulan"].persona
    for_her = Conduct(preferences=(NAME_OF_MEMBER,), companion=grandmother)
    certified = await phone.walk(channel.FLOW_KIND_CERTIFY, for_her)
    stage.check_walk(phone, "she is certified (资格认证), by her own live face", certified)
    stage.story.check("A new certification", ["CERTIFIED"], _kinds(certified))
    again = await phone.walk(channel.FLOW_KIND_CERTIFY, for_her)
    stage.story.check(
        "A second one is not needed: it says when she was", ["CERTIFIED_ALREADY"], _kinds(again)
    )
    own = await phone.walk(channel.FLOW_KIND_CERTIFY, Conduct(preferences=("self", "本人")))
    line = f"{stage.called('jiangsu')}: Chen Mei herself receives no benefits, so there is nothing"
    stage.story.check(line, "failed: NOT_A_RECIPIENT", outcome_of(own))


async def leave(stage: Stage) -> None:
    hers = stage.phone("li-xiulan", "nantong")
    await stage.check_panel(hers, Panel.STATE_NOT_OPENED, note="before")
    await stage.apply("li-xiulan", "nantong")
    seen = await hers.walk(channel.FLOW_KIND_VIEW_FAMILY)
    binders = [line.text.zh for line in seen.lines if line.kind == "BINDER"]
    stage.story.check("She reads who has bound her", ["陈* 已将您添加为其他"], binders)
    read = await hers.walk(channel.FLOW_KIND_VIEW_CERTIFICATIONS)
    stage.story.check("and that she was certified by a binder", ["CERTIFICATION"], _kinds(read))
    left = await hers.walk(channel.FLOW_KIND_LEAVE_BINDER)
    stage.check_walk(hers, "she leaves (退出亲情账户)", left)
    phone = stage.phone("chen-mei", "jiangsu")
    home = await settled(phone.home, lambda panel: not panel.members)
    line = f"{stage.called('jiangsu')}: the member is gone from Chen Mei's panel"
    stage.story.check(line, 0, len(home.members))
    places = await _places(phone)
    stage.story.check("but the place stays used up", "1 of 2 left", places)


async def _places(phone: Phone) -> str:
    """How many places for others are left, in the words that the channel shows."""
    seen = await phone.walk(channel.FLOW_KIND_VIEW_FAMILY)
    words = [line.text.en for line in seen.lines if line.kind == "PLACES"]
    return next(w.partition(": ")[2] for w in words if w.startswith("places for other"))


def _kinds(walk: Walk) -> list[str]:
    return [line.kind for line in walk.lines]


def _offers(panel: Panel, kind: channel.FlowKind.ValueType) -> bool:
    return kind in panel.offered_flows
