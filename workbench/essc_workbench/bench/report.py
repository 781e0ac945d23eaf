"""What the benchmark says: a table for people, a flat object for programs."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from essc_workbench.bench.pairs import Contestant, Ratio
from essc_workbench.failures import UsageError


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach."""

    is_least: bool
    bound: float
    unit: str
    what: str

    def is_reached(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.bound:g}{self.unit}"


READ, WRITE, BATCHING = "read_ratio", "write_ratio", "batching_gain"
CODE, TICKET, BATCH_CODE = "code_ratio", "ticket_ratio", "batch_code_ratio"
REFUSAL, OVERLOAD, FAIRNESS = "refusal_cost", "overload_goodput", "fairness"
AUDIT, HISTORY = "audit_speed", "history_cost"
GENERATOR, LOCUST = "generator_ratio", "generator_vs_locust"
HONEST, LAG, RECOVERY = "honest_latency", "event_lag_ratio", "recovery_s"
OF_OTHERS = frozenset({AUDIT, HISTORY, GENERATOR, LOCUST, HONEST, LAG, RECOVERY})
"""Figures that are not of the platform alone; whoever measures them brings the measure."""
WRITE_TAIL = "write_p99_ratio"
GROWTH, GROWTH_CHANNELS = "growth_1m", "growth_400_channels"
RSS_MILLION = "platform_rss_mib_1m"
SEED, SEED_RSS = "seed_1m_s", "seed_rss_mib_1m"
PG_CPU, PG_RATE, PG_TAX = "pg_cpu_per_write", "pg_rate_vs_pgbench", "pg_process_tax"
FSYNC, RSS, IMPORT, READY = "fsync_ms", "platform_rss_mib_100k", "import_100k_s", "ready_s"
TARGETS: dict[str, Target | None] = {
    READ: Target(True, 0.68, "", "GetCard: cost of a bare call divided by ours"),
    WRITE: Target(True, 0.58, "", "Unlink and Apply: cost of a bare call divided by ours"),
    WRITE_TAIL: Target(False, 2.5, "", "p99 of these writes, divided by a bare call's p99"),
    BATCHING: Target(True, 2.0, "", "rate of these writes, divided by the rate one by one"),
    CODE: Target(True, 0.52, "", "CheckCode, used up: cost of a bare call divided by ours"),
    TICKET: Target(True, 0.42, "", "RedeemTicket: cost of a bare call divided by ours"),
    BATCH_CODE: Target(True, 1.5, "", "BatchCheckCodes of 50: the same, for each code"),
    REFUSAL: Target(False, 2.0, "", "an early refusal: its cost divided by a bare call's"),
    OVERLOAD: Target(True, 0.70, "", "good answers at 1.5 times the best rate, divided by it"),
    FAIRNESS: Target(True, 0.80, "", "good answers left to four channels beside a flood"),
    GROWTH: Target(False, 1.15, "", "cost with 10,000 to 1,000,000 citizens: largest / smallest"),
    GROWTH_CHANNELS: Target(False, 1.15, "", "cost with 4, 40, 400 channels: largest / smallest"),
    FSYNC: None,
    RSS: Target(False, 200, " MiB", "memory with 100,000 cards, four links each"),
    RSS_MILLION: Target(False, 300, " MiB", "memory with 1,000,000 citizens, after that growth"),
    IMPORT: Target(False, 30, " s", "import of 100,000 citizens with a card"),
    SEED: Target(False, 300, " s", "`essc seed` of 1,000,000 citizens, each with a card"),
    SEED_RSS: Target(False, 150, " MiB", "the most memory of the process that seeds them"),
    GENERATOR: Target(True, 0.85, "", "a bare closed loop's cost of a call, divided by a drill's"),
    LOCUST: Target(True, 1.3, "", "locust's cost of a call, divided by a drill's"),
    AUDIT: Target(True, 10, "", "seconds of a drill's load for each second of its audit"),
    HISTORY: Target(False, 1.05, "", "a drill's cost of a call with its history / without"),
    HONEST: Target(False, 0.05, "", "p99 and maximum beside a frozen platform: off arithmetic by"),
    LAG: Target(False, 20, "", "p99 of the lag of events at half load / p50 of a write"),
    RECOVERY: Target(False, 3, " s", "after a kill at the peak: up, until 90 % is good again"),
    PG_CPU: Target(False, 0.35, "", "PostgreSQL's cost of an unlink, ours divided by pgbench's"),
    PG_RATE: Target(True, 0.6, "", "unlinks a second on PostgreSQL, ours divided by pgbench's"),
    PG_TAX: Target(False, 1.30, "", "a platform's cost of a call, two processes / one"),
    READY: Target(False, 8, " s", "until the federation of seven processes is ready"),
}


@dataclass(slots=True)
class Report:
    """The figures so far, and the remarks that belong to them."""

    facts: list[tuple[str, str]]
    figures: dict[str, float | None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    contestants: list[Contestant] = field(default_factory=list)

    def add_ratio(self, key: str, ratio: Ratio) -> None:
        """A ratio of costs; no figure if too few pairs were good."""
        self.figures[key] = ratio.cpu if ratio.is_sound else None
        self.remarks.append(
            f"{key}: {ratio.cpu:.3f} by cost, {ratio.rate:.3f} by rate; {ratio.pairs} pairs "
            f"counted, {ratio.discarded} discarded (a server used less than 80 % of its core)"
        )
        if not ratio.is_sound:
            self.remarks.append(f"{key}: too few pairs are left; nothing is reported")

    def add_cost(self, key: str, ratio: Ratio) -> None:
        """A ratio of costs alone, of all pairs: a server that waits costs a little more."""
        self.figures[key] = ratio.cpu
        self.remarks.append(
            f"{key}: {ratio.cpu:.3f} by cost; in {ratio.pairs} of {ratio.pairs + ratio.discarded} "
            "pairs both servers used their core"
        )

    def print(self, console: Console) -> None:
        """The tables."""
        console.print(self._figures())
        if self.contestants:
            console.print(self._rates())
        for remark in self.remarks:
            console.print(remark, highlight=False, markup=False)
        for name, value in self.facts:
            console.print(f"{name}: {value}", highlight=False, markup=False)

    def write(self, path: Path) -> None:
        """One flat object. Raises UsageError if the file cannot be written."""
        rounded = {
            key: None if value is None else round(value, 4) for key, value in self._in_order()
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(rounded, indent=2) + "\n")
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}") from None

    def _in_order(self) -> list[tuple[str, float | None]]:
        return [(key, self.figures[key]) for key in TARGETS if key in self.figures]

    def _figures(self) -> Table:
        table = Table("figure", "value", "to reach", "", "what", title="Figures")
        for key, value in self._in_order():
            target = TARGETS[key]
            shown = "none" if value is None else f"{value:.3f}"
            if target is None:
                table.add_row(key, shown, "", "", "median of 200 times 4 KiB written and synced")
                continue
            is_reached = value is not None and target.is_reached(value)
            table.add_row(key, shown, str(target), "yes" if is_reached else "SHORT", target.what)
        return table

    def _rates(self) -> Table:
        table = Table(title="Servers on one core, 64 calls in flight (medians of windows)")
        for column in ("server", "calls/s", "cpu µs/call", "core used", "p50 ms", "p99 ms"):
            table.add_column(column, justify="left" if column == "server" else "right")
        for each in self.contestants:
            table.add_row(
                each.name,
                f"{each.rate:,.0f}",
                f"{each.cpu_us:.0f}",
                f"{each.share:.0%}",
                f"{each.latency_ms(50):.1f}",
                f"{each.latency_ms(99):.1f}",
            )
        return table
