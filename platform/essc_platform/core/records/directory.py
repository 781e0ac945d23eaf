"""The catalogue of services."""

from dataclasses import dataclass

from essc_platform.core.records.links import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An entry of the catalogue (R60): who may use it, and where it is open."""

    key: str
    name_zh: str
    name_en: str
    needed_level: Level
    regions: tuple[str, ...]
    """Where it is open, sorted; empty while it is open everywhere."""
    is_open_everywhere: bool

    def is_open_in(self, region: str) -> bool:
        """R63: whether a person whose card is of this region can use it."""
        return self.is_open_everywhere or region in self.regions
