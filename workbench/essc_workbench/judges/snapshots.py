"""Helpers over the snapshots that parties export: whole ones only, by party, person and link."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from essc.lab.v1.audit_platform_pb2 import AuditCitizen, AuditEvent, AuditLink, AuditPhysicalCard
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc.registry.v1 import physical_card_pb2
from essc_workbench.history.items import Facts, Happened
from essc_workbench.judges.findings import Evidence

PLATFORM: Final = "platform"
DAY_US: Final = 86_400_000_000
EVENTS_KEPT_US: Final = 90 * DAY_US
"""How long the platform keeps events (R16)."""
LEDGER_KEPT_US: Final = 30 * DAY_US
"""How long the platform keeps recorded answers (R91)."""


def micros(time: Timestamp) -> int:
    """Microseconds since 1970."""
    return time.seconds * 1_000_000 + time.nanos // 1000


def moves(evidence: Evidence, party: str = PLATFORM) -> tuple[Happened, ...]:
    """When a party's clock was moved; one of whom it is not told counts for everybody."""
    found = evidence.history.happened("clock-moved")
    return tuple(item for item in found if item.party in ("", party))


def snapshot_of(evidence: Evidence, party: str) -> ExportResponse | None:
    """A party's snapshot; None if there is none, or if its end never came."""
    found = evidence.exports.get(party)
    return found if found is not None and found.HasField("row_count") else None


def alias_of(evidence: Evidence, citizens: Iterable[AuditCitizen]) -> dict[str, str]:
    """Aliases of the scenario by the citizens' keys in a snapshot; who has none is left out."""
    by_number = {number: alias for alias, number in evidence.citizens.items()}
    return {
        each.citizen: by_number[each.id_number] for each in citizens if each.id_number in by_number
    }


@dataclass(frozen=True, slots=True)
class National:
    """The platform's snapshot with its ways in."""

    snapshot: ExportResponse
    aliases: Mapping[str, str]
    links: Mapping[str, AuditLink]
    """By link id."""
    holders: Mapping[str, str]
    """Citizens' keys by the ids of their physical cards."""
    now_us: int
    """The platform's time when it was taken."""

    def alias(self, citizen: str) -> str:
        """A citizen's alias; empty for who is not one of the scenario's."""
        return self.aliases.get(citizen, "")

    def owner(self, link_id: str) -> str:
        """Whose link it is: a citizen's key; empty if the platform has no such link."""
        link = self.links.get(link_id)
        return link.citizen if link is not None else ""

    def about(self, citizens: tuple[str, ...], asked: Facts) -> str:
        """Whom a call is about, an alias: by the id that it names, or as the history tells."""
        by_link = self.owner(str(asked.get("link_id", "")))
        by_id = by_link or self.holders.get(str(asked.get("physical_card_id", "")), "")
        if self.alias(by_id) or len(citizens) != 1:
            return self.alias(by_id)
        return citizens[0]

    def feeds(self) -> dict[str, list[AuditEvent]]:
        """Each channel's events, in the order of its feed."""
        found: dict[str, list[AuditEvent]] = {}
        for event in self.snapshot.events:
            found.setdefault(event.channel_id, []).append(event)
        return found

    def is_kept(self, at_us: int, kept_us: int) -> bool:
        """Whether what was written then is surely kept still."""
        return self.now_us - at_us < kept_us - DAY_US


def national(evidence: Evidence) -> National | None:
    """The platform's snapshot; None if it is not there, or not whole."""
    found = snapshot_of(evidence, PLATFORM)
    if found is None:
        return None
    return National(
        snapshot=found,
        aliases=alias_of(evidence, found.citizens),
        links={link.link_id: link for link in found.links},
        holders={card.physical_card_id: card.citizen for card in found.physical_cards},
        now_us=micros(found.header.time),
    )


def channel_snapshots(evidence: Evidence) -> Iterator[tuple[str, ExportResponse | None]]:
    """The run's channels with their snapshots; None for who has none."""
    for channel in evidence.channels:
        yield channel, snapshot_of(evidence, channel)


def status_at(card: AuditPhysicalCard, now_us: int) -> int:
    """A physical card's status at a time: a temporary loss lifts itself."""
    lost = physical_card_pb2.PHYSICAL_CARD_STATUS_TEMPORARILY_LOST
    if card.status == lost and card.HasField("lift_time") and micros(card.lift_time) <= now_us:
        return physical_card_pb2.PHYSICAL_CARD_STATUS_NORMAL
    return card.status
