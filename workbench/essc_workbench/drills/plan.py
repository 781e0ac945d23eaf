"""A drill plan as data: what a file says, checked, before anything runs.

title: {en: Codes at rush hour, zh: 高峰时段扫码}
federation: {channels: [wechat, alipay]}
population: {citizens: 2000, linked: 0.9, hot: 1.1}
journeys:
  wechat: {panel: 5, show_and_scan: 3}
  alipay: {panel: 2}
load:
  - steady: {rate: 200, lasts: 20s}
  - spike: {rate: 200, peak: 600, lasts: 10s}
objectives:
  - {latency: 99, within: 100ms, journey: panel}
  - {good: 0.999}
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from essc_workbench.drills.fields import ShortSpan
from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.scenarios.fields import ChannelName, PartyName
from essc_workbench.scenarios.scenario import SEED_MAX, Title

RATE_MAX = 100_000.0
CITIZENS_MAX = 4_000_000
FAULTS_MAX = 64
PHASES_MAX = 64
PROCESSES_MAX = 64
STEPS_MAX = 200
OBJECTIVES_MAX = 64

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

Share = Annotated[float, Field(ge=0, le=1)]
Least = Annotated[float, Field(gt=0, le=1)]
"""A share that can be missed."""
Most = Annotated[float, Field(ge=0, lt=1)]
"""A share that can be exceeded."""
Rate = Annotated[float, Field(gt=0, le=RATE_MAX)]
Percentile = Annotated[float, Field(gt=0, le=100)]


class Part(BaseModel):
    """A part of a plan."""

    model_config = _STRICT


class FederationPlan(Part):
    """Which federation the drill needs."""

    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1, max_length=32)] = Field(
        description="The channels; one of tier 2 needs its parent too."
    )
    tls: bool = Field(default=False, description="TLS between all parties.")
    admission: bool = Field(
        default=True, description="The platform's protection against overload; off for contrast."
    )


class PopulationPlan(Part):
    """Who lives there when the clock starts."""

    citizens: int = Field(1000, ge=1, le=CITIZENS_MAX, description="How many.")
    linked: Share = Field(
        1.0, description="Which share of them has a card, and a link in every channel."
    )
    third: Share = Field(
        0.0,
        description="Which share of those who are not linked has a card of the third generation, "
        "which is delivered to every channel that receives new cards.",
    )
    families: Share = Field(0.0, description="Which share of the households is bound as families.")
    hot: float = Field(
        0.0,
        ge=0,
        le=3,
        description="How much a few are asked for more than others: the exponent of Zipf's law; "
        "0: all alike.",
    )


class Steady(Part):
    """The same rate all the time."""

    rate: Rate = Field(description="Journeys a second.")
    lasts: ShortSpan = Field(description="How long.")


class Steps(Part):
    """A rate that rises by steps."""

    from_: Rate = Field(alias="from", description="The first step's rate.")
    to: Rate = Field(description="The last step's rate.")
    by: Rate = Field(description="How much higher each step is.")
    each: ShortSpan = Field(description="How long each step lasts.")

    @model_validator(mode="after")
    def _rises(self) -> "Steps":
        if self.to <= self.from_:
            raise ValueError("steps rise: `to` is more than `from`")
        if (self.to - self.from_) / self.by > STEPS_MAX - 1:
            raise ValueError(f"more than {STEPS_MAX} steps")
        return self


class Ramp(Part):
    """A rate that changes evenly."""

    from_: Rate = Field(alias="from", description="The rate at the start.")
    to: Rate = Field(description="The rate at the end.")
    lasts: ShortSpan = Field(description="How long.")


class Spike(Part):
    """A rate that jumps up in the middle third, and down again."""

    rate: Rate = Field(description="The rate before and after.")
    peak: Rate = Field(description="The rate of the middle third.")
    lasts: ShortSpan = Field(description="How long in all.")

    @model_validator(mode="after")
    def _jumps(self) -> "Spike":
        if self.peak <= self.rate:
            raise ValueError("a spike goes up: `peak` is more than `rate`")
        return self


class Day(Part):
    """A day's sine: least at the start and the end, most in the middle."""

    low: Rate = Field(description="The least rate.")
    high: Rate = Field(description="The greatest rate.")
    lasts: ShortSpan = Field(description="How long the day takes.")

    @model_validator(mode="after")
    def _swings(self) -> "Day":
        if self.high <= self.low:
            raise ValueError("a day swings: `high` is more than `low`")
        return self


class Phase(Part):
    """One stretch of the load: exactly one of its kinds."""

    steady: Steady | None = None
    steps: Steps | None = None
    ramp: Ramp | None = None
    spike: Spike | None = None
    day: Day | None = None

    @model_validator(mode="after")
    def _one(self) -> "Phase":
        if len(self.model_fields_set) != 1:
            raise ValueError("exactly one of: steady, steps, ramp, spike, day")
        return self

    @property
    def shape(self) -> "Shape":
        """The kind that is filled."""
        found = self.steady or self.steps or self.ramp or self.spike or self.day
        assert found is not None
        return found


Shape: TypeAlias = Steady | Steps | Ramp | Spike | Day


class CallersPlan(Part):
    """How those behave who call."""

    deadline: ShortSpan = Field("2s", validate_default=True, description="Of a whole journey.")
    attempts: int = Field(
        3, ge=1, le=10, description="How often a call is sent at most, with the same request id."
    )
    honour_retry_info: bool = Field(
        default=True, description="Whether a busy platform is left alone as long as it asks."
    )
    connections: int = Field(
        1, ge=1, le=16, description="Connections of one channel, in each process."
    )
    in_flight: int = Field(
        1024, ge=1, le=65_536, description="Journeys under way at most, in each process."
    )


