"""A flow as a value: who walks it, where it stands, and what it has gathered so far.

A flow is stored after every answer, so it survives a restart of the channel. What it holds besides
its place are numbers of challenges and proofs that only the platform can use; both are wiped when
it ends.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.records import Card, Instant, SignedCard, Words


class FlowKind(IntEnum):
    """What a flow is for; numbers as in the contract."""

    APPLY = 1
    ACCEPT_DELIVERY = 2
    DECLINE_DELIVERY = 3
    CONSENT_TO_DISPLAY = 4
    SHOW_CARD = 5
    UNLINK = 6
    SET_PASSWORD = 7
    CHANGE_PASSWORD = 8
    RESET_PASSWORD = 9


class FlowState(IntEnum):
    """Of a flow; numbers as in the contract."""

    OPEN = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4


class Check(IntEnum):
    """A way to authenticate the person: the channel's own first, with the numbers of VouchKind."""

    WALLET_PASSWORD = 1
    ACCOUNT_IDENTITY = 2
    RESERVED_PHONE = 3
    REAL_NAME_ACCOUNT = 4
    TEXT_MESSAGE = 5
    FACE = 6
    CARD_PASSWORD = 7

    @property
    def vouch_kind(self) -> VouchKind | None:
        """What the channel vouches for in this check; None if the platform judges it."""
        return VouchKind(self) if self <= Check.REAL_NAME_ACCOUNT else None


class Stage(StrEnum):
    """A place in a flow. START and DONE are its ends and show no step."""

    START = "start"
    CHOOSE_CHECK = "choose_check"
    CHECK = "check"
    CONSENT_TO_CLAIM = "consent_to_claim"
    FACE = "face"
    CONSENT_TO_ISSUE = "consent_to_issue"
    CHOOSE_REGION = "choose_region"
    CONSENT_TO_ACCEPT = "consent_to_accept"
    CONSENT_TO_DECLINE = "consent_to_decline"
    CONSENT_TO_DISPLAY = "consent_to_display"
    SHOW_CARD = "show_card"
    TEXT_CODE = "text_code"
    OLD_PASSWORD = "old_password"  # noqa: S105 - a place, not a password
    NEW_PASSWORD = "new_password"  # noqa: S105 - the same
    DONE = "done"


class AnswerKind(StrEnum):
    """What a step wants, as the contract's oneof names it."""

    CONSENTED = "consented"
    CHOICE_ID = "choice_id"
    TEXT_CODE = "text_code"
    FACE_CAPTURE = "face_capture"
    CARD_PASSWORD = "card_password"  # noqa: S105 - a kind, not a password
    VOUCH_ANSWER = "vouch_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person answered. Never stored, never printed."""

    kind: AnswerKind
    is_yes: bool = False
    text: str = field(default="", repr=False)
    capture: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of a choice."""

    choice_id: str
    label: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the person is asked now, and what the channel needs to judge the answer."""

    number: int
    stage: Stage
    check: Check | None = None
    attempt: int = 1
    """Grows with every answer that was judged: part of the ids of the calls it causes."""
    expire_time: Instant | None = None
    tries_left: int = 0
    last_reason: str = ""
    challenge_id: str = ""
    vouch_id: str = ""
    masked_phone: str = ""
    actions: tuple[int, ...] = ()
    digits: str = ""
    options: tuple[Option, ...] = ()
    text: Words | None = None
    version: str = ""
    card: Card | None = None
    """Shown in this answer only; not stored with the flow, like the signed card."""
    signed_card: SignedCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the earlier steps of a flow have gathered."""

    check: Check | None = None
    link_id: str = ""
    serial: int = 0
    password_is_set: bool = False
    consent_version: str = ""
    region: str = ""
    proofs: tuple[tuple[Stage, str], ...] = field(default=(), repr=False)

    def proof(self, stage: Stage) -> str:
        """The proof earned at a stage. A KeyError if there is none: the table is wrong then."""
        return dict(self.proofs)[stage]

    def with_proof(self, stage: Stage, proof: str) -> "Memory":
        """The same with one more proof; a newer one of the same stage replaces it."""
        others = tuple(pair for pair in self.proofs if pair[0] is not stage)
        return replace(self, proofs=(*others, (stage, proof)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A conversation between a phone and the channel."""

    flow_id: str
    session: str
    """The session's digest."""
    account: str
    kind: FlowKind
    expire_time: Instant
    state: FlowState = FlowState.OPEN
    steps_taken: int = 0
    step: Step | None = None
    memory: Memory = Memory()
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.state is FlowState.OPEN


def ended(flow: Flow, state: FlowState, reason: str = "") -> Flow:
    """The flow as it stays for good: nothing that it gathered is kept."""
    return replace(flow, state=state, reason=reason, step=None, memory=Memory())


def is_abandoned(flow: Flow, now: Instant) -> bool:
    """Whether an open flow has waited longer than its lifetime."""
    return flow.is_open and now >= flow.expire_time
