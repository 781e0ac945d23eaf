"""What a process of the generator is told to do."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from essc_workbench.drills.plan import Plan


class Order(BaseModel):
    """One shard of one drill."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: Plan
    seed: int
    """Instead of the plan's own."""
    shard: int = Field(ge=0)
    shards: int = Field(ge=1)
    data: Path
    """The data folder of the federation: addresses and keys."""
    notes: Path | None = None
    """Where the process writes down what it called and was answered; None for no history."""
    notes_key: str = ""
    """What its notes are made unreadable with, in hex; empty for the key of the preparation."""
    origin_ns: int = 0
    """Since when times in notes count, on this machine's monotonic clock."""
    doors: dict[str, str] = Field(default_factory=dict)
    """By channel, where the gate leads its calls; nowhere if nobody goes through it."""

    @property
    def name(self) -> str:
        """What this process is called in files."""
        return f"generator-{self.shard}"

    def line(self) -> bytes:
        """As it travels."""
        return self.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """One journey in one channel: what latencies and outcomes are told apart by."""

    journey: str
    channel: str
    weight: float


def kinds_of(plan: Plan) -> tuple[Kind, ...]:
    """The mix of a plan, in its own order: the same in every process."""
    return tuple(
        Kind(journey, channel, weight)
        for channel, mix in plan.journeys.items()
        for journey, weight in mix.items()
    )
