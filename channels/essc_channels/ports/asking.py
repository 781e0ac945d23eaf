"""What is asked and answered: the values that cross the channel's border."""

from dataclasses import dataclass, field

from essc_channels.core.records import Holding, Instant, Person, RecordLine, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """On whose behalf a call is made: how long it may take, and the trace it belongs to."""

    end: float
    """When the caller must have its answer, on the monotonic clock."""
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is to be authenticated: a person, the holder of a link, or a member bound through it."""

    person: Person | None = None
    link_id: str = ""
    binding_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A challenge of the platform, or a check of the authority."""

    number: str
    expire_time: Instant | None = None
    tries_left: int = 0
    masked_phone: str = ""
    actions: tuple[int, ...] = ()
    digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The platform's current consent text."""

    version: str
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """One page of the own record."""

    lines: tuple[RecordLine, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the feed ends, and whether everything else is open to the channel too."""

    cursor: str
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """One page of the channel's own links."""

    holdings: tuple[Holding, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of the feed: everything up to here has been sent."""

    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What applying takes."""

    identity_proof: str = field(repr=False)
    face_proof: str = field(repr=False)
    consent_version: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """What setting, changing and resetting the password take."""

    link_id: str
    proofs: tuple[str, ...] = field(repr=False)
    password: str = field(repr=False)
