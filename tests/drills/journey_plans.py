"""Plans for tests of journeys."""

from typing import Any

from essc_workbench.drills.plan import Plan

ALL = {
    "panel": 1.0,
    "show_code": 1.0,
    "show_and_scan": 1.0,
    "apply": 1.0,
    "unlink_and_link": 1.0,
    "wrong_password": 1.0,
    "family": 1.0,
    "certify": 1.0,
    "pay": 1.0,
    "report_loss": 1.0,
}


def plan_of(mix: dict[str, float], citizens: int = 200, **parts: Any) -> Plan:
    """A plan with this mix in WeChat and Alipay, ten journeys a second, ten seconds long."""
    return Plan.model_validate(
        {
            "title": {"en": "a test", "zh": "测试"},
            "federation": {"channels": ("wechat", "alipay")},
            "population": {"citizens": citizens, "linked": 0.8, "third": 0.5, "families": 0.05},
            "journeys": {"wechat": mix, "alipay": mix},
            "load": ({"steady": {"rate": 10.0, "lasts": "10s"}},),
            "objectives": ({"good": 0.9},),
            **parts,
        }
    )
