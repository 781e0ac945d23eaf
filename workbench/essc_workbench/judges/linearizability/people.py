"""Who a call is about: by the ids in it, by what earlier answers said of them, by the snapshot.

Ids are looked at before the citizens that a call was noted with: of a person and a companion who
stand at one phone only the ids say whose matter a call is.
"""

from collections.abc import Iterator
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
        for _ in range(2):  # the second time round, what was learned late is of use early
            for call in evidence.history.calls:
                if call.invoked.target == PLATFORM and call.outcome is Outcome.OK:
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
        link_id = next((text(asked, path) for path in _LINKS if path in asked), "")
        if link_id:
            owner = self._links.get(link_id)
            if owner is None or owner.channel != call.invoked.source:
                return NOBODY  # to this channel there is no such link
            return People(owner.citizen, self._other(owner.citizen, asked, told))
        person = next((text(asked, path) for path in _PERSONS if path in asked), "")
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
        return sum(self.bound[key] == other for key in self.bound if key[0] == citizen) > 1

    def _other(self, citizen: str, asked: Facts, told: Facts) -> str:
        """The member whom a call names beside its link, or whose binding it names."""
        person = text(asked, "id_number")
        if person in self._aliases:
            return person
        binding = next((text(asked, path) for path in _BINDINGS if path in asked), "")
        added = self._added.get(binding) or number(told, "binding.add_time")
        return self.bound.get((citizen, added), "")

    def _by_things(self, facts: Facts) -> str:
        for kind, value in _things(facts):
            found = self._things.get((kind, value))
            if found:
                return found
        return ""

    def _learn(self, call: Call) -> None:
        assert call.answered is not None, "it was answered"
        people, told = self.people(call), call.answered.facts
        if not people.first and len(call.invoked.citizens) == 1:
            # An answer that shows the link which was asked for says that it is this channel's own.
            people = People(call.invoked.citizens[0])
        if not people.first:
            return
        subject = people.first
        if "subject.member.binding_id" in call.invoked.facts:
            subject = people.second
        for thing in _things(told):
            self._things.setdefault(thing, subject)
        self._learn_link(call, people.first)
        self._learn_bindings(people, told)
        if call.method == "IssueCode":
            self._codes.setdefault(text(told, "code.code"), people)
        for path, value in told.items():
            parent, _, name = path.rpartition(".")
            if name == "physical_card_id":
                self._add_card(people.first, text(told, f"{parent}.region"), str(value))

    def _learn_link(self, call: Call, citizen: str) -> None:
        assert call.answered is not None, "it was answered"
        link_id = text(call.answered.facts, "link.link_id")
        if link_id:
            self._links.setdefault(link_id, Owner(citizen, call.invoked.source))

    def _learn_bindings(self, people: People, told: Facts) -> None:
        for path, value in told.items():
            parent, _, name = path.rpartition(".")
            if name != "binding_id":
                continue
            added = number(told, f"{parent}.add_time")
            self._added.setdefault(str(value), added)
            if people.second and parent in ("binding", "binder"):
                self.bound.setdefault((people.first, added), people.second)
                self.bound.setdefault((people.second, added), people.first)

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
            self.bound[holder, added] = member
            self.bound[member, added] = holder


def text(facts: Facts, path: str) -> str:
    """A fact that is text; empty where there is none."""
    value = facts.get(path)
    return value if isinstance(value, str) else ""


def number(facts: Facts, path: str) -> int:
    """A fact that is a number; 0 where there is none, as on the wire."""
    value = facts.get(path)
    return value if isinstance(value, int) else 0


def _things(facts: Facts) -> Iterator[tuple[str, str]]:
    for path, value in facts.items():
        name = path.rpartition(".")[2]
        if name in _THINGS and isinstance(value, str) and value:
            yield _KINDS.get(name, name), value
