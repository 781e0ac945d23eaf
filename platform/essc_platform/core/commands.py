"""All commands, as one closed union: `match` over it without a default, and mypy finds a gap."""

from typing import TypeAlias

from essc_platform.core.challenges import AnswerChallenge, StartChallenge
from essc_platform.core.citizens import RegisterCitizen
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.parties import (
    AddPartyKey,
    ChangeChannel,
    RegisterChannel,
    RegisterParty,
    RemovePartyKey,
)
from essc_platform.core.passwords import ChangePassword, ResetPassword, SetPassword
from essc_platform.core.physical_cards import ChangePhysicalCard, IssuePhysicalCard, NoteExpiry

Command: TypeAlias = (
    RegisterCitizen
    | IssuePhysicalCard
    | ChangePhysicalCard
    | NoteExpiry
    | Apply
    | AcceptDelivery
    | DeclineDelivery
    | Unlink
    | StartChallenge
    | AnswerChallenge
    | SetPassword
    | ChangePassword
    | ResetPassword
    | RegisterParty
    | RegisterChannel
    | ChangeChannel
    | AddPartyKey
    | RemovePartyKey
)
