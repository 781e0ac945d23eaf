"""Judges that cannot say anything without the platform's snapshot."""

from abc import ABC, abstractmethod

from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.snapshots import PLATFORM, National, national
from essc_workbench.judges.tallies import Tally


class NationalJudge(ABC):
    """A judge over the platform's snapshot; without one it is not judged."""

    name: str
    rules: tuple[str, ...]
    text: Text

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        platform = evidence.shared(national)
        if platform is None:
            tally.lacks(PLATFORM)
        else:
            self.look(tally, platform, evidence)
        return tally.finding(self)

    @abstractmethod
    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        """Compares everything once."""
