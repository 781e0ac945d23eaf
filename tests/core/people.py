"""Who and what the tests of the core speak of, and the two ways to ask it: one command, or a story.

Every record here is good; a test spoils what it is about. It is noon in China on 2 March 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from essc_platform.core.cards import Person
from essc_platform.core.commands import Command
from essc_platform.core.decide import decide
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reads import reads_of
from essc_platform.core.records import (
    BankAccount,
    Binding,
    Card,
    CardView,
    Change,
    Channel,
    ChannelState,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Generation,
    Level,
    Licence,
    Link,
    LinkState,
    Method,
    Party,
    PartyKey,
    PartyKind,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
    Proof,
    Purpose,
    Relation,
    SigningKey,
)
from essc_platform.core.snapshot import Read, Snapshot

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000


def china(text: str) -> int:
    """The instant of a wall clock in China: "2026-03-02 12:00"."""
    there = datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=8)))
    return int(there.timestamp()) * SECOND


NOW = china("2026-03-02 12:00")
EARLIER = china("2026-01-05 09:00")
TEN_YEARS_LATER = EARLIER + 3652 * DAY + 12 * HOUR  # ten years of 365.25 days

ZHANG, LI = CitizenKey(7, 1), CitizenKey(8, 2)
NANJING, SUZHOU, NANTONG = "320100", "320500", "320600"


def citizen(**changes: Any) -> Citizen:
    zhang = Citizen(
        key=ZHANG,
        id_number="990101199001011234",
        name="张小三",
        phone="11100001234",
        register_time=EARLIER,
    )
    return replace(zhang, **changes)


def physical_card(**changes: Any) -> PhysicalCard:
    normal = PhysicalCard(
        citizen=ZHANG,
        number=50,
        region=NANTONG,
        generation=Generation.SECOND,
        status=PhysicalCardStatus.NORMAL,
        issue_time=EARLIER,
        status_time=EARLIER,
    )
    return replace(normal, **changes)


def card(**changes: Any) -> Card:
    issued = Card(key=ZHANG, physical_card=50, issue_time=EARLIER, expire_time=TEN_YEARS_LATER)
    return replace(issued, **changes)


def view(**changes: Any) -> CardView:
    usable = CardView(
        status=PhysicalCardStatus.NORMAL,
        blocked_reason="",
        is_ended=False,
        region=NANTONG,
        issue_time=EARLIER,
        expire_time=TEN_YEARS_LATER,
        password_is_set=False,
        bank_account_is_open=False,
    )
    return replace(usable, **changes)


def link(**changes: Any) -> Link:
    active = Link(
        citizen=ZHANG,
        channel="wechat",
        number=300,
        serial=1,
        state=LinkState.ACTIVE,
        level=Level.QUERY,
        activate_time=EARLIER,
    )
    return replace(active, **changes)


def delivered_link(**changes: Any) -> Link:
    state = LinkState.DELIVERED
    return link(**{"state": state, "deliver_time": EARLIER, "activate_time": None, **changes})


def unlinked_link(**changes: Any) -> Link:
    return link(**{"state": LinkState.UNLINKED, "unlink_time": EARLIER + DAY, **changes})


def password(**changes: Any) -> Password:
    return replace(Password(key=ZHANG, hash="old hash", version=3, change_time=EARLIER), **changes)


def proof(**changes: Any) -> Proof:
    good = Proof(
        citizen=ZHANG,
        number=900,
        channel="wechat",
        method=Method.TEXT_MESSAGE,
        purpose=Purpose.APPLY,
        expire_time=NOW + 1,
    )
    return replace(good, **changes)


def binding(**changes: Any) -> Binding:
    """Zhang has bound Li as a parent."""
    good = Binding(holder=ZHANG, number=600, member=LI, relation=Relation.PARENT, add_time=EARLIER)
    return replace(good, **changes)


def channel(**changes: Any) -> Channel:
    live = Channel(
        key="wechat",
        channel_class=3,
        state=ChannelState.LIVE,
        vouch_kinds=(1,),
        receives_new_cards=False,
        state_time=EARLIER,
    )
    return replace(live, **changes)


def bank_account(**changes: Any) -> BankAccount:
    opened = BankAccount(
        citizen=ZHANG,
        physical_card=50,
        bank_id="citybank",
        reserved_phone="11100009999",
        open_time=EARLIER,
    )
    return replace(opened, **changes)


def person(**changes: Any) -> Person:
    """Zhang with a good card, and no bank account."""
    zhang = Person(citizen=citizen(), physical_cards=(physical_card(),), card=card())
    return replace(zhang, **changes)


def party(**changes: Any) -> Party:
    wechat = Party(
        key="wechat",
        kind=PartyKind.CHANNEL,
        display_name="微信",
        regions=(),
        register_time=EARLIER,
    )
    return replace(wechat, **changes)


def party_key(**changes: Any) -> PartyKey:
    return replace(PartyKey(party="wechat", key_id="k1", public_key=b"1" * 32), **changes)


def entry(kind: EntryKind, **changes: Any) -> Entry:
    """A line that the command of now wrote in WeChat."""
    return replace(Entry(citizen=ZHANG, kind=kind, at=NOW, channel="wechat"), **changes)


def by_bureau(kind: EntryKind) -> Entry:
    return entry(kind, channel="", place=EntryPlace.BUREAU)


def by_time(kind: EntryKind, **changes: Any) -> Entry:
    return entry(kind, **{"channel": "", "place": EntryPlace.TIME, **changes})


def licence() -> Licence:
    return Licence(payload=b"payload", signature=b"signature", key_id="p1")


def signing_key(**changes: Any) -> SigningKey:
    """The key that signs: the platform always has one."""
    first = SigningKey(key_id="p1", public_key=b"p" * 32, create_time=EARLIER, sign_time=EARLIER)
    return replace(first, **changes)


class Store:
    """What a batch does with one command at a time, without a database.

    The signing key is there unless a story brings its own.
    """

    def __init__(self, *records: Change) -> None:
        self.records: dict[tuple[type[Change], Any], Change] = {}
        self.entries: list[Entry] = []
        has_key = any(isinstance(record, SigningKey) for record in records)
        self.save(records if has_key else (signing_key(), *records))

    def save(self, changes: tuple[Change, ...]) -> None:
        for record in changes:
            self.records[type(record), record.key] = record

    def snapshot(self, command: Command) -> Snapshot:
        return self.snapshot_of(reads_of(command))

    def snapshot_of(self, reads: frozenset[Read]) -> Snapshot:
        snapshot = Snapshot()
        for kind, key, is_prefix in reads:
            if is_prefix:
                found = [
                    record
                    for (of, at), record in self.records.items()
                    if of is kind and at[: len(key)] == key
                ]
                snapshot.put_many(kind, key, found)
            else:
                snapshot.put_all(kind, {key: self.records.get((kind, key))})
        return snapshot

    def judge(self, command: Command, policy: Policy | None = None) -> Decision:
        view_ = self.snapshot(command).view(reads_of(command))
        return decide(command, view_, policy or Policy())

    def do(self, command: Command) -> Decision:
        """Judges, and saves what follows."""
        decision = self.judge(command)
        self.save(decision.changes)
        self.entries += decision.entries
        return decision


def judge(command: Command, *records: Change | None, policy: Policy | None = None) -> Decision:
    """One command against these records and nothing else."""
    return Store(*(each for each in records if each is not None)).judge(command, policy)


class Table:
    """A decision table: a situation full of obstacles, and what clears the foremost one.

    A step is what changes in the situation and the decision that follows. Steps add up, so each row
    stands for "this obstacle comes before all that are still there".
    """

    def __init__(
        self, start: Mapping[str, Any], *steps: tuple[Mapping[str, Any], Decision]
    ) -> None:
        self.rows: list[tuple[dict[str, Any], Decision]] = []
        situation = dict(start)
        for changes, decision in steps:
            situation |= changes
            self.rows.append((dict(situation), decision))

    @property
    def reasons(self) -> list[str]:
        """Every reason of the table once, in the order of the rows."""
        found = [d.reason.value for _, d in self.rows if isinstance(d, Rejected)]
        return list(dict.fromkeys(found))

    @property
    def ids(self) -> list[str]:
        return [
            decision.reason.value if isinstance(decision, Rejected) else "accepted"
            for _, decision in self.rows
        ]


def judge_situation(situation: Mapping[str, Any]) -> Decision:
    """Judges the command, by the policy if one is named; all else is records, lists or None."""
    records: list[Change | None] = []
    for name, value in situation.items():
        if name not in ("command", "policy"):
            records += value if isinstance(value, list) else [value]
    return judge(situation["command"], *records, policy=situation.get("policy"))


def rejected(decision: Decision) -> Rejected:
    assert isinstance(decision, Rejected)
    return decision


def accepted(decision: Decision) -> Accepted:
    assert isinstance(decision, Accepted), decision
    return decision