class FaultPlan(Part):
    """Something that happens to a party: exactly one kind."""

    at: ShortSpan = Field(description="When, from the start of the load.")
    lasts: ShortSpan = Field(
        "1s",
        validate_default=True,
        description="How long; restart, disconnect and advance have no length.",
    )
    kill: PartyName | None = Field(None, description="SIGKILL; started again when it is over.")
    freeze: PartyName | None = Field(None, description="SIGSTOP; goes on when it is over.")
    restart: PartyName | None = Field(None, description="Stopped in order, and started again.")
    suspend: ChannelName | None = Field(None, description="The operator suspends the channel.")
    disconnect: ChannelName | None = Field(
        None, description="The channel's connections of the drill are closed and opened anew."
    )
    lose_answers: ChannelName | None = Field(
        None,
        description="Answers to the channel, or to its phones, are lost: of those calls that go "
        "through the gate.",
    )
    advance: ShortSpan | None = Field(None, description="All clocks go forward by this.")

    @model_validator(mode="after")
    def _one(self) -> "FaultPlan":
        if len(self.model_fields_set - {"at", "lasts"}) != 1:
            raise ValueError(
                "exactly one of: kill, freeze, restart, suspend, disconnect, lose_answers, advance"
            )
        return self


_NO_JOURNEY = "events do not say whose they are, and a drill recovers as a whole"
_NO_CHANNEL = "fairness compares all channels, and a drill recovers as a whole"


class ObjectivePlan(Part):
    """What must hold: exactly one of latency, good, event_lag, fairness, recovers."""

    latency: Percentile | None = Field(
        None, description="The percentile of latency from intended time; with `within`."
    )
    good: Least | None = Field(None, description="The least share of journeys that end well.")
    event_lag: Percentile | None = Field(
        None, description="The percentile of the lag of events; with `within`."
    )
    fairness: Least | None = Field(
        None,
        description="The least share of good answers of any channel, divided by the greatest.",
    )
    recovers: ShortSpan | None = Field(
        None, description="After each fault, 90 % of the wanted rate is good again within this."
    )
    within: ShortSpan | None = Field(None, description="The bound of a percentile.")
    journey: JourneyName | None = Field(
        None, description="Only this journey: of latency, good or fairness. Default: all."
    )
    channel: ChannelName | None = Field(
        None, description="Only this channel: of latency, good or event_lag. Default: all."
    )

    @model_validator(mode="after")
    def _one(self) -> "ObjectivePlan":
        kinds = {"latency", "good", "event_lag", "fairness", "recovers"} & self.model_fields_set
        if len(kinds) != 1:
            raise ValueError("exactly one of: latency, good, event_lag, fairness, recovers")
        if (self.latency or self.event_lag) and self.within is None:
            raise ValueError("a percentile needs its bound: within")
        if self.within is not None and not (self.latency or self.event_lag):
            raise ValueError("`within` belongs to latency or event_lag")
        if self.journey and not (self.latency or self.good or self.fairness):
            raise ValueError(f"`journey` belongs to latency, good or fairness: {_NO_JOURNEY}")
        if self.channel and not (self.latency or self.good or self.event_lag):
            raise ValueError(f"`channel` belongs to latency, good or event_lag: {_NO_CHANNEL}")
        return self


class StopPlan(Part):
    """When the drill ends early: any of these, over the last five seconds."""

    bad: Most | None = Field(
        None, description="The share of refused, failed and unknown journeys that ends it."
    )
    latency: ShortSpan | None = Field(None, description="The 99th percentile that ends it.")
    lateness: Most | None = Field(
        None, description="The share of late sends that ends it; it is void then."
    )


class Plan(Part):
    """A drill."""

    title: Title = Field(description="What it drills.")
    seed: int = Field(0, ge=0, le=SEED_MAX, description="What all random choices follow from.")
    federation: FederationPlan = Field(description="Who takes part.")
    population: PopulationPlan = Field(PopulationPlan(), description="Who lives there.")
    via: Literal["platform", "phones"] = Field(
        "platform",
        description="Who sends: the channels to the platform, or phones to the channels.",
    )
    journeys: Annotated[
        dict[
            ChannelName,
            Annotated[
                dict[JourneyName, Annotated[float, Field(gt=0, le=1e6)]], Field(min_length=1)
            ],
        ],
        Field(min_length=1, max_length=32),
    ] = Field(description="By channel, the weight of each journey in the mix of all.")
    load: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=PHASES_MAX)] = Field(
        description="The rate over time."
    )
    arrival: Literal["poisson", "even"] = Field(
        "poisson", description="Whether journeys come by chance or like a metronome."
    )
    callers: CallersPlan = Field(CallersPlan(), description="How the callers behave.")
    gate: Share = Field(
        0.0, description="Which share of the callers goes through the gate, which costs rate."
    )
    faults: Annotated[tuple[FaultPlan, ...], Field(max_length=FAULTS_MAX)] = Field(
        (), description="What happens meanwhile."
    )
    objectives: Annotated[
        tuple[ObjectivePlan, ...], Field(min_length=1, max_length=OBJECTIVES_MAX)
    ] = Field(description="What must hold.")
    stop: StopPlan = Field(StopPlan(), description="When it ends early.")
    processes: int = Field(1, ge=1, le=PROCESSES_MAX, description="Processes of the generator.")
