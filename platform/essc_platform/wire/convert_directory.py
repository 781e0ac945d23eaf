"""The catalogue, tickets and uses as the contract shows them."""

from essc.directory.v1 import directory_pb2
from essc_platform.core.records import Service, Ticket
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp


def service(record: Service) -> directory_pb2.Service:
    """An entry of the catalogue."""
    return directory_pb2.Service(
        service_id=record.key,
        name_zh=record.name_zh,
        name_en=record.name_en,
        needed_level=int(record.needed_level),  # type: ignore[arg-type]
        regions=record.regions,
        is_open_everywhere=record.is_open_everywhere,
    )


def use(record: Ticket, vault: Vault) -> directory_pb2.Use:
    """What came of a ticket."""
    return directory_pb2.Use(
        use_id=vault.write_use_id(record.citizen, record.number),
        service_id=record.service_id,
        redeem_time=optional_timestamp(record.redeem_time),
        close_time=optional_timestamp(record.close_time),
        outcome=int(record.outcome or 0),  # type: ignore[arg-type]
        is_for_member=record.binding is not None,
    )
