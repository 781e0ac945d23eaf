"""What is true, as frozen values. Every per-citizen record begins with the citizen's key.

Times are whole microseconds since 1970 UTC, on the platform's clock. Numbers inside ids are random
and mean nothing; what leaves the platform is an id that only the platform can read.
"""

from typing import TypeAlias

from essc_platform.core.records.bank_accounts import BankAccount
from essc_platform.core.records.cards import Card, CardView, Licence, LicenceFacts
from essc_platform.core.records.certifications import Certification
from essc_platform.core.records.codes import Code, CodeState, LinkCodes, Usage, Verdict
from essc_platform.core.records.directory import Outcome, Service, Ticket
from essc_platform.core.records.entries import Entry, EntryKind, EntryPlace
from essc_platform.core.records.events import Event, EventKind
from essc_platform.core.records.family import Binding, Membership, PhotoUse, Relation
from essc_platform.core.records.identity import (
    Challenge,
    Counters,
    Method,
    Password,
    Proof,
    Purpose,
)
from essc_platform.core.records.keys import CitizenKey, Instant
from essc_platform.core.records.links import Level, Link, LinkState
from essc_platform.core.records.parties import (
    Channel,
    ChannelState,
    Party,
    PartyKey,
    PartyKind,
    VerifierClass,
)
from essc_platform.core.records.people import (
    CancelCause,
    Citizen,
    Generation,
    PhysicalCard,
    PhysicalCardStatus,
)
from essc_platform.core.records.recipients import Recipient
from essc_platform.core.records.settlement import (
    Account,
    Order,
    OrderState,
    PasswordFree,
    Posting,
)
from essc_platform.core.records.signing_keys import SigningKey, SigningKeyState

Change: TypeAlias = (
    Citizen
    | PhysicalCard
    | Card
    | Link
    | Password
    | Counters
    | Challenge
    | Proof
    | Party
    | PartyKey
    | Channel
    | BankAccount
    | Binding
    | Membership
    | Code
    | LinkCodes
    | PhotoUse
    | Certification
    | Recipient
    | Service
    | Ticket
    | Order
    | PasswordFree
    | Posting
    | SigningKey
)

__all__ = [
    "Account",
    "BankAccount",
    "Binding",
    "CancelCause",
    "Card",
    "CardView",
    "Certification",
    "Challenge",
    "Change",
    "Channel",
    "ChannelState",
    "Citizen",
    "CitizenKey",
    "Code",
    "CodeState",
    "Counters",
    "Entry",
    "EntryKind",
    "EntryPlace",
    "Event",
    "EventKind",
    "Generation",
    "Instant",
    "Level",
    "Licence",
    "LicenceFacts",
    "Link",
    "LinkCodes",
    "LinkState",
    "Membership",
    "Method",
    "Order",
    "OrderState",
    "Outcome",
    "Party",
    "PartyKey",
    "PartyKind",
    "Password",
    "PasswordFree",
    "PhotoUse",
    "PhysicalCard",
    "PhysicalCardStatus",
    "Posting",
    "Proof",
    "Purpose",
    "Recipient",
    "Relation",
    "Service",
    "SigningKey",
    "SigningKeyState",
    "Ticket",
    "Usage",
    "Verdict",
    "VerifierClass",
]
