"""The tellers of the stories: deeds become commands, and commands are played against records."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.core import people
from tests.core.people import (
    DAY,
    MINUTE,
    NANTONG,
    NOW,
    SUZHOU,
    ZHANG,
    Store,
    citizen,
    licence,
)

from essc_platform.core import cards
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.cancellations import CancelCitizen
from essc_platform.core.cards import Person
from essc_platform.core.challenges import AnswerChallenge, Finding, StartChallenge
from essc_platform.core.citizens import RegisterCitizen
from essc_platform.core.commands import Command
from essc_platform.core.deciding.common import person, person_of
from essc_platform.core.decisions import Accepted, Decision
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.holdings import with_licence
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.levels import LowerLevel, RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.passwords import ChangePassword, ResetPassword, SetPassword
from essc_platform.core.physical_cards import ChangePhysicalCard, NoteExpiry, Verb
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.records import (
    CancelCause,
    Card,
    CardView,
    Generation,
    Link,
    Method,
    Password,
    Purpose,
)
from essc_platform.core.replacements import ReplacePhysicalCard

LINK_NUMBERS = {"wechat": 300, "alipay": 310, "nantong": 320}
REGIONS = (NANTONG, SUZHOU)
# The reading of a loss in which more can happen.
POLICY = Policy(loss=HOLDER_CONSENT)
CHANNELS = [people.channel(key=name) for name in LINK_NUMBERS]
WAITS = (0, 0, MINUTE, 11 * MINUTE, DAY, 17 * DAY, 3653 * DAY)


class Teller:
    """Turns deeds into commands. What they say depends on the story alone, not on what came of it.

    So the same story can be told without one of its commands, and the answers compared.
    """

    def __init__(self) -> None:
        person = citizen()
        self.at = NOW
        self.number = 1000
        self.physical_cards = 50
        self.commands: list[Command] = [
            RegisterCitizen(
                at=NOW,
                citizen=ZHANG,
                id_number=person.id_number,
                name=person.name,
                phone=person.phone,
            )
        ]

    def new(self) -> int:
        self.number += 1
        return self.number

    def check(
        self, channel: str, method: Method, purpose: Purpose, finding: Finding = Finding.RIGHT
    ) -> tuple[int, int, int]:
        """Starts and answers a challenge; the key of the proof that a right answer gives."""
        person, challenge, proof = citizen(), self.new(), self.new()
        start = StartChallenge(
            at=self.at,
            channel=channel,
            citizen=ZHANG,
            link_number=None,
            name=person.name,
            id_number=person.id_number,
            phone=None,
            method=method,
            purpose=purpose,
            new_number=challenge,
        )
        answer = AnswerChallenge(
            at=self.at,
            channel=channel,
            citizen=ZHANG,
            number=challenge,
            finding=finding,
            password_version=None,
            new_proof_number=proof,
        )
        self.commands += [start, answer]
        return (*ZHANG, proof)

    def apply(self, channel: str, region: str | None) -> None:
        identity = self.check(channel, Method.VOUCHED, Purpose.APPLY)
        face = self.check(channel, Method.FACE, Purpose.APPLY)
        self.commands.append(
            Apply(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                identity_proof=identity,
                face_proof=face,
                consent_version="2026-01",
                region=region,
                new_link_number=LINK_NUMBERS[channel],
                new_licence_number=self.new(),
            )
        )

    def accept(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.TEXT_MESSAGE, Purpose.ACCEPT_DELIVERY)
        self.commands.append(
            AcceptDelivery(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                link_number=LINK_NUMBERS[channel],
                serial=serial,
                proof=proof,
                consent_version="2026-01",
                new_licence_number=self.new(),
            )
        )

    def decline(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.VOUCHED, Purpose.ACCEPT_DELIVERY)
        self.commands.append(
            DeclineDelivery(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                link_number=LINK_NUMBERS[channel],
                serial=serial,
                proof=proof,
            )
        )

    def unlink(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.FACE, Purpose.UNLINK)
        self.commands.append(
            Unlink(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                link_number=LINK_NUMBERS[channel],
                serial=serial,
                proof=proof,
            )
        )

    def renew_password(
        self, channel: str, kind: type[SetPassword | ChangePassword | ResetPassword]
    ) -> None:
        common: dict[str, Any] = {
            "at": self.at,
            "channel": channel,
            "citizen": ZHANG,
            "link_number": LINK_NUMBERS[channel],
            "digits": "135246",
            "hash": "hash",
        }
        if kind is ResetPassword:
            text = self.check(channel, Method.TEXT_MESSAGE, Purpose.RESET_PASSWORD)
            face = self.check(channel, Method.FACE, Purpose.RESET_PASSWORD)
            self.commands.append(ResetPassword(**common, text_proof=text, face_proof=face))
        elif kind is SetPassword:
            proof = self.check(channel, Method.FACE, Purpose.SET_PASSWORD)
            self.commands.append(SetPassword(**common, proof=proof))
        else:
            proof = self.check(channel, Method.CARD_PASSWORD, Purpose.CHANGE_PASSWORD)
            self.commands.append(ChangePassword(**common, proof=proof))

    def fail(self, channel: str, method: Method, finding: Finding, times: int) -> None:
        for _ in range(times):
            self.check(channel, method, Purpose.UNLINK, finding)

    def issue(self, region: str, generation: Generation, enabled: bool) -> None:
        self.physical_cards += 1
        self.commands.append(
            IssuePhysicalCard(
                at=self.at,
                citizen=ZHANG,
                region=region,
                generation=generation,
                is_enabled=enabled,
                new_number=self.physical_cards,
                receivers=(("alipay", 310), ("nantong", 320)),
            )
        )

    def step(self, verb: Verb, which: int) -> None:
        regions = None if verb is Verb.LAPSE else frozenset(REGIONS)
        self.commands.append(
            ChangePhysicalCard(
                at=self.at, verb=verb, citizen=ZHANG, number=50 + which, regions=regions
            )
        )

    def replace_card(self, which: int, generation: Generation) -> None:
        self.physical_cards += 1
        self.commands.append(
            ReplacePhysicalCard(
                at=self.at,
                citizen=ZHANG,
                number=50 + which,
                regions=frozenset(REGIONS),
                generation=generation,
                new_number=self.physical_cards,
                receivers=(("alipay", 310), ("nantong", 320)),
            )
        )

    def open_account(self, which: int) -> None:
        self.commands.append(
            ActivateBankAccount(
                at=self.at,
                citizen=ZHANG,
                number=50 + which,
                regions=frozenset(REGIONS),
                bank_id="citybank",
                reserved_phone="11100009999",
            )
        )

    def close_account(self, which: int) -> None:
        self.commands.append(
            CloseBankAccount(
                at=self.at, citizen=ZHANG, number=50 + which, regions=frozenset(REGIONS)
            )
        )

    def die(self) -> None:
        self.commands.append(
            CancelCitizen(
                at=self.at,
                citizen=ZHANG,
                id_number=citizen().id_number,
                cause=CancelCause.DEATH,
            )
        )

    def raise_level(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.RESERVED_PHONE, Purpose.RAISE_LEVEL)
        self.commands.append(RaiseLevel(**self.in_link(channel, serial), proof=proof))

    def lower_level(self, channel: str, serial: int) -> None:
        self.commands.append(LowerLevel(**self.in_link(channel, serial)))

    def allow(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.FACE, Purpose.ALLOW_WHILE_LOST)
        self.commands.append(AllowWhileLost(**self.in_link(channel, serial), proof=proof))

    def in_link(self, channel: str, serial: int) -> dict[str, Any]:
        return {
            "at": self.at,
            "channel": channel,
            "citizen": ZHANG,
            "link_number": LINK_NUMBERS[channel],
            "serial": serial,
        }

    def expire(self) -> None:
        self.commands.append(NoteExpiry(at=self.at, citizen=ZHANG))

    def wait(self, span: int) -> None:
        self.at += span


Deed = Callable[[Teller], None]


def deed(method: Callable[..., None], *arguments: st.SearchStrategy[Any]) -> Any:
    return st.tuples(*arguments).map(lambda drawn: lambda teller: method(teller, *drawn))


def deeds_of(*channels: str) -> st.SearchStrategy[Deed]:
    channel, serial = st.sampled_from(channels), st.sampled_from((1, 1, 2, 3))
    failures = st.sampled_from(
        (
            (Method.CARD_PASSWORD, Finding.WRONG_PASSWORD),
            (Method.FACE, Finding.NOT_LIVE),
            (Method.TEXT_MESSAGE, Finding.WRONG_CODE),
        )
    )
    return st.one_of(
        deed(Teller.apply, channel, st.sampled_from((None, None, *REGIONS))),
        deed(Teller.accept, channel, serial),
        deed(Teller.decline, channel, serial),
        deed(Teller.raise_level, channel, serial),
        deed(Teller.lower_level, channel, serial),
        deed(Teller.allow, channel, serial),
        deed(
            Teller.renew_password,
            channel,
            st.sampled_from((SetPassword, ChangePassword, ResetPassword)),
        ),
        deed(
            lambda teller, at, how, times: teller.fail(at, *how, times),
            channel,
            failures,
            st.sampled_from((1, 5, 6, 11)),
        ),
    )


WHICH = st.sampled_from((1, 1, 2, 3))
OF_BUREAU_AND_TIME: st.SearchStrategy[Deed] = st.one_of(
    deed(Teller.issue, st.sampled_from(REGIONS), st.sampled_from(Generation), st.booleans()),
    deed(Teller.step, st.sampled_from(Verb), WHICH),
    deed(Teller.replace_card, WHICH, st.sampled_from(Generation)),
    deed(Teller.open_account, WHICH),
    deed(Teller.close_account, WHICH),
    deed(Teller.die),
    deed(Teller.expire),
    deed(Teller.wait, st.sampled_from(WAITS)),
)
UNLINKS = deed(Teller.unlink, st.sampled_from(list(LINK_NUMBERS)), st.sampled_from((1, 1, 2, 3)))
DEEDS = st.one_of(deeds_of(*LINK_NUMBERS), UNLINKS, OF_BUREAU_AND_TIME)
# Where the card is open in WeChat and Alipay, delivered in Nantong, and has a password.
OPENED: Sequence[Deed] = (
    lambda teller: teller.issue(NANTONG, Generation.THIRD, True),
    lambda teller: teller.apply("wechat", None),
    lambda teller: teller.accept("alipay", 1),
    lambda teller: teller.renew_password("alipay", SetPassword),
)
# The same, and WeChat and Alipay may pay.
PAYING: Sequence[Deed] = (
    *OPENED,
    lambda teller: teller.open_account(1),
    lambda teller: teller.raise_level("wechat", 1),
    lambda teller: teller.raise_level("alipay", 1),
)

SEALED: Sequence[Deed] = (lambda teller: teller.issue(NANTONG, Generation.THIRD, False),)

STORIES = st.tuples(
    st.sampled_from(((), SEALED, OPENED, PAYING)), st.lists(DEEDS, max_size=20)
).map(lambda drawn: [*drawn[0], *drawn[1]])


def tell(*deeds: Deed) -> list[Command]:
    teller = Teller()
    for each in deeds:
        each(teller)
    return teller.commands


def play(store: Store, command: Command) -> Decision | None:
    """Does what the edge does around a command: looks at the password, signs, saves."""
    if isinstance(command, AnswerChallenge):
        password = store.records.get((Password, ZHANG))
        version = password.version if isinstance(password, Password) else None
        command = replace(command, password_version=version)
    if isinstance(command, NoteExpiry) and (Card, ZHANG) not in store.records:
        return None  # the sweep finds no card
    decision = store.judge(command, POLICY)
    if isinstance(decision, Accepted) and decision.to_sign is not None:
        decision = with_licence(decision, licence())
    store.save(decision.changes)
    store.entries += decision.entries
    return decision


def zhang_in(store: Store) -> Person:
    read = person_of(ZHANG)
    return person(store.snapshot_of(read).view(read), ZHANG)


def worth_in(store: Store, at: int) -> CardView | None:
    zhang = zhang_in(store)
    password = store.records.get((Password, ZHANG))
    assert password is None or isinstance(password, Password)
    return None if zhang.card is None else cards.view(zhang, password, at)


def links_in(store: Store) -> dict[str, Link]:
    return {each.channel: each for each in store.records.values() if isinstance(each, Link)}
