"""What should be true at the parties themselves, as their snapshots and their operator tell.

Names that the contract has in capitals are written as there; states of links and channels in small
letters.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from essc.admin.v1.party_pb2 import Channel
from essc.card.v1.card_pb2 import Link
from essc.event.v1.event_pb2 import Event
from essc.family.v1.family_pb2 import Relation
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.exports import exported
from essc_workbench.scenarios.fields import (
    ChannelName,
    ChannelNames,
    CitizenName,
    CitizenNames,
    Name,
    Refers,
    Span,
    names_of,
)
from essc_workbench.scenarios.settling import Left
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.steps.expectations import Expecting, Facts
from essc_workbench.scenarios.vocabulary import EventKind

_SECOND = timedelta(seconds=1)


async def platform_state(stage: Stage, *lists: str) -> ExportResponse:
    """The platform's snapshot, with the citizens in any case."""
    return await exported(stage.connections.platform_lab(), "citizens", *lists)


def key_of(stage: Stage, state: ExportResponse, alias: str) -> str:
    """A citizen's key in a snapshot; empty for one whom it does not hold."""
    id_number = stage.citizen(alias).persona.id_number
    return next((each.citizen for each in state.citizens if each.id_number == id_number), "")


class ExpectLinks(Expecting):
    """A citizen's links as the platform holds them, by channel."""

    verb = "expect_links"
    expects = ("states", "serials", "levels")

    citizen: CitizenName = Field(description="Whose.")
    states: Annotated[
        dict[Name, Literal["none", "delivered", "active", "unlinked"]], Refers.CHANNEL
    ] = Field(description="The state of the link in each channel that is named.")
    serials: Annotated[dict[Name, int], Refers.CHANNEL] = Field(
        default_factory=dict, description="The serial of the link in each channel that is named."
    )
    levels: Annotated[dict[Name, Literal["query", "payment"]], Refers.CHANNEL] = Field(
        default_factory=dict, description="The level of the link in each channel that is named."
    )

    async def play(self, stage: Stage) -> None:
        wanted: dict[str, object] = dict(self.states)
        wanted |= {f"{channel}'s serial": serial for channel, serial in self.serials.items()}
        wanted |= {f"{channel}'s level": level for channel, level in self.levels.items()}

        async def look() -> Facts:
            state = await platform_state(stage, "links")
            key = key_of(stage, state, self.citizen)
            facts: dict[str, object] = dict.fromkeys(self.states, "none")
            for link in (each for each in state.links if each.citizen == key):
                name = Link.State.Name(link.state).removeprefix("STATE_").lower()
                facts[link.channel_id] = name
                facts[f"{link.channel_id}'s serial"] = link.serial
                level = {1: "query", 2: "payment"}.get(link.level, "none")
                facts[f"{link.channel_id}'s level"] = level
            return facts

        await self.see(stage, f"{self.citizen}: links at the platform", wanted, look)


class ExpectFamily(Expecting):
    """A citizen's family bindings as the platform holds them, on both sides."""

    verb = "expect_family"
    expects = ("members", "binders", "member_count", "binder_count", "used")

    citizen: CitizenName = Field(description="Whose.")
    members: CitizenNames | None = Field(None, description="Whom they have bound now.")
    binders: CitizenNames | None = Field(None, description="Who has bound them now.")
    member_count: int | None = Field(None, ge=0, le=10, description="How many they have bound.")
    binder_count: int | None = Field(None, ge=0, le=10, description="How many have bound them.")
    used: dict[Literal["PARENT", "CHILD", "SPOUSE", "OTHER"], int] = Field(
        default_factory=dict, description="How many places of a relation are used up for good."
    )

    async def play(self, stage: Stage) -> None:
        asked: dict[str, object] = {
            "members": self.members and tuple(sorted(names_of(self.members))),
            "binders": self.binders and tuple(sorted(names_of(self.binders))),
            "member count": self.member_count,
            "binder count": self.binder_count,
        }
        wanted = {name: value for name, value in asked.items() if value is not None}
        wanted |= {f"{name} used": count for name, count in self.used.items()}

        async def look() -> Facts:
            return self._facts(stage, await platform_state(stage, "bindings"))

        await self.see(stage, f"{self.citizen}: family at the platform", wanted, look)

    def _facts(self, stage: Stage, state: ExportResponse) -> Facts:
        key = key_of(stage, state, self.citizen)
        held = [b for b in state.bindings if b.holder == key and not b.is_on_members_side]
        bound = [b for b in state.bindings if b.member == key and b.is_on_members_side]
        members = [b.member for b in held if not b.HasField("end_time")]
        binders = [b.holder for b in bound if not b.HasField("end_time")]
        named = {
            key_of(stage, state, alias): alias
            for alias in (*names_of(self.members or ()), *names_of(self.binders or ()))
        }
        used = [Relation.Name(b.relation).removeprefix("RELATION_") for b in held]
        return {
            "members": tuple(sorted(named.get(key, "somebody else") for key in members)),
            "binders": tuple(sorted(named.get(key, "somebody else") for key in binders)),
            "member count": len(members),
            "binder count": len(binders),
            **{f"{name} used": used.count(name) for name in self.used},
        }


class ExpectTries(Expecting):
    """What is counted nationally about a citizen's card password."""

    verb = "expect_tries"

    citizen: CitizenName = Field(description="Whose.")
    wrong: int = Field(ge=0, le=20, description="Wrong passwords in a row, over all channels.")
    locked: bool = Field(default=False, description="Whether the password is locked.")

    async def play(self, stage: Stage) -> None:
        async def look() -> Facts:
            state = await platform_state(stage, "passwords")
            key = key_of(stage, state, self.citizen)
            found = [each for each in state.passwords if each.citizen == key]
            return {
                "wrong": found[0].wrong_tries if found else 0,
                "locked": bool(found) and found[0].HasField("unlock_time"),
            }

        wanted: Facts = {"wrong": self.wrong, "locked": self.locked}
        await self.see(stage, f"{self.citizen}: tries at the platform", wanted, look)


