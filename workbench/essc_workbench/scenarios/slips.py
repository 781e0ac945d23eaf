"""Checks of what a step means beyond its form: who calls whom, which fault, at which bank."""

from collections.abc import Collection

from essc_workbench.enrolment import BUREAU, OPERATOR, PROVIDER, VERIFIER
from essc_workbench.routes import AUTHORITIES, NOBODY, PHONE, PLATFORM
from essc_workbench.scenarios.fields import Refers, fields_of, references
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.outlines import Outline

_CALLERS = (BUREAU, NOBODY, OPERATOR, PHONE, PROVIDER, VERIFIER)


def check_callers(outline: Outline) -> None:
    """Notes who is said to call, or to be called, and is nobody here."""
    callers = {*_CALLERS, *outline.channels}
    targets = {PLATFORM, AUTHORITIES, *outline.channels}
    _check(outline, Refers.CALLER, callers, "caller")
    _check(outline, Refers.SOURCE, {PLATFORM, *callers}, "caller")
    _check(outline, Refers.TARGET, targets, "target")


def check_banks(outline: Outline, banks: Collection[str]) -> None:
    """Notes banks that there are not, of steps and of described citizens."""
    _check(outline, Refers.BANK, banks, "bank")
    for alias, spec in outline.citizens.items():
        bank = spec.get("bank")
        if isinstance(bank, str) and bank and bank not in banks:
            text = f"no bank {bank!r}; {meant(bank, banks)}"
            outline.document.is_wrong(("citizens", alias, "bank"), text)


def check_slips(outline: Outline) -> None:
    """Notes what the steps themselves find."""
    for path, step in outline.steps:
        for place, text in step.slips():
            is_key = len(place) > 1
            outline.document.is_wrong((*path, *place), text, of_key=is_key)


def check_faults(outline: Outline) -> None:
    """A fault is named once, and a step that names one comes after it began."""
    begun: set[str] = set()
    ever = {name for _, step in outline.steps for _, name in fields_of(step, Refers.NEW_FAULT)}
    for path, step in outline.steps:
        for place, name in references(step, Refers.FAULT):
            if name not in begun:
                later = "it begins only later" if name in ever else meant(name, begun)
                outline.document.is_wrong((*path, *place), f"no fault {name!r}; {later}")
        for place, name in references(step, Refers.NEW_FAULT):
            if name in begun:
                text = f"a second fault {name!r}; each has a name of its own"
                outline.document.is_wrong((*path, *place), text)
            begun.add(name)


def _check(outline: Outline, kind: Refers, there: Collection[str], what: str) -> None:
    for path, step in outline.steps:
        for place, name in references(step, kind):
            if name not in there:
                text = f"no {what} {name!r}; {meant(name, there)}"
                outline.document.is_wrong((*path, *place), text)
