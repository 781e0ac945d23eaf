"""The catalogue, tickets and uses as the contract shows them."""

from essc.directory.v1 import directory_pb2
from essc_platform.core.records import Service


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
