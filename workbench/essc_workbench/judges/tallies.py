"""What a judge gathers while it looks: how much it compared, what was broken, what it lacks.

A finding follows from it: something broken is *broken*; else something undecided is *unknown*; else
something that could not be looked at, or nothing compared at all, is *not judged*, and no pass.
"""

from typing import Final

from essc_workbench.judges.findings import Finding, Judge, Ruling, Text, Violation

VIOLATIONS_MAX: Final = 50
"""How many a finding tells of; the rest is counted in a note."""
CALLS_MAX: Final = 20
"""How many calls one violation points at."""


class Tally:
    """One judge's notes on one run."""

    def __init__(self) -> None:
        self.checks = 0
        self._violations: list[Violation] = []
        self._more = 0
        self._notes: list[Text] = []
        self._lacking: dict[str, None] = {}
        self._is_unknown = False

    def holds(self, fact: bool) -> bool:
        """Counts one comparison; answers whether it came out well."""
        self.checks += 1
        return fact

    def broken(
        self,
        *,
        zh: str,
        en: str,
        calls: tuple[int, ...] = (),
        citizen: str = "",
        channel: str = "",
        at_us: int | None = None,
    ) -> None:
        """A rule was broken here."""
        if len(self._violations) >= VIOLATIONS_MAX:
            self._more += 1
            return
        self._violations.append(
            Violation(
                text=Text(zh=zh, en=en),
                calls=tuple(sorted(set(calls)))[:CALLS_MAX],
                citizen=citizen,
                channel=channel,
                at_us=at_us,
            )
        )

    def note(self, *, zh: str, en: str) -> None:
        """Something worth knowing."""
        self._notes.append(Text(zh=zh, en=en))

    def undecided(self, *, zh: str, en: str) -> None:
        """Something that this run cannot decide, and why."""
        self._is_unknown = True
        self.note(zh=zh, en=en)

    def lacks(self, part: str) -> None:
        """A party, or a part of the question, that could not be looked at."""
        self._lacking[part] = None

    def finding(self, judge: Judge) -> Finding:
        """What the judge says."""
        return Finding(
            judge=judge.name,
            rules=judge.rules,
            text=judge.text,
            ruling=self._ruling(),
            checks=self.checks,
            violations=tuple(self._violations),
            notes=(*self._notes, *self._of_more()),
            not_judged=tuple(self._lacking),
        )

    def _ruling(self) -> Ruling:
        if self._violations:
            return Ruling.BROKEN
        if self._is_unknown:
            return Ruling.UNKNOWN
        if self._lacking or self.checks == 0:
            return Ruling.NOT_JUDGED
        return Ruling.GOOD

    def _of_more(self) -> tuple[Text, ...]:
        if not self._more:
            return ()
        return (Text(zh=f"另有 {self._more} 处违反", en=f"{self._more} more places were broken"),)
