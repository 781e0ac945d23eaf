"""Forms: what the channel itself can tell of what a person typed."""

from collections.abc import Iterable

from essc_channels.core.texts import MEMBER_FIELDS
from essc_wire import id_numbers

_NAME_LENGTHS = range(2, 51)


def read_member(values: Iterable[tuple[str, str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The fields of a member's form, and which of them are not good."""
    typed = {field: value.strip() for field, value in values}
    read = {field: typed.get(field, "") for field in MEMBER_FIELDS}
    read["id_number"] = read["id_number"].upper()
    is_good = {
        "name": len(read["name"]) in _NAME_LENGTHS,
        "id_number": id_numbers.is_well_formed(read["id_number"]),
    }
    return read, tuple(field for field in MEMBER_FIELDS if not is_good[field])
