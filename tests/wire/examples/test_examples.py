"""The examples in `docs/contract/examples` are what the running programs ask and answer.

They are committed. To write them anew, `make docs` runs this with ESSC_WRITE_EXAMPLES=1.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.wire.examples.recording import METHOD_OF, Recorder
from tests.wire.examples.tour import Tour
from tests.wire.people import a_world

from essc_platform.making import initialise

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "contract" / "examples"


async def recorded(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """One good call of each method."""
    recorder = Recorder()
    recorder.install(patch)
    # Its clock stands at another time: it has a folder of that time.
    worlds = a_world(folder / "platform", make=initialise, loss="holder_consent")
    async with worlds as world:
        await Tour(recorder, world, folder).go()
    return recorder.examples


async def test_the_examples_are_what_was_asked_and_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = await recorded(tmp_path, monkeypatch)
    by_service: dict[str, dict[str, Any]] = {}
    for name, example in sorted(examples.items()):
        by_service.setdefault(name.rpartition(".")[0], {})[name] = example
    written = {
        f"{service.removeprefix('essc.')}.json": json.dumps(found, ensure_ascii=False, indent=2)
        + "\n"
        for service, found in by_service.items()
    }

    if os.environ.get("ESSC_WRITE_EXAMPLES"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in FOLDER.glob("*.json"):
            path.unlink()
        for file, text in written.items():
            (FOLDER / file).write_text(text)

    assert set(METHOD_OF.values()) - set(examples) == set()
    kept = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert kept.keys() == written.keys(), "run `make docs`"
    for file, text in written.items():
        assert text == kept[file], f"{file}: run `make docs`"
