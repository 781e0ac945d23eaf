"""The story of a replacement: the physical card is replaced while four channels hold the card.

Zheng Shi (郑十) lives in another province. His card is replaced; the electronic one points to the
new card, is blocked while that is sealed, and recovers by itself with all its links.
"""

from essc.card.v1.card_pb2 import CardPayload
from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel
from essc.registry.v1 import physical_card_pb2 as physical
from essc_workbench.demo.stage import Stage

CITIZENS = ("zheng-shi",)
CHANNELS = ("wechat", "nantong", "bank-east", "portal")


async def play(stage: Stage) -> None:
    """The whole story. Raises Deviation at the first line that is not so."""
    await stage.meet(*CITIZENS)
    part = stage.story.part
    with part("R1 Zheng Shi (郑十) has his card in four channels"):
        await stage.apply("zheng-shi", *CHANNELS)
        before = await card_ids(stage)
    with part("R2 His physical card is replaced: every channel is blocked until it is enabled"):
        new = await replace(stage)
    with part("R3 The new card is enabled (启用): every channel recovers, nobody applies again"):
        await recover(stage, new, before)


async def replace(stage: Stage) -> physical.PhysicalCard:
    who = stage.citizens["zheng-shi"].persona
    old = (await stage.bureau.citizen(who.id_number)).physical_cards[0]
    cancelled, new = await stage.bureau.replace(old.physical_card_id, physical.GENERATION_SECOND)
    names = physical.PhysicalCardStatus.Name
    stage.story.check(
        "The old card is cancelled (注销), the new one sealed (封存)",
        ("PHYSICAL_CARD_STATUS_CANCELLED", "PHYSICAL_CARD_STATUS_SEALED"),
        (names(cancelled.status), names(new.status)),
    )
    for channel_id in CHANNELS:
        phone = stage.phone("zheng-shi", channel_id)
        await stage.check_panel(
            phone, Panel.STATE_BLOCKED, "PHYSICAL_CARD_SEALED", note="once it is replaced"
        )
    return new


async def recover(stage: Stage, new: physical.PhysicalCard, before: dict[str, str]) -> None:
    await stage.bureau.enable(new.physical_card_id)
    for channel_id in CHANNELS:
        phone = stage.phone("zheng-shi", channel_id)
        await stage.check_panel(phone, Panel.STATE_USABLE, note="once it is enabled")
        await stage.check_card_shown(phone)
    stage.story.check("Each is the very card it was before", before, await card_ids(stage))


async def card_ids(stage: Stage) -> dict[str, str]:
    """The number of the signed card that each channel shows."""
    found = {}
    for channel_id in CHANNELS:
        walk = await stage.phone("zheng-shi", channel_id).walk(channel.FLOW_KIND_SHOW_CARD)
        shown = [s.show_card for s in walk.steps if s.WhichOneof("kind") == "show_card"]
        found[channel_id] = CardPayload.FromString(shown[-1].signed_card.payload).card_id
    return found
