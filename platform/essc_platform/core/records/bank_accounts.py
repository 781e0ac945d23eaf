"""The bank account of a physical card."""

from dataclasses import dataclass, field

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import CitizenKey, Instant


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """The bank account that a bureau opened on a physical card; closed once it has a close time."""

    citizen: CitizenKey
    physical_card: int
    bank_id: str
    reserved_phone: str = field(repr=False)
    open_time: Instant
    close_time: Instant | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.physical_card)

    @property
    def is_open(self) -> bool:
        return self.close_time is None
