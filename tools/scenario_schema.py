"""Writes `scenarios/scenario.schema.json` from the models of steps; `--check` compares instead."""

import json
import sys
from pathlib import Path

from essc_workbench.scenarios.schema import schema

FILE = Path(__file__).resolve().parent.parent / "scenarios" / "scenario.schema.json"


def main() -> int:
    text = json.dumps(schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if "--check" not in sys.argv[1:]:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text, "utf-8")
        return 0
    if FILE.exists() and FILE.read_text("utf-8") == text:
        return 0
    print(f"{FILE.name} does not say what the steps say: run `make docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
