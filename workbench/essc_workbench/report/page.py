"""report.html: one file that needs nothing else, put together from a verdict and its history."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from essc_workbench.history.reading import History
from essc_workbench.judges.findings import Ruling
from essc_workbench.report.choice import played
from essc_workbench.report.diagram import LEFT, draw
from essc_workbench.report.story import story
from essc_workbench.report.strips import STATES, WIDTH, strips
from essc_workbench.report.timeline import seconds
from essc_workbench.report.verdicts import Verdict
from essc_workbench.report.words import IDLE

RULINGS = {
    Ruling.GOOD: ("good", "通过"),
    Ruling.BROKEN: ("a rule is broken", "违反规则"),
    Ruling.UNKNOWN: ("unknown", "无法判定"),
    Ruling.NOT_JUDGED: ("not judged", "未裁定"),
}
STATE_WORDS = {
    "not-opened": ("not yet opened", "待开通"),
    "delivered": ("delivered", "已发放"),
    "usable": ("usable", "正常"),
    "blocked": ("blocked", "停用"),
    "ended": ("ended", "终止"),
    "unlinked": ("unlinked", "已解除"),
    "unknown": ("unknown", "未知"),
}


def page(verdict: Verdict, history: History) -> str:
    """The whole page."""
    shown = played(history)
    return _template().render(
        verdict=verdict,
        story=story(history, verdict),
        diagram=draw(shown, verdict),
        strips=strips(shown),
        strip_width=WIDTH,
        states=[(state, *STATE_WORDS[state]) for state in STATES],
        state_words=STATE_WORDS,
        rulings=RULINGS,
        idle=IDLE,
        left=LEFT,
        seconds=seconds,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("essc_workbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
