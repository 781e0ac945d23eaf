"""Who a call is about: by the ids in it, by what earlier answers said of them, by the snapshot.

Ids are looked at before the citizens that a call was noted with: of a person and a companion who
stand at one phone only the ids say whose matter a call is.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from essc_workbench.history.items import Facts, Outcome
from essc_workbench.history.reading import Call
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.snapshots import PLATFORM, micros, snapshot_of

_LINKS = ("link_id", "subject.link_id", "subject.member.link_id")
_PERSONS = ("id_number", "subject.person.id_number", "citizen.id_number")
_BINDINGS = ("binding_id", "subject.member.binding_id")
# What stands for one citizen: fields by their own name, in requests and in answers.
_THINGS = frozenset(
    {
        "physical_card_id",
        "challenge_id",
        "proof",
        "identity_proof",
        "face_proof",
        "code",
        "check_number",
        "order_id",
        "use_id",
        "ticket",
    }
)
_LINK, _BINDING, _CARD = "link_id", "binding_id", "physical_card_id"
_KINDS = {"identity_proof": "proof", "face_proof": "proof"}


class Owner(NamedTuple):
    """Whose link it is, and in which channel."""

    citizen: str
    channel: str


class People(NamedTuple):
    """Whom a call is about, by alias; empty where that is not known."""

    first: str
    """Whose link, card, order or check it is."""
    second: str = ""
    """Who is acted for, added, removed or left: the other one of two."""


NOBODY = People("")


class Register:
    """What is known of ids, from the snapshot and from the answers of the run."""

    def __init__(self, evidence: Evidence) -> None:
        self.cards: dict[tuple[str, str], tuple[str, ...]] = {}
        """Ids of physical cards by citizen and region, in the order in which they were met."""
        self.channels: dict[str, str] = {}
        """The channel in which an order is paid, by the order's id."""
        self.bound: dict[tuple[str, int], str] = {}
        """The other side of a binding, by either side and when it was added."""
        self._times_bound: dict[tuple[str, str], int] = {}
        self.cancelled: set[str] = set()
        """Citizens who are cancelled, or may be."""
        self.names: dict[str, str] = {}
        """Aliases by the citizens' keys in the snapshot; who has none is called by the key."""
        self._aliases = frozenset(evidence.citizens)
        self._links: dict[str, Owner] = {}
        self._things: dict[tuple[str, str], str] = {}
        self._added: dict[str, int] = {}
        self._codes: dict[str, People] = {}
        self._read_snapshot(evidence)
        told = (
            call
            for call in evidence.history.calls
            if call.invoked.target == PLATFORM and call.outcome is Outcome.OK
        )
        # The second time round, what was learned late is of use early.
        for call in [call for call in told if not self._learn(call)]:
            self._learn(call)
        self.cancelled |= {
            self.people(call).first
            for call in evidence.history.calls
            if call.method == "CancelCitizen" and call.outcome is not Outcome.REFUSED
        }

    def people(self, call: Call) -> People:
        """Whom a call is about."""
        asked = call.invoked.facts
        told = call.answered.facts if call.answered else {}
        link_id = _first(asked, _LINKS)
        if link_id:
            owner = self._links.get(link_id)
            if owner is None or owner.channel != call.invoked.source:
                return NOBODY  # to this channel there is no such link
            return People(owner.citizen, self._other(owner.citizen, asked, told))
        person = _first(asked, _PERSONS)
        if person in self._aliases:
            return People(person)
        found = self._by_things(asked) or self._by_things(told)
        if found:
            return People(found)
        own = self._links.get(text(told, "link.link_id"))
        if own is not None:
            return People(own.citizen)
        citizens = call.invoked.citizens
        return People(citizens[0]) if len(citizens) == 1 else NOBODY

    def owner(self, link_id: str) -> str:
        """Whose link it is; empty if that is not known."""
        found = self._links.get(link_id)
        return found.citizen if found else ""

    def people_of_code(self, digest: str) -> People:
        """Whose code it is, and for which member."""
        return self._codes.get(digest, NOBODY)

    def other_side(self, citizen: str, add_us: int) -> str:
        """The other side of a binding, by when it was added."""
        return self.bound.get((citizen, add_us), "")

    def is_rebound(self, citizen: str, other: str) -> bool:
        """Whether these two were bound more than once."""
        return self._times_bound.get((citizen, other), 0) > 1

    def _other(self, citizen: str, asked: Facts, told: Facts) -> str:
        """The member whom a call names beside its link, or whose binding it names."""
        person = text(asked, "id_number")
        if person in self._aliases:
            return person
        binding = _first(asked, _BINDINGS)
        added = self._added.get(binding) or number(told, "binding.add_time")
        return self.bound.get((citizen, added), "")

    def _by_things(self, facts: Facts) -> str:
        for kind, value in _things(facts):
            found = self._things.get((kind, value))
            if found:
                return found
        return ""

    def _learn(self, call: Call) -> bool:
        """Learns what an answer says of ids; answers whether that was all there is to learn."""
        assert call.answered is not None, "it was answered"
        people, told = self.people(call), call.answered.facts
        if not people.first and len(call.invoked.citizens) == 1:
            # An answer that shows the link which was asked for says that it is this channel's own.
            people = People(call.invoked.citizens[0])
        if not people.first:
            return False
        subject, is_whole = people.first, True
        if "subject.member.binding_id" in call.invoked.facts:
            subject, is_whole = people.second, False
        for path, value in told.items():
            place = _place(path)
            if place is None or not isinstance(value, str) or not value:
                continue
            parent, name, kind = place
            if name == _LINK:
                self._links.setdefault(value, Owner(people.first, call.invoked.source))
            elif name == _BINDING:
                self._learn_binding(people, parent, value, told)
                is_whole = False
            else:
                self._things.setdefault((kind, value), subject)
            if name == _CARD:
                self._add_card(people.first, text(told, f"{parent}.region"), value)
        if call.method == "IssueCode":
            self._codes.setdefault(text(told, "code.code"), people)
        return is_whole

    def _learn_binding(self, people: People, parent: str, binding_id: str, told: Facts) -> None:
        added = number(told, f"{parent}.add_time")
        self._added.setdefault(binding_id, added)
        if people.second and parent in ("binding", "binder"):
            self._bind(people.first, people.second, added)

    def _bind(self, one: str, other: str, added: int) -> None:
        for citizen, bound in ((one, other), (other, one)):
            if (citizen, added) not in self.bound:
                self.bound[citizen, added] = bound
                times = self._times_bound.get((citizen, bound), 0)
                self._times_bound[citizen, bound] = times + 1

    def _add_card(self, citizen: str, region: str, card_id: str) -> None:
        known = self.cards.get((citizen, region), ())
        if region and card_id and card_id not in known:
            self.cards[citizen, region] = (*known, card_id)

    def _read_snapshot(self, evidence: Evidence) -> None:
        export = snapshot_of(evidence, PLATFORM)
        if export is None:
            return
        aliases = {id_number: alias for alias, id_number in evidence.citizens.items()}
        names = self.names = {
            row.citizen: aliases.get(row.id_number, f"citizen {row.citizen}")
            for row in export.citizens
        }
        self.cancelled.update(
            names[row.citizen] for row in export.citizens if row.HasField("cancel_time")
        )
        for link in export.links:
            self._links[link.link_id] = Owner(names.get(link.citizen, ""), link.channel_id)
        for card in sorted(export.physical_cards, key=lambda row: micros(row.issue_time)):
            self._things["physical_card_id", card.physical_card_id] = names.get(card.citizen, "")
            self._add_card(names.get(card.citizen, ""), card.region, card.physical_card_id)
        for order in export.orders:
            self._things["order_id", order.order_id] = names.get(order.citizen, "")
            self.channels[order.order_id] = order.channel_id
        for check in export.checks:
            self._things["check_number", check.check_number] = names.get(check.citizen, "")
        for ticket in export.tickets:
            if ticket.use_id:
                self._things["use_id", ticket.use_id] = names.get(ticket.citizen, "")
        for binding in export.bindings:
            added = micros(binding.add_time)
            holder, member = names.get(binding.holder, ""), names.get(binding.member, "")
            self._bind(holder, member, added)


def text(facts: Facts, path: str) -> str:
    """A fact that is text; empty where there is none."""
    value = facts.get(path)
    return value if isinstance(value, str) else ""


def number(facts: Facts, path: str) -> int:
    """A fact that is a number; 0 where there is none, as on the wire."""
    value = facts.get(path)
    return value if isinstance(value, int) else 0


def _first(facts: Facts, paths: tuple[str, ...]) -> str:
    """The text of the first of these fields that is there."""
    for path in paths:
        if path in facts:
            return text(facts, path)
    return ""


@cache
def _place(path: str) -> tuple[str, str, str] | None:
    """Of a field that stands for somebody: what it is in, its own name, and its kind."""
    if path == "link.link_id":
        return "link", _LINK, _LINK
    parent, _, name = path.rpartition(".")
    if name != _BINDING and name not in _THINGS:
        return None
    return parent, name, _KINDS.get(name, name)


def _things(facts: Facts) -> Iterator[tuple[str, str]]:
    for path, value in facts.items():
        place = _place(path)
        if place is not None and place[2] in _THINGS and isinstance(value, str) and value:
            yield place[2], value