class ExpectBooks(Expecting):
    """What the books (账簿) say of all orders together; every booking has to sum to zero."""

    verb = "expect_books"

    accounts: dict[Literal["holder", "fund", "clearing", "provider"], int] = Field(
        default_factory=dict, description="What stands on an account, in fen."
    )

    async def play(self, stage: Stage) -> None:
        wanted: dict[str, object] = {"bookings that do not balance": 0}
        wanted |= {str(name): amount for name, amount in self.accounts.items()}

        async def look() -> Facts:
            state = await platform_state(stage, "postings")
            sums: dict[tuple[str, int], int] = {}
            facts: dict[str, object] = dict.fromkeys(self.accounts, 0)
            for line in state.postings:
                booking = (line.order_id, line.step)
                sums[booking] = sums.get(booking, 0) + line.amount_fen
                account = line.account.lower()
                if account in self.accounts:
                    before = facts[account]
                    assert isinstance(before, int)
                    facts[account] = before + line.amount_fen
            return {**facts, "bookings that do not balance": sum(map(bool, sums.values()))}

        await self.see(stage, "the books", wanted, look)


class ExpectEvents(Expecting):
    """How many events of a kind a channel has in its feed, about a citizen or about anybody."""

    verb = "expect_events"
    expects = ("counts",)

    channel: ChannelNames = Field(description="Whose feed; of a list, each one's.")
    counts: dict[EventKind, int] = Field(
        description="How many there are of a kind, as the contract names it: LINK_UNLINKED: 0."
    )
    citizen: CitizenName = Field("", description="Events about this citizen's link only.")
    applied: bool = Field(
        default=False, description="Whether those are counted that the channel has applied."
    )

    async def play(self, stage: Stage) -> None:
        for channel_id in names_of(self.channel):

            async def look() -> Facts:
                return await self._facts(stage, channel_id)  # noqa: B023 - within the turn

            about = f"{channel_id}: events {'applied' if self.applied else 'in its feed'}"
            await self.see(stage, about, dict(self.counts), look)

    async def _facts(self, stage: Stage, channel_id: str) -> Facts:
        state = await platform_state(stage, "links", "events")
        key = key_of(stage, state, self.citizen) if self.citizen else ""
        own = {each.link_id for each in state.links if each.citizen == key}
        if self.applied:
            lab = stage.connections.channel_lab(channel_id)
            rows = (await exported(lab, "applied_events")).applied_events
            found = [(each.kind, each.link_id) for each in rows]
        else:
            feed = [each.event for each in state.events if each.channel_id == channel_id]
            found = [(event.kind, event.link.link_id) for event in feed]
        about = [kind for kind, link_id in found if not self.citizen or link_id in own]
        names = [Event.Kind.Name(kind).removeprefix("KIND_") for kind in about]
        return {kind: names.count(kind) for kind in self.counts}


class ExpectChannel(Expecting):
    """How a channel is registered now, as its operator sees it."""

    verb = "expect_channel"

    channel: ChannelName = Field(description="Which channel.")
    state: Literal["live", "suspended", "exited"] = Field(description="Its state.")
    links_left: int | None = Field(
        None, ge=0, description="How many links an exited channel has left."
    )

    async def play(self, stage: Stage) -> None:
        wanted: dict[str, object] = {"state": self.state}
        if self.links_left is not None:
            wanted["links left"] = self.links_left

        async def look() -> Facts:
            now = await stage.operator.channel(self.channel)
            name = Channel.State.Name(now.state).removeprefix("STATE_").lower()
            return {"state": name, "links left": now.links_left}

        await self.see(stage, f"{self.channel}: as it is registered", wanted, look)


class ExpectPending(Step):
    """What has not arrived yet; nothing, unless it says what."""

    verb = "expect_pending"

    kinds: dict[Literal["sweep", "settlement", "exit", "events"], bool] = Field(
        default_factory=dict, description="Which kinds are pending: `events: true`; no others."
    )

    async def play(self, stage: Stage) -> None:
        left = await stage.settle(0)
        wanted = sorted(kind for kind, is_pending in self.kinds.items() if is_pending)
        seen = sorted({_kind(each) for each in left})
        stage.expect("pending", wanted or "nothing", seen or "nothing")


def _kind(left: Left) -> str:
    return left.kind.lower()


class ExpectLag(Step):
    """How long what happened took to reach a channel and to be applied there, at most."""

    verb = "expect_lag"

    channel: ChannelNames = Field(description="Which channel; of a list, each of them.")
    at_most: Span = Field(description="The longest that any event took.")
    at_least: int = Field(1, ge=1, le=10_000, description="How many events must have been applied.")

    async def play(self, stage: Stage) -> None:
        for channel_id in names_of(self.channel):
            lab = stage.connections.channel_lab(channel_id)
            rows = (await exported(lab, "applied_events")).applied_events
            lags_us = [
                (row.apply_time.ToMicroseconds() - row.event_time.ToMicroseconds()) for row in rows
            ]
            count_about = f"{channel_id}: events applied"
            is_enough = len(rows) >= self.at_least
            stage.expect(count_about, f"at least {self.at_least}", len(rows), is_met=is_enough)
            worst = timedelta(microseconds=max(lags_us, default=0))
            stage.expect(
                f"{channel_id}: the longest lag",
                f"at most {self.at_most / _SECOND:.1f} s",
                f"{worst / _SECOND:.3f} s",
                is_met=worst <= self.at_most,
            )
