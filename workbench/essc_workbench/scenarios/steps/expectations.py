"""What should be seen by people: panels, cards, records, messages, orders.

An expectation looks once, now. With `within` it looks again until it is so, or that time is over;
where everything that follows should have arrived, `settle` before it is the better way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from essc.channel.v1.channel_pb2 import Edition, FlowKind, Panel, RecordEntry
from essc.registry.v1.physical_card_pb2 import PhysicalCard, PhysicalCardStatus
from essc.settlement.v1.order_pb2 import Order
from essc_workbench.enrolment import PROVIDER
from essc_workbench.inboxes import Inbox
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.fields import (
    ChannelName,
    ChannelNames,
    CitizenName,
    Name,
    Refers,
    ThingName,
    names_of,
)
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Words
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.steps.references import kept
from essc_workbench.scenarios.vocabulary import FlowVerb, FlowVerbs, RecordKind, RecordKinds

_POLL_S = 0.05
Facts = Mapping[str, object]
PanelState = Literal[
    "not_opened",
    "awaiting_consent",
    "awaiting_display_consent",
    "usable",
    "blocked",
    "ended",
    "unknown",
]
CardStatus = Literal["sealed", "normal", "temporarily_lost", "lost", "locked", "cancelled"]
OrderState = Literal["open", "settling", "settled", "unpaid", "refunding", "refunded", "ended"]


class Expecting(Step):
    """Something should be so."""

    expects: ClassVar[tuple[str, ...]] = ()
    """Fields of which one has to say something: without them nothing would be expected."""

    within: float = Field(
        0.0, ge=0, le=30, description="For how many seconds it may still become so; 0: now."
    )

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        said = (getattr(self, name) for name in self.expects)
        if self.expects and all(each is None or each in ((), "", {}) for each in said):
            raise ValueError(f"expects nothing; it needs one of: {', '.join(self.expects)}")
        return self

    async def see(
        self, stage: Stage, about: str, wanted: Facts, look: Callable[[], Awaitable[Facts]]
    ) -> None:
        """Looks until what is wanted is seen, or the time is over, and expects it."""
        until = time.monotonic() + self.within
        seen = await look()
        while not _holds(wanted, seen) and time.monotonic() < until:
            await asyncio.sleep(_POLL_S)
            seen = await look()
        shown = {name: seen.get(name) for name in wanted}
        stage.expect(about, told(wanted), told(shown), is_met=_holds(wanted, seen))


def _holds(wanted: Facts, seen: Facts) -> bool:
    return all(seen.get(name) == value for name, value in wanted.items())


def told(facts: Facts) -> str:
    """Facts in one line."""
    return ", ".join(f"{name}: {_word(value)}" for name, value in facts.items())


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " + ".join(map(str, value)) if isinstance(value, tuple) else str(value)


class ExpectPanel(Expecting):
    """What the home page of a channel shows a citizen."""

    verb = "expect_panel"

    citizen: CitizenName = Field(description="Whose home page.")
    channel: ChannelNames = Field(description="In which channel; of a list, in each.")
    device: str = Field("phone", description="On which of their phones.")
    state: PanelState = Field(description="The panel's state.")
    reason: Name = Field("", description="Why it is blocked, ended or unknown.")
    offers: FlowVerbs = Field((), description="Flows that are offered, as verbs.")
    hides: FlowVerbs = Field((), description="Flows that are not offered, as verbs.")
    level: Literal["query", "payment"] | None = Field(None, description="What the link may do.")
    members: int | None = Field(None, ge=0, le=10, description="How many bound members it shows.")
    is_copy: bool | None = Field(
        None, description="Whether it is the channel's copy, marked with its age (截至)."
    )
    edition: Literal["standard", "elder"] | None = Field(
        None, description="The edition that is asked for; else the channel's own."
    )
    first: FlowVerb = Field("", description="The flow that is offered first, as a verb.")

    async def play(self, stage: Stage) -> None:
        for channel_id in names_of(self.channel):
            about = f"{self.citizen} in {channel_id}: the panel"
            phone = await stage.phone(self.citizen, channel_id, self.device)
            edition = Edition.Value(f"EDITION_{(self.edition or 'unspecified').upper()}")

            async def look() -> Facts:
                return panel_facts(await phone.home(edition), self)  # noqa: B023 - within the turn

            await self.see(stage, about, self._wanted(), look)

    def _wanted(self) -> Facts:
        wanted: dict[str, object] = {"state": self.state}
        if self.reason or self.state in ("blocked", "ended"):
            wanted["reason"] = self.reason or "some"
        wanted |= {f"offers {verb}": True for verb in names_of(self.offers)}
        wanted |= {f"offers {verb}": False for verb in names_of(self.hides)}
        asked = {"level": self.level, "members": self.members, "a copy": self.is_copy}
        wanted |= {name: value for name, value in asked.items() if value is not None}
        return wanted | ({"first": self.first} if self.first else {})


def panel_facts(panel: Panel, asked: ExpectPanel) -> Facts:
    """What a panel shows of what is asked."""
    offered = [verb_of(kind) for kind in panel.offered_flows]
    facts: dict[str, object] = {f"offers {verb}": True for verb in offered}
    facts |= {f"offers {verb}": False for verb in names_of(asked.hides) if verb not in offered}
    return facts | {
        "state": Panel.State.Name(panel.state).removeprefix("STATE_").lower(),
        "reason": panel.reason if asked.reason or not panel.reason else "some",
        "level": {1: "query", 2: "payment"}.get(panel.level, "none"),
        "members": len(panel.members),
        "a copy": panel.HasField("as_of_time"),
        "first": offered[0] if offered else "nothing",
    }


def verb_of(kind: FlowKind.ValueType) -> str:
    """A flow as the verb of its step."""
    return FlowKind.Name(kind).removeprefix("FLOW_KIND_").lower()


class ExpectCard(Expecting):
    """What the bureau has on record of a citizen's physical card."""

    verb = "expect_card"

    citizen: CitizenName = Field(description="Whose.")
    status: CardStatus = Field(description="The physical card's status.")
    region: str = Field(
        "", pattern="^([0-9]{6})?$", description="The card of which region; else the newest."
    )
    cards: int | None = Field(None, ge=0, le=20, description="How many cards there are in all.")
    bank: Annotated[Name | None, Refers.BANK] = Field(
        None, description="The bank of its open account."
    )

    async def play(self, stage: Stage) -> None:
        wanted: dict[str, object] = {"status": self.status}
        asked = {"cards": self.cards, "bank": self.bank}
        wanted |= {name: value for name, value in asked.items() if value is not None}

        async def look() -> Facts:
            who = await stage.bureau.citizen(stage.citizen(self.citizen).persona.id_number)
            cards = [c for c in who.physical_cards if self.region in ("", c.region)]
            newest = max(cards, key=_issued) if cards else PhysicalCard()
            name = PhysicalCardStatus.Name(newest.status).removeprefix("PHYSICAL_CARD_STATUS_")
            return {
                "status": name.lower(),
                "cards": len(who.physical_cards),
                "bank": newest.bank_id,
            }

        await self.see(stage, f"{self.citizen}: the physical card", wanted, look)


