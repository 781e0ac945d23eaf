"""Plans for tests, from a few words."""

import json
from pathlib import Path
from typing import Any

from essc_workbench.drills.orders import Order
from essc_workbench.drills.plan import Plan


def plan(**changes: Any) -> Plan:
    """A small plan, with these fields as a file would have them."""
    values: dict[str, Any] = {
        "title": {"en": "A drill", "zh": "演练"},
        "federation": {"channels": ["wechat", "alipay"]},
        "journeys": {"wechat": {"panel": 6.0, "pay": 1.0}, "alipay": {"panel": 3.0}},
        "load": [{"steady": {"rate": 100.0, "lasts": "20s"}}],
        "objectives": [{"good": 0.9}],
        **changes,
    }
    return Plan.model_validate_json(json.dumps(values))


def whole(drill: Plan, seed: int, data: Path, **parts: Any) -> Order:
    """The order of a process that plays a plan alone."""
    return Order(plan=drill, seed=seed, shard=0, shards=1, data=data, **parts)
