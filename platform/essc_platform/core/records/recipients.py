"""Who receives benefits, so that the eligibility is to be certified."""

from dataclasses import dataclass

from essc_platform.core.records.keys import CitizenKey, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person whom a bureau registered as a recipient of benefits."""

    key: CitizenKey
    register_time: Instant
