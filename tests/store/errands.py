"""Every command there is, made from the names of its fields.

A command of any noun is made by the same few lines, so one that is added later takes part in the
laws at once; a field without a rule here is a KeyError, and a test that fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, get_args

from tests.store.stories import (
    CHANNELS,
    LI,
    NOBODY,
    REGIONS,
    ZHANG,
    challenge_number,
    citizen,
    proof_number,
)

from essc_platform.core import cancellations, certifications, checks, codes, family, joining
from essc_platform.core.acting import BindingName
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.catalogue import AddService
from essc_platform.core.challenges import AnswerChallenge, Finding, StartChallenge
from essc_platform.core.citizens import RegisterCitizen
from essc_platform.core.commands import Command
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.levels import RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.parties import ChangeChannel, ChannelVerb, RemovePartyKey
from essc_platform.core.passwords import ChangePassword, ResetPassword, SetPassword
from essc_platform.core.payments import Pay, SetPasswordFree
from essc_platform.core.physical_cards import ChangePhysicalCard, Verb
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.records import (
    CancelCause,
    CitizenKey,
    Generation,
    Level,
    Method,
    Outcome,
    PartyKind,
    Purpose,
    Relation,
    Usage,
    VerifierClass,
)
from essc_platform.core.replacements import ReplacePhysicalCard
from essc_platform.core.tickets import CloseUse, RedeemTicket

ALL: tuple[type[Command], ...] = get_args(Command)
# R3 by the reading that lets more happen.
POLICY = Policy(loss=HOLDER_CONSENT)
HOSPITAL, CLINIC = "hospital", "clinic"
TICKET, USE, CODE, CHECKED, ORDER, SETTLED, BINDING = 700, 710, 720, 730, 810, 812, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A command to be; the same words as a wish of the stories."""

    kind: type[Command]
    citizen: CitizenKey
    channel: str
    variant: int
    """0 to 3: which proof, which verb, right or wrong, own or for a member."""
    pause: int


