"""The platform's snapshot for audits: what the store holds, list by list, as the contract tells it.

Links, checks, orders, uses and physical cards bear the ids by which their parties know them. What
admits somebody never leaves: proofs, codes and tickets have a key of this snapshot in their place.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from google.protobuf.message import Message

from essc.lab.v1 import audit_service_pb2 as pb
from essc_platform.clock import PartyClock
from essc_platform.lab import audit_people as people
from essc_platform.lab import audit_things as things
from essc_platform.lab.audit_keys import Keys
from essc_platform.store.audit import AuditStore
from essc_platform.store.connections import Glance
from essc_platform.vault import Vault
from essc_wire.times import to_timestamp


class PlatformSnapshot:
    """One look at one platform's store."""

    def __init__(self, glance: Callable[[], Glance], vault: Vault, clock: PartyClock) -> None:
        self._store = AuditStore(glance())
        self._vault = vault
        self._time = clock.now()
        self._keys = Keys()

    def header(self) -> pb.ExportHeader:
        return pb.ExportHeader(
            party_id=self._vault.platform_id, is_platform=True, time=to_timestamp(self._time)
        )

    def lists(self) -> Iterable[tuple[str, Callable[[], Iterator[Message]]]]:
        for name, read in (*people.LISTS.items(), *things.LISTS.items()):
            yield name, partial(read, self._store, self._vault, self._keys)

    def close(self) -> None:
        self._store.close()
