"""Judges read a run's history and its final state, and say which rules held."""

from essc_workbench.judges.acknowledged import Acknowledged
from essc_workbench.judges.books import Books
from essc_workbench.judges.expectations import Expectations
from essc_workbench.judges.feeds import Feeds
from essc_workbench.judges.findings import Judge
from essc_workbench.judges.independence import LinkIndependence
from essc_workbench.judges.joint import JointAtomicity
from essc_workbench.judges.linearizability import Linearizability
from essc_workbench.judges.once import Once
from essc_workbench.judges.places import Places
from essc_workbench.judges.privacy import Privacy
from essc_workbench.judges.shadows import Shadows
from essc_workbench.judges.statuses import OneStatus
from essc_workbench.judges.tries import Tries

JUDGES: tuple[Judge, ...] = (
    Expectations(),
    LinkIndependence(),
    OneStatus(),
    Acknowledged(),
    Once(),
    Tries(),
    Places(),
    Books(),
    Feeds(),
    Shadows(),
    Privacy(),
    Linearizability(),
    JointAtomicity(),
)
"""All judges, in the order in which a report tells of them."""
