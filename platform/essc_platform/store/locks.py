"""What keeps the batches of several processes apart, on PostgreSQL.

The federation's row before the citizens', the citizens' in the order of their keys: so whoever
waits never holds what the other one needs first.
"""

from sqlalchemy import and_, literal_column, select

from essc_platform.store import tables
from essc_platform.store.facts import CLOCK_OFFSET, FEDERATION
from essc_platform.store.statements import in_postgresql, unnested

_C, _F = tables.citizens.c, tables.facts.c
_WANTED = unnested("wanted", {"bucket": _C.bucket, "citizen": _C.citizen})

LOCK = in_postgresql(
    select(_C.bucket, _C.citizen)
    .join(_WANTED, and_(_WANTED.c.bucket == _C.bucket, _WANTED.c.citizen == _C.citizen))
    .order_by(_C.bucket, _C.citizen)
    .with_for_update(of=tables.citizens)
)
"""The citizens under two arrays of keys, locked one after the other."""
FEDERATION_LOCK = in_postgresql(
    select(_F.value).where(_F.name == literal_column(f"'{FEDERATION}'")).with_for_update()
)
"""What belongs to all: one batch at a time changes it."""
OFFSET = f"coalesce((SELECT value::bigint FROM facts WHERE name = '{CLOCK_OFFSET}'), 0)"  # noqa: S608 - a constant
CLOCK = in_postgresql(
    f"SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint + {OFFSET}"  # noqa: S608 - constants
)
"""The time of a batch, asked once all its locks are held: whoever waited is later."""