def _issued(card: PhysicalCard) -> int:
    return card.issue_time.ToNanoseconds()


class ExpectRecords(Expecting):
    """What stands in a citizen's own record, read in a channel."""

    verb = "expect_records"
    expects = ("counts", "newest", "says")

    citizen: CitizenName = Field(description="Whose.")
    channel: ChannelName = Field(description="In which channel it is read.")
    counts: dict[RecordKind, int] = Field(
        description="How many entries there are of a kind, as the contract names it: CERTIFIED: 1."
    )
    newest: RecordKinds = Field((), description="The kinds of the newest entries, newest first.")
    says: Words = Field((), description="Words that stand somewhere in it.")

    async def play(self, stage: Stage) -> None:
        phone = await stage.phone(self.citizen, self.channel)
        wanted: dict[str, object] = dict(self.counts)
        if self.newest:
            wanted["newest"] = names_of(self.newest)
        wanted |= {f"says {words}": True for words in names_of(self.says)}

        async def look() -> Facts:
            entries = await phone.records()
            kinds = tuple(entry.kind.removeprefix("KIND_") for entry in entries)
            read = " / ".join(map(_read, entries))
            return {
                **{kind: kinds.count(kind) for kind in self.counts},
                "newest": kinds[: len(names_of(self.newest))],
                **{f"says {words}": words in read for words in names_of(self.says)},
            }

        about = f"{self.citizen} in {self.channel}: the record"
        await self.see(stage, about, wanted, look)


def _read(entry: RecordEntry) -> str:
    return f"{entry.text.en} {entry.place.en} {entry.text.zh} {entry.place.zh}"


class ExpectMessages(Expecting):
    """Text messages on a citizen's phone, of the last twenty."""

    verb = "expect_messages"
    expects = ("count", "says")

    citizen: CitizenName = Field(description="Whose phone.")
    channel: ChannelName = Field(
        "",
        description="Of this channel's bank, to the reserved phone; else of the platform.",
    )
    count: int | None = Field(None, ge=0, le=20, description="How many there are.")
    says: Words = Field((), description="Words that stand in some message.")

    async def play(self, stage: Stage) -> None:
        connections, phone = stage.connections, stage.citizen(self.citizen).persona.phone
        at = connections.lab(self.channel or PLATFORM)
        wanted: dict[str, object] = {} if self.count is None else {"messages": self.count}
        wanted |= {f"says {words}": True for words in names_of(self.says)}

        async def look() -> Facts:
            texts = await Inbox(at, phone).texts()
            return {
                "messages": len(texts),
                **{f"says {words}": words in " / ".join(texts) for words in names_of(self.says)},
            }

        await self.see(stage, f"{self.citizen}: text messages", wanted, look)


class ExpectOrder(Expecting):
    """An order as its provider sees it."""

    verb = "expect_order"

    order: ThingName = Field(description="The order that was kept under this name.")
    state: OrderState = Field(description="Its state.")
    provider: Name = Field(PROVIDER, description="Which provider.")

    async def play(self, stage: Stage) -> None:
        order_id = kept(stage, self.order, Order, "order").order_id
        provider = stage.provider(self.provider)

        async def look() -> Facts:
            order = await provider.order(order_id)
            return {"state": Order.State.Name(order.state).removeprefix("STATE_").lower()}

        await self.see(stage, f"the order {self.order}", {"state": self.state}, look)
