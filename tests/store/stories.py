"""A small country in a store, and commands that happen in it.

Two citizens and three channels: whatever a command needs (links, proofs, challenges, passwords) is
there already or can be earned, so that random sequences meet every kind of decision. Nothing here
asks the machine for time or chance.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.store import stories_services
from tests.store.counting import CountingConnection

from essc_platform.batch import Answer, Edge, Origin, Outcome, Submission, run
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.cancellations import CancelCitizen
from essc_platform.core.challenges import AnswerChallenge, Finding, StartChallenge
from essc_platform.core.checks import CheckCode
from essc_platform.core.citizens import RegisterCitizen, RegisterRecipient
from essc_platform.core.codes import CodeName, IssueCode
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Licence, LicenceFacts
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.exits import EndExitedLink
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.levels import LowerLevel, RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.parties import AddPartyKey, ChangeChannel, ChannelVerb, RegisterChannel
from essc_platform.core.passwords import ChangePassword, ResetPassword, SetPassword
from essc_platform.core.physical_cards import ChangePhysicalCard, NoteExpiry, Verb
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.records import (
    BankAccount,
    Binding,
    CancelCause,
    Card,
    Certification,
    Challenge,
    Change,
    Channel,
    ChannelState,
    Citizen,
    CitizenKey,
    Code,
    Event,
    Generation,
    Level,
    Link,
    LinkCodes,
    LinkState,
    Membership,
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
    Usage,
)
from essc_platform.core.replacements import ReplacePhysicalCard
from essc_platform.core.signing_keys import CompromiseKey, RotateKey, SignAnew
from essc_platform.core.times import DAY, MINUTE, SECOND
from essc_platform.store.connections import Connection
from essc_platform.store.facts import FEDERATION
from essc_platform.store.feed import Positions
from essc_platform.store.gateway import RequestKey, save
from essc_platform.store.sqlite import SqliteConnection
from essc_platform.store.sqlite import SqliteStore as Store

NOON = 1_772_424_000 * SECOND  # 2026-03-02 12:00 in China
TEN_YEARS = 3652 * DAY
CHANNELS = ("alipay", "bank", "wechat")
REGIONS = ("320500", "320600")
ZHANG, LI, NOBODY = CitizenKey(7, 1), CitizenKey(900, 2), CitizenKey(8, 3)
FAR = NOON + 400 * DAY

SIGNING_KEY = SigningKey(key_id="k1", public_key=bytes(32), create_time=NOON, sign_time=NOON)

Rows = dict[str, list[tuple[Any, ...]]]

PURPOSES: tuple[tuple[Purpose, Method], ...] = (
    (Purpose.APPLY, Method.VOUCHED),
    (Purpose.APPLY, Method.FACE),
    (Purpose.ACCEPT_DELIVERY, Method.VOUCHED),
    (Purpose.UNLINK, Method.FACE),
    (Purpose.SET_PASSWORD, Method.FACE),
    (Purpose.CHANGE_PASSWORD, Method.CARD_PASSWORD),
    (Purpose.RESET_PASSWORD, Method.TEXT_MESSAGE),
    (Purpose.RESET_PASSWORD, Method.FACE),
    (Purpose.RAISE_LEVEL, Method.RESERVED_PHONE),
    (Purpose.ALLOW_WHILE_LOST, Method.FACE),
    (Purpose.PAY, Method.CARD_PASSWORD),
    (Purpose.SET_PASSWORD_FREE, Method.CARD_PASSWORD),
    (Purpose.ADD_FAMILY, Method.CARD_PASSWORD),
    (Purpose.JOIN_FAMILY, Method.FACE),
    (Purpose.END_BINDING, Method.FACE),
    (Purpose.CERTIFY, Method.FACE),
    (Purpose.NEW_DEVICE, Method.TEXT_MESSAGE),
    (Purpose.PAY, Method.CARD_PASSWORD),
    (Purpose.SET_PASSWORD_FREE, Method.CARD_PASSWORD),
)


def proof_number(channel: str, purpose: Purpose, method: Method, copy: int) -> int:
    """Where a seeded proof lies."""
    place = PURPOSES.index((purpose, method)) * len(CHANNELS) + CHANNELS.index(channel)
    return 1000 + 10 * place + copy


def challenge_number(channel: str, method: Method) -> int:
    """Where a seeded challenge lies."""
    return 500 + 10 * CHANNELS.index(channel) + method


def code_number(channel: str, variant: int) -> int:
    """Where a code lies, if it was issued."""
    return 700 + 10 * CHANNELS.index(channel) + variant


def citizen(key: CitizenKey) -> Citizen:
    return Citizen(
        key=key,
        id_number=f"99000019850312{key.number:03d}X",
        name=f"某人{key.number}",
        phone=f"111{key.number:08d}",
        register_time=NOON,
    )


def physical_card(key: CitizenKey, **changes: Any) -> PhysicalCard:
    normal = PhysicalCard(
        citizen=key,
        number=50,
        region=REGIONS[1],
        generation=Generation.SECOND,
        status=PhysicalCardStatus.NORMAL,
        issue_time=NOON,
        status_time=NOON,
    )
    return replace(normal, **changes)


def card(key: CitizenKey, **changes: Any) -> Card:
    issued = Card(key=key, physical_card=50, issue_time=NOON, expire_time=NOON + TEN_YEARS)
    return replace(issued, **changes)


def bank_account(key: CitizenKey, **changes: Any) -> BankAccount:
    opened = BankAccount(
        citizen=key,
        physical_card=50,
        bank_id="citybank",
        reserved_phone=f"111{key.number:08d}",
        open_time=NOON,
    )
    return replace(opened, **changes)


def link(key: CitizenKey, channel: str, **changes: Any) -> Link:
    active = Link(
        citizen=key,
        channel=channel,
        number=300 + CHANNELS.index(channel),
        serial=1,
        state=LinkState.ACTIVE,
        level=Level.QUERY,
        activate_time=NOON,
        licence=Licence(payload=b"payload", signature=b"signature", key_id="k1"),
    )
    return replace(active, **changes)


def proof(key: CitizenKey, channel: str, purpose: Purpose, method: Method, copy: int = 0) -> Proof:
    return Proof(
        citizen=key,
        number=proof_number(channel, purpose, method, copy),
        channel=channel,
        method=method,
        purpose=purpose,
        expire_time=FAR,
        password_version=1 if method is Method.CARD_PASSWORD else None,
        account_open_time=NOON if purpose is Purpose.RAISE_LEVEL else None,
    )


def seeds(citizens: Iterable[CitizenKey] = (ZHANG, LI)) -> list[Change]:
    """What is there before a story: cards, some links, and proofs and challenges for everything.

    Each citizen has an active link in the bank, a delivered one in Alipay and none in WeChat. Zhang
    has a password and has been wrong four times.
    """
    found: list[Change] = [
        SIGNING_KEY,
        Password(key=ZHANG, hash="hash", version=1, change_time=NOON, wrong_tries=4),
    ]
    found += [*bound(), certification(LI)]
    for channel in CHANNELS:
        found.append(party(channel))
        found.append(channel_record(channel))
        found.append(PartyKey(party=channel, key_id="k1", public_key=channel.encode()))
    found += stories_services.parties_and_catalogue(NOON)
    for key in citizens:
        # Li can pay; Zhang has to raise the level first.
        level = Level.QUERY if key == ZHANG else Level.PAYMENT
        found += [citizen(key), physical_card(key), card(key), link(key, "bank", level=level)]
        found += stories_services.of_citizen(key, NOON)
        found.append(bank_account(key))
        found += code(key, "bank")
        found.append(
            link(
                key,
                "alipay",
                state=LinkState.DELIVERED,
                deliver_time=NOON,
                activate_time=None,
                licence=None,
            )
        )
        found += [
            proof(key, channel, purpose, method, copy)
            for channel in CHANNELS
            for purpose, method in PURPOSES
            for copy in (0, 1)
        ]
        found += [
            Challenge(
                citizen=key,
                number=challenge_number(channel, method),
                channel=channel,
                method=method,
                purpose=Purpose.UNLINK,
                expire_time=FAR,
                tries_left=5,
            )
            for channel in CHANNELS
            for method in (Method.FACE, Method.CARD_PASSWORD)
        ]
    return found


def certification(key: CitizenKey) -> Certification:
    return Certification(
        citizen=key,
        number=1,
        certify_time=NOON,
        expire_time=NOON + 365 * DAY,
        is_by_binder=False,
    )


def bound() -> list[Change]:
    """Zhang has bound Li as a parent: the same binding on either side."""
    facts: dict[str, Any] = {"number": 600, "relation": Relation.PARENT, "add_time": NOON}
    return [
        Binding(holder=ZHANG, member=LI, **facts),
        Membership(member=LI, holder=ZHANG, **facts),
    ]


def code(key: CitizenKey, channel: str) -> tuple[Code, LinkCodes]:
    """A code that is shown now, on a device that the link knows."""
    shown = Code(
        citizen=key,
        number=code_number(channel, 0),
        channel=channel,
        serial=1,
        binding=None,
        member=None,
        issue_time=NOON,
        expire_time=NOON + MINUTE,
    )
    remembered = LinkCodes(
        citizen=key, channel=channel, serial=1, newest=code_number(channel, 0), devices=("d0",)
    )
    return shown, remembered


def party(channel: str) -> Party:
    return Party(
        key=channel,
        kind=PartyKind.CHANNEL,
        display_name=channel,
        regions=(),
        register_time=NOON,
    )


def channel_record(channel: str) -> Channel:
    return Channel(
        key=channel,
        channel_class=3,
        state=ChannelState.LIVE,
        vouch_kinds=(1,),
        receives_new_cards=channel == "alipay",
        state_time=NOON,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants; becomes a command once its place in the story is known."""

    kind: str
    citizen: CitizenKey
    channel: str
    variant: int
    """0 to 3: which proof, which verb, right or wrong."""
    pause: int
    """Since the wish before."""


