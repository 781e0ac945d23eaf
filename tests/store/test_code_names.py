"""What codes name, from memory and from the store."""

from dataclasses import replace

import pytest
from tests.store import stories
from tests.store.codes import CODE, WIDE
from tests.store.counting import reading
from tests.store.stories import NOON, ZHANG

from essc_platform.core.acting import BindingName
from essc_platform.core.codes import CodeName
from essc_platform.store import views_codes
from essc_platform.store.views_codes import CodeNames

OWN = CodeName(ZHANG, 700, "bank", None)
MEMBERS = CodeName(WIDE, 701, "bank", BindingName(5, ZHANG))
CODES = (CODE, replace(CODE, citizen=WIDE, number=701, binding=5, member=ZHANG))
PLACES = [(ZHANG, 700), (WIDE, 701), (ZHANG, 702)]


async def test_codes_are_named_the_same_from_memory_and_from_the_store() -> None:
    with stories.memory(CODES) as connection:
        names = CodeNames(reading(connection))
        found = await names.find(PLACES)
        names.apply(CODES)
        connection.forget()

        assert found == {PLACES[0]: OWN, PLACES[1]: MEMBERS}
        assert await names.find(PLACES[:2]) == found
        assert connection.statements == []
        assert await names.find(PLACES) == found


async def test_no_more_codes_are_kept_than_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views_codes, "NAMES_MAX", 1)

    with stories.memory([]) as connection:
        names = CodeNames(reading(connection))
        names.apply((*CODES, replace(CODE, use_time=NOON)))

        assert await names.find(PLACES) == {PLACES[1]: MEMBERS}
