"""The catalogue of services."""

from essc_platform.core.records import Level, Service
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

_LEVELS = {int(each): each for each in Level}


def _service(r: Row) -> Service:
    return Service(
        key=r[0],
        name_zh=r[1],
        name_en=r[2],
        needed_level=_LEVELS[r[3]],
        regions=tuple(r[4].split()),
        is_open_everywhere=bool(r[5]),
    )


MAPPINGS = (
    Mapping(
        Service,
        tables.services,
        lambda s: (
            s.key,
            s.name_zh,
            s.name_en,
            s.needed_level,
            " ".join(s.regions),
            s.is_open_everywhere,
        ),
        _service,
    ),
)
