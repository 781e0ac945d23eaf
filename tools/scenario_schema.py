"""Writes what scenario files and drill plans are checked by; `--check` compares instead.

- `scenarios/scenario.schema.json`, for editors, from the models of steps
- `drills/drill.schema.json`, likewise, from the model of plans
- the names of the personas, from the platform's own table
"""

import json
import sys
from pathlib import Path

from essc_platform.lab.personas import PERSONAS
from essc_workbench.drills.schema import schema as drill_schema
from essc_workbench.scenarios.knowledge import PERSONAS_FILE
from essc_workbench.scenarios.schema import schema

ROOT = Path(__file__).resolve().parent.parent
WORKBENCH = ROOT / "workbench" / "essc_workbench" / "scenarios"


def main() -> int:
    texts = {
        ROOT / "scenarios" / "scenario.schema.json": written(schema()),
        ROOT / "drills" / "drill.schema.json": written(drill_schema()),
        WORKBENCH / PERSONAS_FILE: written(sorted(each.persona_id for each in PERSONAS)),
    }
    if "--check" not in sys.argv[1:]:
        for path, text in texts.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        return 0
    stale = [path for path, text in texts.items() if not is_fresh(path, text)]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is stale: run `make docs`", file=sys.stderr)
    return 1 if stale else 0


def written(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def is_fresh(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
