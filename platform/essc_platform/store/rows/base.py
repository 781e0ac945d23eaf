"""What all mappings share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Table

from essc_platform.core.records import Change

R = TypeVar("R", bound=Change)
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Mapping(Generic[R]):
    """How a record type lies in its table. Rows are in the order of the table's columns."""

    kind: type[R]
    table: Table
    to_row: Callable[[R], Row]
    from_row: Callable[[Row], R]