def unlink(key: CitizenKey, channel: str, at: int, copy: int = 0, serial: int = 1) -> Unlink:
    return Unlink(
        at=at,
        channel=channel,
        citizen=key,
        link_number=300 + CHANNELS.index(channel),
        serial=serial,
        proof=(*key, proof_number(channel, Purpose.UNLINK, Method.FACE, copy)),
    )


def command_of(wish: Wish, place: int, at: int) -> Command:
    """The command of a wish; `place` gives its fresh numbers, so that no two are alike."""
    key, channel, variant = wish.citizen, wish.channel, wish.variant
    copy, fresh = variant % 2, 10_000 + 10 * place

    def at_proof(purpose: Purpose, method: Method) -> tuple[int, int, int]:
        return (*key, proof_number(channel, purpose, method, copy))

    number = 300 + CHANNELS.index(channel)
    in_link: dict[str, Any] = {"at": at, "channel": channel, "citizen": key, "link_number": number}
    digits: dict[str, Any] = {"digits": "246813", "hash": f"hash {place}"}
    makers: dict[str, Callable[[], Command]] = {
        "apply": lambda: Apply(
            at=at,
            channel=channel,
            citizen=key,
            identity_proof=at_proof(Purpose.APPLY, Method.VOUCHED),
            face_proof=at_proof(Purpose.APPLY, Method.FACE),
            consent_version="2026-01",
            region=None,
            new_link_number=number,
            new_licence_number=fresh,
        ),
        "accept": lambda: AcceptDelivery(
            **in_link,
            serial=1 + variant // 2,
            proof=at_proof(Purpose.ACCEPT_DELIVERY, Method.VOUCHED),
            consent_version="2026-01",
            new_licence_number=fresh,
        ),
        "decline": lambda: DeclineDelivery(
            **in_link,
            serial=1 + variant // 2,
            proof=at_proof(Purpose.ACCEPT_DELIVERY, Method.VOUCHED),
        ),
        "unlink": lambda: unlink(key, channel, at, copy, 1 + variant // 2),
        "issue": lambda: IssuePhysicalCard(
            at=at,
            citizen=key,
            region=REGIONS[copy],
            generation=Generation.THIRD if variant < 2 else Generation.SECOND,
            is_enabled=True,
            new_number=50 + place,
            receivers=tuple((name, 300 + CHANNELS.index(name)) for name in CHANNELS[:2]),
        ),
        "move": lambda: ChangePhysicalCard(
            at=at,
            verb=(Verb.REPORT_TEMPORARY_LOSS, Verb.LAPSE, Verb.LIFT_LOSS, Verb.CANCEL)[variant],
            citizen=key,
            number=50,
            regions=None if variant == 1 else frozenset(REGIONS),
        ),
        "replace": lambda: ReplacePhysicalCard(
            at=at,
            citizen=key,
            number=50,
            regions=frozenset(REGIONS),
            generation=Generation.THIRD if copy else Generation.SECOND,
            new_number=50 + place,
            receivers=(("alipay", 300),),
        ),
        "account": lambda: (
            CloseBankAccount(at=at, citizen=key, number=50, regions=frozenset(REGIONS))
            if copy
            else ActivateBankAccount(
                at=at,
                citizen=key,
                number=50,
                regions=frozenset(REGIONS),
                bank_id="citybank",
                reserved_phone="11100000000",
            )
        ),
        "raise": lambda: RaiseLevel(
            **in_link,
            serial=1 + variant // 2,
            proof=at_proof(Purpose.RAISE_LEVEL, Method.RESERVED_PHONE),
        ),
        "lower": lambda: LowerLevel(**in_link, serial=1 + variant // 2),
        "lose": lambda: (
            AllowWhileLost(
                **in_link, serial=1, proof=at_proof(Purpose.ALLOW_WHILE_LOST, Method.FACE)
            )
            if variant
            else ChangePhysicalCard(
                at=at, verb=Verb.REPORT_LOSS, citizen=key, number=50, regions=frozenset(REGIONS)
            )
        ),
        "die": lambda: CancelCitizen(
            at=at,
            citizen=key,
            id_number=citizen(key).id_number,
            cause=CancelCause.DEATH,
            others=(LI if key == ZHANG else ZHANG,),
        ),
        "receive": lambda: RegisterRecipient(at=at, citizen=key, id_number=citizen(key).id_number),
        "expire": lambda: NoteExpiry(at=at, citizen=key),
        "start": lambda: StartChallenge(
            at=at,
            channel=channel,
            citizen=key,
            link_number=number,
            name=None,
            id_number=None,
            phone=None,
            method=(Method.TEXT_MESSAGE, Method.FACE, Method.CARD_PASSWORD, Method.FACE)[variant],
            purpose=Purpose.UNLINK,
            new_number=fresh,
        ),
        "face": lambda: AnswerChallenge(
            at=at,
            channel=channel,
            citizen=key,
            number=challenge_number(channel, Method.FACE),
            finding=Finding.RIGHT if copy else Finding.OTHER_FACE,
            password_version=None,
            new_proof_number=fresh,
        ),
        "password": lambda: AnswerChallenge(
            at=at,
            channel=channel,
            citizen=key,
            number=challenge_number(channel, Method.CARD_PASSWORD),
            finding=Finding.RIGHT if variant == 1 else Finding.WRONG_PASSWORD,
            password_version=2 if variant == 3 else 1,
            new_proof_number=fresh,
        ),
        "set": lambda: SetPassword(
            **in_link, **digits, proof=at_proof(Purpose.SET_PASSWORD, Method.FACE)
        ),
        "change": lambda: ChangePassword(
            **in_link, **digits, proof=at_proof(Purpose.CHANGE_PASSWORD, Method.CARD_PASSWORD)
        ),
        "reset": lambda: ResetPassword(
            **in_link,
            **digits,
            text_proof=at_proof(Purpose.RESET_PASSWORD, Method.TEXT_MESSAGE),
            face_proof=at_proof(Purpose.RESET_PASSWORD, Method.FACE),
        ),
        "show": lambda: IssueCode(
            **in_link,
            binding=None,
            device=f"d{copy}",
            proof=at_proof(Purpose.NEW_DEVICE, Method.TEXT_MESSAGE) if variant > 1 else None,
            new_number=code_number(channel, variant),
        ),
        "scan": lambda: CheckCode(
            at=at,
            verifier=f"gate-{copy}",
            region=REGIONS[copy],
            code=CodeName(key, code_number(channel, variant), channel, None),
            usage=(Usage.QUERY, Usage.PAYMENT, Usage.OTHER, Usage.CROSS_REGION_MEDICAL)[variant],
        ),
        "register": lambda: RegisterCitizen(
            at=at,
            citizen=key if variant else NOBODY,
            id_number=citizen(key if variant else NOBODY).id_number,
            name="某人",
            phone="11100000000",
        ),
        "channel": lambda: ChangeChannel(
            at=at,
            channel_id=channel,
            verb=(ChannelVerb.RESUME, ChannelVerb.SUSPEND, ChannelVerb.EXIT, ChannelVerb.SUSPEND)[
                variant
            ],
            above="",
            below=tuple(name for name in CHANNELS if name != channel),
        ),
        "found": lambda: RegisterChannel(
            at=at,
            channel_id="pond",
            display_name="池塘",
            channel_class=6,
            vouch_kinds=(2, 4),
            receives_new_cards=False,
            key_id="k1",
            public_key=b"pond",
        ),
        "key": lambda: AddPartyKey(
            at=at, party_id=channel, key_id=f"k{variant}", public_key=b"%d" % variant
        ),
        "rotate": lambda: RotateKey(
            at=at, new_key_id=f"r{place}", new_public_key=bytes(32), told=CHANNELS
        ),
        "compromise": lambda: CompromiseKey(
            at=at,
            key_id="k1" if copy else "nothing",
            new_key_id=f"c{place}",
            new_public_key=bytes(32),
            told=CHANNELS,
        ),
        "anew": lambda: SignAnew(at=at, channel=channel, citizen=key, licence_number=fresh),
        "end": lambda: EndExitedLink(at=at, channel=channel, citizen=key),
    }
    here = stories_services.Here(
        at=at,
        channel=channel,
        citizen=key,
        link_number=number,
        variant=variant,
        fresh=fresh,
        pay_proof=at_proof(Purpose.PAY, Method.CARD_PASSWORD),
        free_proof=at_proof(Purpose.SET_PASSWORD_FREE, Method.CARD_PASSWORD),
    )
    makers |= stories_services.makers(here)
    return makers[wish.kind]()


KINDS = (
    "apply",
    "accept",
    "decline",
    "unlink",
    "issue",
    "move",
    "replace",
    "account",
    "raise",
    "lower",
    "lose",
    "die",
    "receive",
    "expire",
    "start",
    "face",
    "password",
    "set",
    "change",
    "reset",
    "show",
    "scan",
    "register",
    "channel",
    "found",
    "key",
    "rotate",
    "compromise",
    "anew",
    "end",
    *stories_services.KINDS,
)


def sign(facts: LicenceFacts) -> Licence:
    payload = repr(facts).encode()
    return Licence(
        payload=payload, signature=hashlib.blake2b(payload).digest()[:16], key_id=facts.key_id
    )


def encode_event(event: Event, origin: Origin) -> bytes:
    return repr((event, origin)).encode()


EDGE = Edge(sign=sign, encode_event=encode_event, policy=Policy(loss=HOLDER_CONSENT))


def submission(command: Command, request: str = "", content: bytes = b"content") -> Submission:
    """A command with a place in the ledger, if it has a request id."""
    key = None
    if request:
        digest = hashlib.blake2b(request.encode(), digest_size=16).hexdigest()
        key = RequestKey(bucket=int(digest[:2], 16), digest=digest)
    return Submission(
        command=command,
        at=command.at,
        encode=lambda answer: repr(answer).encode(),
        request=key,
        content=content,
        origin=Origin(request_id=request),
    )


@cache
def _template(*, with_seeds: bool) -> SqliteConnection:
    """The schema as the platform makes it, in memory: a copy of it costs next to nothing."""
    if with_seeds:
        return template(seeds())
    empty = _in_memory()
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "platform.db")
        store.writer.driver.backup(empty.driver)
        store.close()
    return empty


def template(records: Iterable[Change]) -> SqliteConnection:
    """A store in memory with these records in it, to be copied."""
    connection = _in_memory()
    _template(with_seeds=False).driver.backup(connection.driver)
    put(connection, records)
    return connection


def _in_memory() -> SqliteConnection:
    return SqliteConnection(sqlite3.connect(":memory:", isolation_level=None))


@contextmanager
def copy_of(original: SqliteConnection) -> Iterator[SqliteConnection]:
    """A copy of a store in memory."""
    connection = _in_memory()
    try:
        original.driver.backup(connection.driver)
        yield connection
    finally:
        connection.driver.close()


@contextmanager
def memory(records: Iterable[Change] | None = None) -> Iterator[CountingConnection]:
    """A store in memory with these records in it, or with the seeds."""
    connection = CountingConnection()
    try:
        _template(with_seeds=records is None).driver.backup(connection.driver)
        put(connection, records or ())
        connection.forget()
        yield connection
    finally:
        connection.driver.close()


def put(connection: Connection, records: Iterable[Change]) -> None:
    """Writes records as a batch would."""
    with connection.transaction():
        save(connection, records, [], [], [])


def dump(connection: SqliteConnection) -> Rows:
    """Every row of every table."""
    driver = connection.driver
    names = driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: sorted(driver.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for (name,) in names
    }


def without_batches(rows: Rows) -> Rows:
    """All but the one fact that counts batches: those that changed what belongs to all."""
    return {**rows, "facts": [row for row in rows["facts"] if row[0] != FEDERATION]}


def run_all(
    connection: Connection, batches: Iterable[Sequence[Submission]], edge: Edge = EDGE
) -> tuple[Answer, ...]:
    """Runs batches one after the other; all answers in order."""
    positions = Positions(0)
    outcomes: list[Outcome] = [run(connection, batch, edge, positions) for batch in batches]
    return tuple(answer for outcome in outcomes for answer in outcome.answers)
