"""Records that are made and copied faster are what the library would have made."""

import dataclasses
from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest

from essc_platform.core.quick import quick, replace


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    a: int
    b: str = "b"
    c: int | None = None

    def __post_init__(self) -> None:
        assert self.a >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    a: int
    b: str = "b"


@quick
@dataclass(frozen=True, slots=True)
class InOrder:
    a: int
    b: str = "b"
    c: int = dataclasses.field(default=3, kw_only=True)


def test_it_is_equal_hashed_and_shown_alike() -> None:
    record = Quick(a=1, c=2)

    assert record == Quick(a=1, b="b", c=2)
    assert record != Quick(a=1)
    assert hash(record) == hash((1, "b", 2))
    assert repr(record) == "Quick(a=1, b='b', c=2)"
    assert dataclasses.asdict(record) == {"a": 1, "b": "b", "c": 2}


def test_it_is_frozen_as_made_and_as_copied() -> None:
    for record in (Quick(a=1), replace(Quick(a=1), b="x")):
        with pytest.raises(FrozenInstanceError):
            record.a = 2  # type: ignore[misc]
        with pytest.raises(FrozenInstanceError):
            del record.a


def test_a_copy_changes_what_is_named_and_nothing_else() -> None:
    before = Quick(a=1, b="x", c=5)

    after = replace(before, c=None)

    assert after == Quick(a=1, b="x", c=None)
    assert before == Quick(a=1, b="x", c=5)
    assert dataclasses.replace(before, c=None) == after


def test_what_is_not_quick_is_copied_too() -> None:
    assert replace(Plain(a=1), b="x") == Plain(a=1, b="x")


def test_fields_by_place_come_before_those_by_name() -> None:
    assert InOrder(1, "x") == InOrder(1, b="x", c=3)
    assert replace(InOrder(1), c=4) == InOrder(1, "b", c=4)


@pytest.mark.parametrize("wrong", [{}, {"a": 1, "z": 2}, {"b": "x"}])
def test_a_missing_or_unknown_field_is_a_type_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Quick(**wrong)


def test_an_unknown_field_is_no_change() -> None:
    with pytest.raises(TypeError):
        replace(Quick(a=1), z=2)  # type: ignore[call-arg]


def test_what_a_record_asserts_of_itself_it_asserts_of_a_copy() -> None:
    with pytest.raises(AssertionError):
        replace(Quick(a=1), a=-1)
