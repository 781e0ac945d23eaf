"""Shadows converge (R17): once all has arrived, a channel's copy is what the platform holds.

Both directions: no link of the platform is missing in the channel's copy, and the copy has none
that the platform does not know. While something is still on its way nothing can be said.
"""

from typing import Final

from essc.card.v1.card_pb2 import Link
from essc.lab.v1.audit_channel_pb2 import AuditShadow
from essc.lab.v1.audit_platform_pb2 import AuditLink
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.judges.findings import Evidence, Text
from essc_workbench.judges.national import NationalJudge
from essc_workbench.judges.requests import named, requests, word
from essc_workbench.judges.snapshots import National, channel_snapshots
from essc_workbench.judges.tallies import Tally

_OPEN: Final = (Link.STATE_DELIVERED, Link.STATE_ACTIVE)


class Shadows(NationalJudge):
    """Once the faults have ended, each channel's copy is right again."""

    name = "shadows"
    rules = ("R16", "R17")
    text = Text(
        zh="故障结束后，渠道副本与平台一致",
        en="After the faults have ended, each channel's copy agrees with the platform",
    )

    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        left = {each.asked.get("channel_id") for each in named(requests(evidence), "ExitChannel")}
        for channel, snapshot in channel_snapshots(evidence):
            if channel in left:
                continue  # whoever has left is told nothing any more
            if snapshot is None:
                tally.lacks(channel)
            elif not evidence.settled:
                tally.undecided(
                    zh=f"{channel}：事件尚未全部到达，副本无法比较",
                    en=f"{channel}: not everything had arrived, its copy cannot be compared",
                )
            else:
                _judge_copy(tally, platform, channel, snapshot)


def _judge_copy(tally: Tally, platform: National, channel: str, snapshot: ExportResponse) -> None:
    links = {
        link_id: link for link_id, link in platform.links.items() if link.channel_id == channel
    }
    shadows = {each.link_id: each for each in snapshot.shadows}
    for link_id, link in links.items():
        shadow = shadows.get(link_id)
        if not tally.holds(shadow is not None or link.state not in _OPEN):
            _say(tally, platform, channel, link, "没有这个关联", "does not have this link")
        elif shadow is not None and not tally.holds(_is_same(link, shadow)):
            true, seen = _words(link), _words(shadow)
            _say(
                tally,
                platform,
                channel,
                link,
                f"是 {seen}，应为 {true}",
                f"says {seen}, not {true}",
            )
    for link_id in shadows:
        if not tally.holds(link_id in links):
            tally.broken(
                zh=f"{channel} 的副本里有一个平台没有的关联",
                en=f"{channel}'s copy has a link that the platform does not have",
                channel=channel,
            )


def _is_same(link: AuditLink, shadow: AuditShadow) -> bool:
    if (link.serial, link.state) != (shadow.serial, shadow.state):
        return False
    return link.state not in _OPEN or link.level == shadow.level


def _words(held: AuditLink | AuditShadow) -> str:
    return f"{word(Link.State.Name(held.state))} {held.serial}/{held.level}"


def _say(tally: Tally, platform: National, channel: str, link: AuditLink, zh: str, en: str) -> None:
    tally.broken(
        zh=f"{channel} 的副本{zh}",
        en=f"{channel}'s copy {en}",
        citizen=platform.alias(link.citizen),
        channel=channel,
    )
