"""The journeys as channels play them at the platform, with bureau, verifier and provider."""

from collections.abc import Mapping

from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.journeys.calls import Line
from essc_workbench.drills.journeys.certifying import Certify
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.families import BindFamily, FamilyDesk
from essc_workbench.drills.journeys.linking import Apply, UnlinkAndLink
from essc_workbench.drills.journeys.losing import ReportLoss
from essc_workbench.drills.journeys.passwords import WrongPassword
from essc_workbench.drills.journeys.paying import Pay
from essc_workbench.drills.journeys.reading import OpenPanel, ShowAndScan, ShowCode
from essc_workbench.drills.journeys.scanning import Scanner
from essc_workbench.drills.journeys.stage import Stage
from essc_workbench.enrolment import BUREAU, PROVIDER, VERIFIER
from essc_workbench.families import CARD_PASSWORD
from essc_workbench.seeding.people import Role


class DirectPlayers:
    """Makes the journeys of a plan; desks and lines are shared between them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._desks: dict[str, Desk] = {}

    def made(self, name: JourneyName) -> Journey:
        """A journey, ready to be played."""
        stage, ids = self._stage, self._stage.ids
        desks = {channel: self._desk(channel) for channel in stage.channels(name)}
        lines = {channel: stage.platform(channel) for channel in desks}
        match name:
            case "panel":
                return OpenPanel(ids, desks, stage.circles.rest)
            case "show_code":
                return ShowCode(ids, desks, stage.circles.rest)
            case "show_and_scan":
                scanner = Scanner(stage.platform(VERIFIER))
                return ShowAndScan(ids, desks, stage.circles.rest, scanner)
            case "apply":
                return Apply(ids, desks, stage.taking(name))
            case "unlink_and_link":
                return UnlinkAndLink(ids, desks, stage.taking(name))
            case "wrong_password":
                return WrongPassword(ids, desks, stage.taking(name), CARD_PASSWORD)
            case "family":
                return self._family(desks, lines)
            case "certify":
                return Certify(ids, desks, stage.taking(name, Role.GRANDPARENT), lines)
            case "pay":
                return Pay(ids, desks, stage.taking(name), lines, stage.platform(PROVIDER))
            case "report_loss":
                bureau, cards = stage.platform(BUREAU), stage.prepared.cards
                return ReportLoss(ids, bureau, stage.taking(name), cards)

    def _family(self, desks: Mapping[str, Desk], lines: Mapping[str, Line]) -> Journey:
        stage, version = self._stage, self._stage.prepared.notice_version
        lab_port = stage.closing(stage.lines.platform_lab())
        at = {
            channel: FamilyDesk(desk, lines[channel], lab_port, version, CARD_PASSWORD)
            for channel, desk in desks.items()
        }
        return BindFamily(stage.ids, at, stage.households("family"))

    def _desk(self, channel: str) -> Desk:
        if channel not in self._desks:
            stage = self._stage
            line = stage.platform(channel)
            self._desks[channel] = Desk(line, stage.prepared, stage.people)
        return self._desks[channel]
