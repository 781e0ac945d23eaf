"""Challenges: starting a check and judging its answer. A right answer gives a proof.

What an answer is worth is found at the edge (a face judged, a password verified, a code compared)
and comes in as a `Finding`; here it is decided what follows. Order matters: a right password that
arrives after the lock is refused as locked.
"""

from dataclasses import dataclass, field
from enum import Enum

from essc_platform.core import passwords
from essc_platform.core.acting import BindingName, is_named
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    BankAccount,
    Binding,
    Challenge,
    Citizen,
    CitizenKey,
    Counters,
    Instant,
    Link,
    LinkState,
    Method,
    Password,
    Proof,
    Purpose,
)
from essc_platform.core.times import SECOND, china_day, end_of_china_day


class Finding(Enum):
    """What the edge found an answer to be."""

    RIGHT = "right"
    WRONG_CODE = "wrong code"
    OTHER_FACE = "another person's face"
    NOT_LIVE = "not live"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - a finding, not a password
    NOT_VOUCHED = "not vouched"
    OTHER_METHOD = "an answer of another method"
    NOT_JUDGED = "there was nothing to judge it by"


# A code goes out by text message, and counts as one of the day, to whichever phone.
TEXTED = frozenset({Method.TEXT_MESSAGE, Method.RESERVED_PHONE})
_WRONG = {
    Finding.WRONG_CODE: Reason.TEXT_CODE_WRONG,
    Finding.OTHER_FACE: Reason.FACE_MISMATCH,
    Finding.NOT_LIVE: Reason.LIVENESS_FAILED,
    Finding.NOT_VOUCHED: Reason.VOUCHING_FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChallenge:
    """A channel starts a check of a person: named by link, by name and ID number, or as a member.

    A member is named through the holder's link; the check, and the proof, are the member's.
    """

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int | None
    """The channel's own link, if the person was named by it or through it."""
    name: str | None = field(repr=False)
    id_number: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    method: Method
    purpose: Purpose
    new_number: int
    holder: CitizenKey | None = None
    """Whose link it is, if the person was named through it."""
    binding: BindingName | None = None

    @property
    def link_key(self) -> tuple[int, int, str]:
        """The link that a person was named by or through."""
        return (*(self.holder or self.citizen), self.channel)

    @property
    def is_about_account(self) -> bool:
        """Whether it is a check of the phone reserved at the bank account, whoever makes it."""
        return self.method is Method.RESERVED_PHONE or self.purpose is Purpose.RAISE_LEVEL

    @property
    def binding_key(self) -> tuple[int, int, int] | None:
        if self.holder is None or self.binding is None:
            return None
        return (*self.holder, self.binding.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChallenge:
    """A channel answers a challenge."""

    at: Instant
    channel: str
    citizen: CitizenKey
    number: int
    finding: Finding
    password_version: int | None
    """Of the hash that the password was verified against."""
    new_proof_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedChallenge:
    """A check that waits for its answer."""

    challenge: Challenge
    phone: str = field(repr=False)
    """Where a text message goes: the registered phone, or the reserved one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedProof:
    """What a right answer gave."""

    proof: Proof


def start_challenge(
    command: StartChallenge,
    citizen: Citizen | None,
    link: Link | None,
    binding: Binding | None,
    password: Password | None,
    account: BankAccount | None,
    counters: Counters | None,
    policy: Policy,
) -> Decision:
    """R21, R23, R25, R51: who is asked is on record; what is counted nationally is left."""
    if command.link_number is not None and not _is_own(link, command.link_number):
        return Rejected(Reason.LINK_NOT_FOUND)
    if command.binding is not None and not is_named(binding, command.binding):
        return Rejected(Reason.BINDING_NOT_FOUND)
    if citizen is None or not _is_same_person(command, citizen):
        return Rejected(Reason.IDENTITY_MISMATCH)
    if command.phone is not None and command.phone != citizen.phone:
        return Rejected(Reason.PHONE_MISMATCH)
    if command.method is Method.CARD_PASSWORD:
        refusal = passwords.use_refusal(password, command.at)
        if refusal is not None:
            return refusal
    if command.method is Method.RESERVED_PHONE and account is None:
        return Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)
    today = _today(counters, citizen.key, command.at)
    used_up = _used_up(command.method, today, policy)
    if used_up:
        retry_time = end_of_china_day(today.day)
        return Rejected(Reason.TRIES_EXHAUSTED, (("retry_time_us", str(retry_time)),))
    challenge = Challenge(
        citizen=citizen.key,
        number=command.new_number,
        channel=command.channel,
        method=command.method,
        purpose=command.purpose,
        expire_time=command.at + policy.challenge_seconds * SECOND,
        tries_left=_tries(command.method, password, policy),
        account_open_time=None if account is None else account.open_time,
    )
    answer = StartedChallenge(challenge=challenge, phone=_phone(command.method, citizen, account))
    if command.method in TEXTED:
        counted = replace(today, text_messages=today.text_messages + 1)
        return Accepted(answer=answer, changes=(challenge, counted))
    return Accepted(answer=answer, changes=(challenge,))


def answer_challenge(
    command: AnswerChallenge,
    challenge: Challenge | None,
    password: Password | None,
    counters: Counters | None,
    policy: Policy,
) -> Decision:
    """R22, R23, R25: a right answer gives a proof; a wrong one costs a try."""
    if challenge is None or challenge.channel != command.channel:
        return Rejected(Reason.CHALLENGE_NOT_FOUND)
    if challenge.is_answered:
        return Rejected(Reason.CHALLENGE_ANSWERED)
    if command.at >= challenge.expire_time:
        return Rejected(Reason.CHALLENGE_EXPIRED)
    today = _today(counters, challenge.citizen, command.at)
    if challenge.tries_left == 0:
        return Rejected(Reason.TRIES_EXHAUSTED)
    if challenge.method is Method.FACE and today.failed_faces >= policy.failed_faces_per_day:
        retry_time = end_of_china_day(today.day)
        return Rejected(Reason.TRIES_EXHAUSTED, (("retry_time_us", str(retry_time)),))
    if command.finding is Finding.OTHER_METHOD:
        return Rejected(Reason.PROOF_OF_OTHER_METHOD)
    if challenge.method is Method.CARD_PASSWORD:
        return _answer_password(command, challenge, password, policy)
    if command.finding is Finding.NOT_JUDGED:
        return Rejected(Reason.CHANGES_CONFLICT)
    if command.finding is Finding.RIGHT:
        return _earned(command, challenge, policy)
    reason = _WRONG[command.finding]  # a finding that fits no such challenge is a bug
    left = replace(challenge, tries_left=challenge.tries_left - 1)
    details = (("tries_left", str(left.tries_left)),)
    if challenge.method is Method.FACE:
        counted = replace(today, failed_faces=today.failed_faces + 1)
        return Rejected(reason, details, changes=(left, counted))
    return Rejected(reason, details, changes=(left,))


def _answer_password(
    command: AnswerChallenge, challenge: Challenge, password: Password | None, policy: Policy
) -> Decision:
    refusal = passwords.use_refusal(password, command.at)
    if refusal is not None:
        return refusal
    assert password is not None
    if command.finding is Finding.NOT_JUDGED or command.password_version != password.version:
        # The password changed between the look at the hash and now: it must be verified anew.
        return Rejected(Reason.CHANGES_CONFLICT)
    if command.finding is Finding.RIGHT:
        earned = _earned(command, challenge, policy, password.version)
        return replace(earned, changes=(*earned.changes, passwords.after_right(password)))
    # A wrong password costs no try of the challenge: the national count is the one that counts.
    return passwords.after_wrong(password, command.channel, command.at, policy)


def _earned(
    command: AnswerChallenge,
    challenge: Challenge,
    policy: Policy,
    password_version: int | None = None,
) -> Accepted:
    proof = Proof(
        citizen=challenge.citizen,
        number=command.new_proof_number,
        channel=challenge.channel,
        method=challenge.method,
        purpose=challenge.purpose,
        expire_time=command.at + policy.proof_seconds * SECOND,
        password_version=password_version,
        account_open_time=challenge.account_open_time,
    )
    answered = replace(challenge, is_answered=True)
    return Accepted(answer=EarnedProof(proof=proof), changes=(answered, proof))


def _phone(method: Method, citizen: Citizen, account: BankAccount | None) -> str:
    if method is Method.RESERVED_PHONE:
        assert account is not None, "refused before, where there is none"
        return account.reserved_phone
    return citizen.phone


def _tries(method: Method, password: Password | None, policy: Policy) -> int:
    """How many answers a challenge takes; for the card password, what is left nationally."""
    if method is Method.CARD_PASSWORD:
        assert password is not None, "refused before, where there is none"
        return policy.password_tries - password.wrong_tries
    return policy.challenge_tries


def _is_own(link: Link | None, number: int) -> bool:
    return link is not None and link.number == number and link.state is not LinkState.UNLINKED


def _is_same_person(command: StartChallenge, citizen: Citizen) -> bool:
    if command.link_number is not None:
        return True
    return citizen.id_number == command.id_number and citizen.name == command.name


def _today(counters: Counters | None, citizen: CitizenKey, at: Instant) -> Counters:
    """The counters of this day in China; yesterday's count for nothing."""
    day = china_day(at)
    if counters is None or counters.day != day:
        return Counters(key=citizen, day=day)
    return counters


def _used_up(method: Method, today: Counters, policy: Policy) -> bool:
    if method in TEXTED:
        return today.text_messages >= policy.text_messages_per_day
    if method is Method.FACE:
        return today.failed_faces >= policy.failed_faces_per_day
    return False
