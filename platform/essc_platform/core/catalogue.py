"""The catalogue of services, and how operators keep it while the platform runs (逐步拓展, R60).

An entry never goes away: it is open in some regions, in all of them, or in none.
"""

from dataclasses import dataclass

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Instant, Level, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class AddService:
    """An operator adds an entry."""

    at: Instant
    service_id: str
    name_zh: str
    name_en: str
    needed_level: Level
    regions: tuple[str, ...]
    is_everywhere: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenService:
    """An operator opens an entry in a region, or everywhere."""

    at: Instant
    service_id: str
    region: str
    """Empty for the whole country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseService:
    """An operator closes an entry in a region, or everywhere."""

    at: Instant
    service_id: str
    region: str
    """Empty for the whole country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """An entry as it is now."""

    service: Service


def add_service(command: AddService, service: Service | None) -> Decision:
    """R60: an id is its entry's for good."""
    if service is not None:
        return Rejected(Reason.SERVICE_EXISTS)
    regions = () if command.is_everywhere else tuple(sorted(command.regions))
    added = Service(
        key=command.service_id,
        name_zh=command.name_zh,
        name_en=command.name_en,
        needed_level=command.needed_level,
        regions=regions,
        is_open_everywhere=command.is_everywhere,
    )
    return Accepted(answer=ServiceAnswer(service=added), changes=(added,))


def open_service(command: OpenService, service: Service | None) -> Decision:
    """R60: open in one region more, or everywhere. Where it is open already nothing changes."""
    if service is None:
        return Rejected(Reason.SERVICE_NOT_FOUND)
    if not command.region:
        return _changed(service, replace(service, regions=(), is_open_everywhere=True))
    if service.is_open_in(command.region):
        return _changed(service, service)
    regions = tuple(sorted((*service.regions, command.region)))
    return _changed(service, replace(service, regions=regions))


def close_service(command: CloseService, service: Service | None) -> Decision:
    """R60: closed in one region, or everywhere.

    The whole country is closed as a whole: what is open everywhere has no list to take a region
    from, and to change nothing would look as if it were closed there now.
    """
    if service is None:
        return Rejected(Reason.SERVICE_NOT_FOUND)
    if not command.region:
        return _changed(service, replace(service, regions=(), is_open_everywhere=False))
    if service.is_open_everywhere:
        return Rejected(Reason.REQUEST_INVALID)
    regions = tuple(each for each in service.regions if each != command.region)
    return _changed(service, replace(service, regions=regions))


def _changed(before: Service, after: Service) -> Accepted:
    changes = () if after == before else (after,)
    return Accepted(answer=ServiceAnswer(service=after), changes=changes)
