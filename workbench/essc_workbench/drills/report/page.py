"""report.html: one file that needs nothing else, put together from a drill's result."""

import io
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from ruamel.yaml import YAML

from essc_workbench.drills.report import numbers, words
from essc_workbench.drills.report.charts import as_json, charts
from essc_workbench.drills.report.sentences import ended_early, why
from essc_workbench.drills.report.tables import accounting, latencies, ratios, reasons, to_discuss
from essc_workbench.drills.results import Result

TOLD_MAX = 50
"""So many violations of one judge are shown; thousands would hide what they have in common."""
EMPTY_ROWS = 3
"""So many rows of the findings table wait for what only the meeting knows."""


def page(result: Result) -> str:
    """The whole page."""
    drawn = charts(result)
    rows, reasons_left_out = reasons(result)
    return template("drill.html.j2").render(
        result=result,
        why=why(result),
        early=ended_early(result),
        accounting=accounting(result),
        latencies=latencies(result),
        reasons=rows,
        reasons_left_out=reasons_left_out,
        ratios=ratios(result),
        charts=drawn,
        drawing=as_json(result, drawn),
        to_discuss=to_discuss(result),
        empty_rows=EMPTY_ROWS,
        told_max=TOLD_MAX,
        plan=plan_text(result.plan),
    )


def plan_text(plan: dict[str, Any]) -> str:
    """The plan as a file has it."""
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 100
    yaml.dump(plan, stream)
    return stream.getvalue()


def vendored(name: str) -> Markup:
    """A file of the charts' library, as it came."""
    found = files("essc_workbench.drills.report") / "uplot" / name
    return Markup(found.read_text("utf-8"))  # noqa: S704 - ours, not a reader's


@cache
def template(name: str) -> Template:
    """A template of drills; those of the scenarios' report lend their look."""
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("essc_workbench.drills.report"), PackageLoader("essc_workbench.report")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"numbers": numbers, "words": words, "vendored": vendored}
    return environment.get_template(name)
