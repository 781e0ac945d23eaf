"""What the scenario itself expected, step by step."""

from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.tallies import Tally


class Expectations:
    """Every expectation of a step was met."""

    name = "expectations"
    rules = ()
    text = Text(
        zh="剧本中每一步所期望的都看到了",
        en="Whatever a step of the scenario expected was seen",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        for item in evidence.history.happened("expected"):
            facts = item.facts
            expected, seen = facts.get("expected"), facts.get("seen")
            is_met = facts.get("is_met", expected == seen)
            if not tally.holds(bool(is_met)):
                about = facts.get("about", "")
                tally.broken(
                    zh=f"第 {item.step} 步（{about}）：期望 {expected}，看到 {seen}",
                    en=f"step {item.step} ({about}): expected {expected}, seen {seen}",
                    channel=item.party if item.party in evidence.channels else "",
                    at_us=item.at_us,
                )
        return tally.finding(self)
