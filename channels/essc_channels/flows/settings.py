"""Where a walk stands, as those see it who ask others on its behalf."""

from dataclasses import dataclass, field

from essc_channels.core.flow_kinds import Stage
from essc_channels.core.flow_records import Draft, Flow, Memory, Step
from essc_channels.core.records import Holding, Session
from essc_channels.flows.parties import Parties
from essc_channels.ports import Ask, Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A flow at this moment, with whom it can ask and on whose behalf."""

    parties: Parties
    flow: Flow
    session: Session
    draft: Draft = field(repr=False)
    ask: Ask

    @property
    def link(self) -> tuple[str, int]:
        """The link and its serial."""
        return (self.flow.memory.link_id, self.flow.memory.serial)

    @property
    def whose(self) -> Bound:
        """For whom something is done: whoever was chosen."""
        memory = self.flow.memory
        name = memory.choice(Stage.CHOOSE_PERSON).label
        return Bound(link_id=memory.link_id, binding_id=memory.binding_id, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What entering a stage gave: a step, unless it asks nothing; and what changed on the way."""

    memory: Memory
    step: Step | None = None
    holding: Holding | None = None
