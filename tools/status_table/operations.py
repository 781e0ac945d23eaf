"""The rows: what a holder does in a channel, with all that it needs but the card in order.

A row of `OPERATIONS` is all that another operation needs.
"""

from dataclasses import dataclass
from typing import Any

from standings import CHANNEL, ID_NUMBER, LATER, LONG_AGO, NOW, OTHER, POLICY, WHO

from essc_platform.core import (
    certifications,
    codes,
    deliveries,
    family,
    joining,
    levels,
    links,
    losses,
    passwords,
    payments,
    records,
    tickets,
)
from essc_platform.core.challenges import StartChallenge
from essc_platform.core.commands import Command
from essc_platform.core.policy import BLOCK, HOLDER_CONSENT
from essc_platform.core.records import Change, CitizenKey, Level, LinkState, Method, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A row: what a holder does in a channel, with all that it needs but the card in order."""

    command: Command
    link: LinkState | None = LinkState.ACTIVE
    level: Level = Level.QUERY
    proofs: tuple[tuple[Purpose, Method], ...] = ()
    """Where they lie: 1, 2, ..., in this order."""
    has_password: bool = False
    more: tuple[Change, ...] = ()
    whose: CitizenKey = WHO
    """Whose card is in question: the holder's, or the other person's."""
    loss: str = HOLDER_CONSENT


def by(purpose: Purpose, *methods: Method) -> tuple[tuple[Purpose, Method], ...]:
    return tuple((purpose, method) for method in methods)


def proof_at(number: int) -> tuple[int, int, int]:
    return (*WHO, number)


HERE: dict[str, Any] = {"at": NOW, "channel": CHANNEL, "citizen": WHO}
LINKED = HERE | {"link_number": 1}
SERIAL = LINKED | {"serial": 1}
PROVED: dict[str, Any] = {"proof": proof_at(1)}
DIGITS: dict[str, Any] = {"digits": "258036", "hash": "new"}
CONSENT: dict[str, Any] = {"consent_version": POLICY.consent_version, "new_licence_number": 2}
ACCEPTING = by(Purpose.ACCEPT_DELIVERY, Method.TEXT_MESSAGE)
JOINING = joining.AddMember(
    **LINKED,
    password_proof=proof_at(1),
    member_proof=(*OTHER, 2),
    notice_version=POLICY.notice_version,
    relation=records.Relation.PARENT,
    member=OTHER,
    name="某人",
    id_number=ID_NUMBER,
    card_photo=joining.Photo(bucket=1, digest="1", finding=joining.PhotoFinding.RIGHT),
    face_photo=None,
    new_number=5,
)
ADDING = (
    *by(Purpose.ADD_FAMILY, Method.CARD_PASSWORD),
    *by(Purpose.JOIN_FAMILY, Method.FACE),
)
BOUND = records.Binding(
    holder=WHO, number=5, member=OTHER, relation=records.Relation.OTHER, add_time=LONG_AGO
)
BINDER = records.Binding(
    holder=OTHER, number=5, member=WHO, relation=records.Relation.OTHER, add_time=LONG_AGO
)
SERVICE = records.Service(
    key="library",
    name_zh="图书借阅",
    name_en="Library",
    needed_level=Level.QUERY,
    regions=(),
    is_open_everywhere=True,
)
ORDER = records.Order(
    citizen=WHO,
    number=7,
    provider="clinic",
    channel=CHANNEL,
    serial=1,
    insurance_fen=100,
    own_fen=100,
    create_time=LONG_AGO,
    expire_time=LATER,
    state=records.OrderState.OPEN,
    state_time=LONG_AGO,
)
ALLOW = losses.AllowWhileLost(**SERIAL, **PROVED)
BY_FACE = by(Purpose.ALLOW_WHILE_LOST, Method.FACE)

OPERATIONS = {
    "`Apply` 申领": Operation(
        command=links.Apply(
            **HERE,
            **CONSENT,
            identity_proof=proof_at(1),
            face_proof=proof_at(2),
            region=None,
            new_link_number=1,
        ),
        link=None,
        proofs=by(Purpose.APPLY, Method.TEXT_MESSAGE, Method.FACE),
    ),
    "`AcceptDelivery`": Operation(
        command=deliveries.AcceptDelivery(**SERIAL, **PROVED, **CONSENT),
        link=LinkState.DELIVERED,
        proofs=ACCEPTING,
    ),
    "`IssueCode` 展码": Operation(
        command=codes.IssueCode(
            **LINKED, binding=None, device="new", proof=proof_at(1), new_number=3
        ),
        proofs=by(Purpose.NEW_DEVICE, Method.TEXT_MESSAGE),
    ),
    "`IssueTicket`": Operation(
        command=tickets.IssueTicket(**LINKED, binding=None, service_id=SERVICE.key, new_number=3),
        more=(SERVICE,),
    ),
    "`Pay` 支付": Operation(
        command=payments.Pay(**LINKED, order=ORDER.key, proof=proof_at(1)),
        level=Level.PAYMENT,
        proofs=by(Purpose.PAY, Method.CARD_PASSWORD),
        more=(ORDER,),
    ),
    "`SetPasswordFree`, on": Operation(
        command=payments.SetPasswordFree(**SERIAL, **PROVED, is_on=True),
        level=Level.PAYMENT,
        proofs=by(Purpose.SET_PASSWORD_FREE, Method.CARD_PASSWORD),
    ),
    "`SetPasswordFree`, off": Operation(
        command=payments.SetPasswordFree(**SERIAL, **PROVED, is_on=False),
        level=Level.PAYMENT,
    ),
    "`Certify` 资格认证": Operation(
        command=certifications.Certify(**LINKED, **PROVED, binding=None),
        proofs=by(Purpose.CERTIFY, Method.FACE),
        more=(records.Recipient(key=WHO, register_time=LONG_AGO),),
    ),
    "`AddMember` 亲情服务, holder's card": Operation(
        command=JOINING, proofs=ADDING, has_password=True
    ),
    "`AddMember`, member's card": Operation(
        command=JOINING, proofs=ADDING, has_password=True, whose=OTHER
    ),
    "`RaiseLevel`": Operation(
        command=levels.RaiseLevel(**SERIAL, **PROVED),
        proofs=by(Purpose.RAISE_LEVEL, Method.RESERVED_PHONE),
    ),
    "`AllowWhileLost`, *loss* is `block`": Operation(command=ALLOW, proofs=BY_FACE, loss=BLOCK),
    "`AllowWhileLost`, *loss* is `holder_consent`": Operation(command=ALLOW, proofs=BY_FACE),
    "`LowerLevel`": Operation(command=levels.LowerLevel(**SERIAL), level=Level.PAYMENT),
    "`DeclineDelivery`": Operation(
        command=deliveries.DeclineDelivery(**SERIAL, **PROVED),
        link=LinkState.DELIVERED,
        proofs=ACCEPTING,
    ),
    "`Unlink` 解除关联": Operation(
        command=links.Unlink(**SERIAL, **PROVED), proofs=by(Purpose.UNLINK, Method.FACE)
    ),
    "`SetPassword`": Operation(
        command=passwords.SetPassword(**LINKED, **PROVED, **DIGITS),
        proofs=by(Purpose.SET_PASSWORD, Method.FACE),
    ),
    "`ChangePassword`": Operation(
        command=passwords.ChangePassword(**LINKED, **PROVED, **DIGITS),
        proofs=by(Purpose.CHANGE_PASSWORD, Method.CARD_PASSWORD),
        has_password=True,
    ),
    "`ResetPassword`": Operation(
        command=passwords.ResetPassword(
            **LINKED, **DIGITS, text_proof=proof_at(1), face_proof=proof_at(2)
        ),
        proofs=by(Purpose.RESET_PASSWORD, Method.TEXT_MESSAGE, Method.FACE),
        has_password=True,
    ),
    "`RemoveMember`": Operation(
        command=family.RemoveMember(**LINKED, **PROVED, number=5, member=OTHER),
        proofs=by(Purpose.END_BINDING, Method.FACE),
        more=(BOUND, family.mirrored(BOUND)),
    ),
    "`LeaveBinder`": Operation(
        command=family.LeaveBinder(**LINKED, **PROVED, number=5, holder=OTHER),
        proofs=by(Purpose.END_BINDING, Method.FACE),
        more=(BINDER, family.mirrored(BINDER)),
    ),
    "`StartChallenge`": Operation(
        command=StartChallenge(
            **LINKED,
            name=None,
            id_number=None,
            phone=None,
            method=Method.FACE,
            purpose=Purpose.UNLINK,
            new_number=3,
        ),
    ),
}
