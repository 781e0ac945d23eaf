"""Who plays which journey by phone."""

from essc_workbench.connections import Connections
from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys import by_phone
from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.paying import Biller
from essc_workbench.drills.journeys.paying_by_phone import PayByPhone
from essc_workbench.drills.journeys.scanning import Scanner
from essc_workbench.drills.journeys.stage import Stage
from essc_workbench.drills.journeys.walking import Phones
from essc_workbench.enrolment import PROVIDER, VERIFIER
from essc_workbench.seeding.people import Role


class PhonePlayers:
    """Makes the journeys of a plan; phones and lines are shared between them."""

    def __init__(self, stage: Stage, connections: Connections) -> None:
        self._stage, self._connections = stage, connections
        self._phones: dict[str, Phones] = {}
        order = stage.order
        self._quiet = Taking(stage.circles.rest, order.shard, order.shards)

    def made(self, name: JourneyName) -> Journey:
        """A journey, ready to be played."""
        stage, ids = self._stage, self._stage.ids
        phones = {channel: self._of(channel) for channel in stage.channels(name)}
        match name:
            case "panel":
                return by_phone.OpenPanel(ids, phones, stage.circles.rest)
            case "show_code":
                return by_phone.ShowCode(ids, phones, self._quiet)
            case "show_and_scan":
                return by_phone.ShowAndScan(ids, phones, self._quiet, self._scanner())
            case "apply":
                return by_phone.Apply(ids, phones, stage.taking(name))
            case "unlink_and_link":
                return by_phone.UnlinkAndLink(ids, phones, stage.taking(name))
            case "wrong_password":
                return by_phone.WrongPassword(ids, phones, stage.taking(name))
            case "family":
                homes = stage.households(name)
                return by_phone.BindFamily(ids, phones, stage.people, homes)
            case "certify":
                return by_phone.Certify(ids, phones, stage.taking(name, Role.GRANDPARENT))
            case "pay":
                biller = Biller(stage.platform(PROVIDER))
                return PayByPhone(ids, phones, stage.taking(name), self._scanner(), biller)
            case "report_loss":
                raise AssertionError("refused when the plan was read: see playable.py")

    def _scanner(self) -> Scanner:
        return Scanner(self._stage.platform(VERIFIER))

    def _of(self, channel: str) -> Phones:
        if channel not in self._phones:
            stage = self._stage
            sessions = stage.prepared.sessions.get(channel, {})
            line = stage.phones(channel)
            self._phones[channel] = Phones(line, sessions, stage.people, self._connections)
        return self._phones[channel]