# By which proof each command is allowed, field by field.
_P, _M = Purpose, Method
PROOFS: dict[tuple[type[Command], str], tuple[Purpose, Method]] = {
    (Apply, "identity_proof"): (_P.APPLY, _M.VOUCHED),
    (Apply, "face_proof"): (_P.APPLY, _M.FACE),
    (AcceptDelivery, "proof"): (_P.ACCEPT_DELIVERY, _M.VOUCHED),
    (DeclineDelivery, "proof"): (_P.ACCEPT_DELIVERY, _M.VOUCHED),
    (Unlink, "proof"): (_P.UNLINK, _M.FACE),
    (RaiseLevel, "proof"): (_P.RAISE_LEVEL, _M.RESERVED_PHONE),
    (AllowWhileLost, "proof"): (_P.ALLOW_WHILE_LOST, _M.FACE),
    (SetPassword, "proof"): (_P.SET_PASSWORD, _M.FACE),
    (ChangePassword, "proof"): (_P.CHANGE_PASSWORD, _M.CARD_PASSWORD),
    (ResetPassword, "text_proof"): (_P.RESET_PASSWORD, _M.TEXT_MESSAGE),
    (ResetPassword, "face_proof"): (_P.RESET_PASSWORD, _M.FACE),
    (Pay, "proof"): (_P.PAY, _M.CARD_PASSWORD),
    (SetPasswordFree, "proof"): (_P.SET_PASSWORD_FREE, _M.CARD_PASSWORD),
    (joining.AddMember, "password_proof"): (_P.ADD_FAMILY, _M.CARD_PASSWORD),
    (joining.AddMember, "member_proof"): (_P.JOIN_FAMILY, _M.FACE),
    (family.RemoveMember, "proof"): (_P.END_BINDING, _M.FACE),
    (family.LeaveBinder, "proof"): (_P.END_BINDING, _M.FACE),
    (certifications.Certify, "proof"): (_P.CERTIFY, _M.FACE),
    (codes.IssueCode, "proof"): (_P.NEW_DEVICE, _M.TEXT_MESSAGE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """An errand at its place in a story."""

    errand: Errand
    place: int
    at: int

    @property
    def key(self) -> CitizenKey:
        return self.errand.citizen

    @property
    def other(self) -> CitizenKey:
        return LI if self.key == ZHANG else ZHANG

    @property
    def variant(self) -> int:
        return self.errand.variant

    @property
    def copy(self) -> int:
        return self.variant % 2

    @property
    def fresh(self) -> int:
        return 10_000 + 10 * self.place

    @property
    def binding(self) -> BindingName | None:
        """Zhang's with Li, in the last variant."""
        return BindingName(BINDING, LI) if self.variant == 3 and self.key == ZHANG else None

    def one_of(self, *values: Any) -> Any:
        return values[self.variant % len(values)]

    def proof(self, name: str) -> tuple[int, int, int] | None:
        kind = self.errand.kind
        purpose, method = PROOFS[kind, name]
        person = self.key
        if name == "member_proof" or (kind is certifications.Certify and self.binding):
            person = self.other
        return (*person, proof_number(self.errand.channel, purpose, method, self.copy))


_MADE: dict[str, Callable[[_Making], Any]] = {
    "at": lambda m: m.at,
    "channel": lambda m: m.errand.channel,
    "citizen": lambda m: m.key,
    "link_number": lambda m: 300 + CHANNELS.index(m.errand.channel),
    "serial": lambda m: 1 + m.variant // 3,
    "binding": lambda m: m.binding,
    "member": lambda m: m.other,
    "holder": lambda m: m.other,
    "others": lambda m: (m.other,),
    "binders": lambda m: (m.key,) if m.copy else (),
    "name": lambda m: citizen(m.other).name,
    "id_number": lambda m: citizen(m.key).id_number,
    "phone": lambda m: citizen(m.key).phone,
    "region": lambda m: REGIONS[m.copy],
    "regions": lambda m: frozenset(REGIONS),
    "receivers": lambda m: tuple((name, 300 + CHANNELS.index(name)) for name in CHANNELS[:2]),
    "generation": lambda m: m.one_of(Generation.THIRD, Generation.SECOND),
    "is_enabled": lambda m: m.variant < 3,
    "is_on": lambda m: m.variant < 3,
    "is_everywhere": lambda m: m.copy == 0,
    "is_moved": lambda m: m.variant < 3,
    "new_number": lambda m: m.fresh,
    "new_link_number": lambda m: 300 + CHANNELS.index(m.errand.channel),
    "new_licence_number": lambda m: m.fresh,
    "licence_number": lambda m: m.fresh,
    "new_proof_number": lambda m: m.fresh,
    "number": lambda m: 50,
    "bank_id": lambda m: "citybank",
    "reserved_phone": lambda m: "11100009999",
    "cause": lambda m: m.one_of(*CancelCause),
    "consent_version": lambda m: "2026-01",
    "notice_version": lambda m: "2026-01",
    "digits": lambda m: "246813",
    "hash": lambda m: f"hash {m.place}",
    "method": lambda m: m.one_of(*Method),
    "purpose": lambda m: Purpose.UNLINK,
    "finding": lambda m: m.one_of(Finding.WRONG_PASSWORD, Finding.RIGHT),
    "password_version": lambda m: 1,
    "party_id": lambda m: m.one_of(m.errand.channel, "pond"),
    "channel_id": lambda m: m.one_of(m.errand.channel, "pond"),
    "kind": lambda m: m.one_of(*PartyKind),
    "display_name": lambda m: "池塘",
    "verifier_class": lambda m: m.one_of(*VerifierClass),
    "service_ids": lambda m: ("library",),
    "verifier_ids": lambda m: (HOSPITAL,),
    "key_id": lambda m: "k1" if m.variant < 2 else "k2",
    "public_key": lambda m: b"%d" % m.variant,
    "new_key_id": lambda m: f"r{m.place}",
    "new_public_key": lambda m: bytes(32),
    "told": lambda m: CHANNELS,
    "above": lambda m: "" if m.copy else CHANNELS[0],
    "below": lambda m: tuple(name for name in CHANNELS if name != m.errand.channel),
    "channel_class": lambda m: 6,
    "vouch_kinds": lambda m: (2, 4),
    "receives_new_cards": lambda m: False,
    "tier": lambda m: 1,
    "parent": lambda m: "",
    "shows_all_channels": lambda m: False,
    "verb": lambda m: m.one_of(*Verb),
    "service_id": lambda m: m.one_of("library", "medical-settlement", "library", "ferry"),
    "name_zh": lambda m: "轮渡",
    "name_en": lambda m: "Ferry",
    "needed_level": lambda m: Level.QUERY,
    "provider": lambda m: m.one_of(CLINIC, CLINIC, CLINIC, "elsewhere"),
    "verifier": lambda m: HOSPITAL,
    "outcome": lambda m: m.one_of(*Outcome),
    "use_number": lambda m: USE + m.copy,
    "code_number": lambda m: CHECKED + m.copy,
    "order_number": lambda m: m.one_of(ORDER, ORDER + 1, SETTLED, SETTLED),
    "order": lambda m: (*m.key, ORDER + m.copy),
    "insurance_fen": lambda m: 700,
    "own_fen": lambda m: 300,
    "step": lambda m: m.one_of(1, 1, 3, 3),
    "relation": lambda m: m.one_of(*Relation),
    "card_photo": lambda m: joining.Photo(
        bucket=3, digest=f"{m.variant:032x}", finding=joining.PhotoFinding.RIGHT
    ),
    "face_photo": lambda m: None,
    "device": lambda m: m.one_of("d1", "d2"),
    "usage": lambda m: m.one_of(*Usage),
    "code": lambda m: codes.CodeName(m.key, CODE + m.copy, m.errand.channel, None),
}

# Where a name means something of its own.
_OF_KIND: dict[tuple[type[Command], str], Callable[[_Making], Any]] = {
    (RegisterCitizen, "citizen"): lambda m: m.key if m.variant else NOBODY,
    (RegisterCitizen, "id_number"): lambda m: citizen(m.key if m.variant else NOBODY).id_number,
    (Apply, "region"): lambda m: None,
    (IssuePhysicalCard, "new_number"): lambda m: 60 + m.place,
    (ReplacePhysicalCard, "new_number"): lambda m: 60 + m.place,
    (ReplacePhysicalCard, "number"): lambda m: m.one_of(50, 60 + m.place - 1),
    (ChangePhysicalCard, "verb"): lambda m: m.one_of(
        Verb.REPORT_TEMPORARY_LOSS, Verb.LIFT_LOSS, Verb.REPORT_LOSS, Verb.CANCEL
    ),
    (ActivateBankAccount, "number"): lambda m: m.one_of(50, 60 + m.place - 1),
    (CloseBankAccount, "number"): lambda m: m.one_of(50, 60 + m.place - 1),
    (ChangeChannel, "verb"): lambda m: m.one_of(
        ChannelVerb.SUSPEND, ChannelVerb.RESUME, ChannelVerb.RESUME, ChannelVerb.EXIT
    ),
    (AddService, "service_id"): lambda m: m.one_of("library", "ferry"),
    (AddService, "regions"): lambda m: REGIONS,
    (AnswerChallenge, "number"): lambda m: (
        challenge_number(m.errand.channel, m.one_of(Method.CARD_PASSWORD, Method.FACE))
        if m.variant < 2
        else challenge_number(m.errand.channel, Method.CARD_PASSWORD)
    ),
    (AnswerChallenge, "finding"): lambda m: m.one_of(
        Finding.WRONG_PASSWORD, Finding.NOT_LIVE, Finding.WRONG_PASSWORD, Finding.RIGHT
    ),
    (StartChallenge, "link_number"): lambda m: None,
    (StartChallenge, "name"): lambda m: citizen(m.key).name,
    (StartChallenge, "phone"): lambda m: None,
    (StartChallenge, "holder"): lambda m: None,
    (StartChallenge, "binding"): lambda m: None,
    (RedeemTicket, "number"): lambda m: TICKET + m.copy,
    (RedeemTicket, "channel"): lambda m: "bank",
    (RedeemTicket, "binding"): lambda m: None,
    (CloseUse, "number"): lambda m: USE + m.copy,
    (Pay, "proof"): lambda m: None if m.variant == 2 else m.proof("proof"),
    (codes.IssueCode, "proof"): lambda m: None if m.variant == 2 else m.proof("proof"),
    (checks.CheckCode, "code"): lambda m: (
        codes.CodeName(m.key, CODE + m.copy, "bank", None) if m.variant < 3 else None
    ),
    (family.RemoveMember, "number"): lambda m: BINDING,
    (family.LeaveBinder, "number"): lambda m: BINDING,
    (joining.AddMember, "id_number"): lambda m: citizen(m.other).id_number,
    (RemovePartyKey, "party_id"): lambda m: m.one_of(CLINIC, "pond", CLINIC, m.errand.channel),
    # Rarely somebody who is there: nothing happens to the dead.
    (cancellations.CancelCitizen, "citizen"): lambda m: m.key if m.variant == 3 else NOBODY,
}
_OF_PARTIES = ("RegisterParty", "RegisterChannel")


def command_of(errand: Errand, place: int, at: int) -> Command:
    """The command of an errand; `place` gives its fresh numbers."""
    making = _Making(errand=errand, place=place, at=at)
    values: dict[str, Any] = {}
    for field in fields(errand.kind):
        if not field.init:
            continue
        if (errand.kind, field.name) in _OF_KIND:
            values[field.name] = _OF_KIND[errand.kind, field.name](making)
        elif (errand.kind, field.name) in PROOFS:
            values[field.name] = making.proof(field.name)
        elif errand.kind.__name__ in _OF_PARTIES and field.name == "regions":
            values[field.name] = REGIONS
        else:
            values[field.name] = _MADE[field.name](making)
    return errand.kind(**values)
