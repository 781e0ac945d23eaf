"""Benefit eligibility certifications."""

from dataclasses import dataclass

from essc_platform.core.records.keys import CitizenKey, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """That a recipient of benefits was found alive and entitled, until when."""

    citizen: CitizenKey
    number: int
    """From 1, in the order of time."""
    certify_time: Instant
    expire_time: Instant
    is_by_binder: bool

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)
