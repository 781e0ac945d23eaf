"""What ends a scenario before its last step, and is nobody's failure here."""

from essc_workbench.failures import UsageError


class NotPlayable(UsageError):  # noqa: N818 - the file's, not ours
    """A step that asks for what there is not; its text begins with the line of the file."""


class Unmet(Exception):  # noqa: N818 - an outcome, no fault of anybody here
    """What was seen is not what a step expected."""

    def __init__(self, expected: object, seen: object, *, about: str) -> None:
        super().__init__(f"{about}: expected {expected}, seen {seen}")
        self.expected, self.seen, self.about = str(expected), str(seen), about
        self.is_noted = False
        """Whether the history tells of it already."""
        self.step = ""
        """The words of the innermost step that did not go as expected, once it is noted."""
