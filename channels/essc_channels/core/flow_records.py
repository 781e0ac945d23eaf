"""A flow as a value: who walks it, where it stands, and what it has gathered so far.

A flow is stored after every answer, so it survives a restart of the channel. What it holds besides
its place are numbers of challenges and proofs that only the platform can use, and what the person
chose. What a person typed and photographed is sealed with a key of the phone. All of it is wiped
when the flow ends.
"""

from dataclasses import dataclass, field, replace

from essc_channels.core.card_errands import Code
from essc_channels.core.flow_kinds import AnswerKind, Check, FlowKind, FlowState, Stage
from essc_channels.core.lines import Line
from essc_channels.core.records import Card, Instant, SignedCard, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person answered. Never stored, never printed."""

    kind: AnswerKind
    is_yes: bool = False
    text: str = field(default="", repr=False)
    capture: bytes = field(default=b"", repr=False)
    """A face, or a photo."""
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """A form, by field, in the order of the fields' names."""


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
    is_of_member: bool = False
    """Whether a face is the member's, who is present."""
    options: tuple[Option, ...] = ()
    text: Words | None = None
    version: str = ""
    faults: tuple[str, ...] = ()
    """Which fields of the form were not good."""
    next_page_token: str = ""
    card: Card | None = None
    """Shown in this answer only; not stored with the flow, like all that follows."""
    signed_card: SignedCard | None = None
    code: Code | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the earlier steps of a flow have gathered."""

    check: Check | None = None
    link_id: str = ""
    serial: int = 0
    card_region: str = ""
    password_is_set: bool = False
    consent_version: str = ""
    region: str = ""
    is_child: bool = False
    """Whether the member to be added is under 16."""
    setbacks: int = 0
    """How often a refused command has led back to an earlier step."""
    page_token: str = ""
    choices: tuple[tuple[Stage, Option], ...] = ()
    proofs: tuple[tuple[Stage, str], ...] = field(default=(), repr=False)

    def proof(self, stage: Stage) -> str:
        """The proof earned at a stage. A KeyError if there is none: the table is wrong then."""
        return dict(self.proofs)[stage]

    def proof_if_any(self, stage: Stage) -> str:
        """The proof earned at a stage that not every walk comes by; empty if there is none."""
        return dict(self.proofs).get(stage, "")

    def with_proof(self, stage: Stage, proof: str) -> "Memory":
        """The same with one more proof; a newer one of the same stage replaces it."""
        others = tuple(pair for pair in self.proofs if pair[0] is not stage)
        return replace(self, proofs=(*others, (stage, proof)))

    def choice(self, stage: Stage) -> Option:
        """What was chosen at a stage. A KeyError if nothing was: the table is wrong then."""
        return dict(self.choices)[stage]

    def with_choice(self, stage: Stage, option: Option) -> "Memory":
        """The same with one more choice; a newer one of the same stage replaces it."""
        others = tuple(pair for pair in self.choices if pair[0] is not stage)
        return replace(self, choices=(*others, (stage, option)))

    @property
    def binding_id(self) -> str:
        """The member for whom something is done; empty for the holder."""
        option = dict(self.choices).get(Stage.CHOOSE_PERSON)
        return option.choice_id if option and option.choice_id != SELF else ""


SELF = "self"
"""The choice of oneself among the people for whom something can be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person typed and photographed of a member. Sealed when stored, never printed."""

    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    card_photo: bytes = field(default=b"", repr=False)
    face_photo: bytes = field(default=b"", repr=False)


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
    sealed_draft: bytes = field(default=b"", repr=False)
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.state is FlowState.OPEN


def ended(flow: Flow, state: FlowState, reason: str = "") -> Flow:
    """The flow as it stays for good: nothing that it gathered is kept."""
    return replace(flow, state=state, reason=reason, step=None, memory=Memory(), sealed_draft=b"")


def is_abandoned(flow: Flow, now: Instant) -> bool:
    """Whether an open flow has waited longer than its lifetime."""
    return flow.is_open and now >= flow.expire_time
