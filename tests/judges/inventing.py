"""Histories of citizens that the model itself explains, invented from a seed.

One person's deeds are invented one after the other, each answered as the model says at that moment;
then each is given a beginning before and an end after its moment, so that up to so many overlap. A
few are answered by nobody, whether they were done or not.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.judges.telling import path_of

from essc.card.v1.card_pb2 import Link
from essc.lab.v1 import audit_platform_pb2 as rows
from essc.lab.v1.audit_service_pb2 import ExportHeader, ExportResponse
from essc_workbench.history.items import Answered, Fact, Invoked, Item, Outcome
from essc_workbench.history.reading import History
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.linearizability import state as of
from essc_workbench.judges.linearizability.model import Model
from essc_workbench.judges.linearizability.operations import Operation
from essc_workbench.judges.linearizability.state import State

CHANNELS = ("wechat", "alipay")
REGION = "320600"
STATUSES = ("SEALED", "TEMPORARILY_LOST", "LOST", "LOCKED", "CANCELLED")
OF_STATUS = tuple(f"PHYSICAL_CARD_{status}" for status in STATUSES)
OF_LINK = ("LINK_NOT_FOUND", "LINK_NOT_ACTIVE")
PASSWORDS = ("password#1", "password#2", "password#3")
MOMENT_US = 1_000

Facts = dict[str, Fact]
Answer = tuple[Outcome, str, Facts]


def _ok(**told: Fact) -> Answer:
    return (Outcome.OK, "", {path.replace("__", "."): value for path, value in told.items()})


def _refused(*reasons: str) -> list[Answer]:
    return [(Outcome.REFUSED, reason, {}) for reason in reasons]


@dataclass(slots=True)
class Inventor:
    """One person's history, in the making."""

    citizen: str
    chance: random.Random
    clients: int = 8
    unknown_share: float = 0.01
    state: State = field(default_factory=State)
    model: Model = field(default_factory=Model)
    operations: list[Operation] = field(default_factory=list)
    _free_at: list[int] = field(default_factory=list)
    _codes: int = 0
    _orders: int = 0
    _members: int = 0

    def invent(self, count: int) -> list[Operation]:
        """So many operations, in the order in which they began."""
        self._free_at = [0] * self.clients
        self._do("RegisterCitizen", "bureau", {}, [_ok()])
        card = {"physical_card__physical_card_id": self._card}
        asked: Facts = {"region": REGION, "enabled": True, "generation": "GENERATION_SECOND"}
        self._do("IssuePhysicalCard", "bureau", asked, [_ok(**card)])
        self._do("RegisterRecipient", "bureau", {}, [_ok()])
        self._apply("wechat")
        self._renew_password("wechat")
        kinds = self._kinds()
        while len(self.operations) < count:
            self.chance.choice(kinds)(self.chance.choice(CHANNELS))
        return sorted(self.operations, key=lambda each: each.began_us)

    @property
    def _card(self) -> str:
        return f"card-{self.citizen}"

    def _kinds(self) -> list[Callable[[str], None]]:
        return [
            *[self._get_card] * 4,
            *[self._apply] * 2,
            *[self._unlink] * 2,
            *[self._enter_password] * 2,
            self._renew_password,
            self._step_card,
            *[self._issue_code] * 2,
            *[self._check_code] * 2,
            self._add_member,
            self._get_places,
            self._certify,
            self._order,
            self._pay,
            self._get_order,
        ]

    def _linked(self, channel: str, **asked: Fact) -> Facts:
        return {"link_id": f"link-{channel}-{self.citizen}", **asked}

    def _serial(self, channel: str) -> int:
        seen = self.state.link(channel)
        return seen.serial if seen else 0

    def _apply(self, channel: str) -> None:
        told = {"card__region": REGION, "link__state": "STATE_ACTIVE"}
        answers = [
            _ok(link__serial=serial, **told)
            for serial in (self._serial(channel), self._serial(channel) + 1)
            if serial
        ]
        reasons = (*OF_STATUS, "LINK_EXISTS")
        self._do("Apply", channel, {"region": REGION}, [*answers, *_refused(*reasons)])

    def _unlink(self, channel: str) -> None:
        serial = max(1, self._serial(channel) - (self.chance.random() < 0.1))
        answers = [
            *_refused("LINK_NOT_FOUND", "LINK_SERIAL_OLD", "LINK_NOT_ACTIVE"),
            _ok(link__state="STATE_UNLINKED", link__serial=self._serial(channel)),
        ]
        self._do("Unlink", channel, self._linked(channel, serial=serial), answers)

    def _get_card(self, channel: str) -> None:
        told: dict[str, Fact] = {"link__serial": self._serial(channel), "card__region": REGION}
        answers = [
            _ok(
                **told,
                link__state="STATE_ACTIVE",
                card__state="STATE_BLOCKED",
                card__physical_card_status=f"PHYSICAL_CARD_STATUS_{status}",
            )
            for status in ("NORMAL", *STATUSES)
        ]
        self._do("GetCard", channel, self._linked(channel), [*answers, *_refused(*OF_LINK)])

    def _step_card(self, _channel: str) -> None:
        method, kind = self.chance.choice(
            [
                ("ReportLoss", "KIND_TEMPORARY"),
                ("ReportLoss", "KIND_FORMAL"),
                *[("LiftLoss", "")] * 3,
                ("LockPhysicalCard", ""),
                *[("UnlockPhysicalCard", "")] * 3,
            ]
        )
        asked: Facts = {"physical_card_id": self._card, "kind": kind}
        self._do(method, "bureau", asked, [_ok(), *_refused("PHYSICAL_CARD_STATUS_FORBIDS")])

    def _renew_password(self, channel: str) -> None:
        method = self.chance.choice(["SetPassword", "ChangePassword", "ResetPassword"])
        asked = self._linked(channel, new_password=self.chance.choice(PASSWORDS))
        reasons = (*OF_LINK, "PASSWORD_NOT_SET", "PASSWORD_LOCKED", "PASSWORD_SET_ALREADY")
        self._do(method, channel, asked, [_ok(), *_refused(*reasons)])

    def _enter_password(self, channel: str) -> None:
        asked: Facts = {"card_password": self.chance.choice(PASSWORDS)}
        reasons = ("PASSWORD_NOT_SET", "PASSWORD_WRONG", "PASSWORD_LOCKED")
        self._do("AnswerChallenge", channel, asked, [_ok(), *_refused(*reasons)])

    def _issue_code(self, channel: str) -> None:
        self._codes += 1
        code = f"code#{self.citizen}-{self._codes}"
        answers = [_ok(code__code=code), *_refused(*OF_LINK, *OF_STATUS)]
        self._do("IssueCode", channel, self._linked(channel), answers)

    def _check_code(self, _channel: str) -> None:
        issued = [code for code, _ in self.state.of_kind("code") if code.startswith("code#")]
        if not issued:
            return
        asked: Facts = {"code": self.chance.choice(issued[-3:]), "usage": "USAGE_QUERY"}
        worths = ("REVOKED", "REPLACED", "USED", "VALID")
        answers = [_ok(verdict=f"VERDICT_{worth}") for worth in worths]
        self._do("CheckCode", "hospital", asked, answers)

    def _add_member(self, channel: str) -> None:
        self._members += 1
        relation = f"RELATION_{self.chance.choice(['PARENT', 'CHILD', 'SPOUSE', 'OTHER'])}"
        reasons = (*OF_LINK, *OF_STATUS, "PLACES_USED_UP")
        asked = self._linked(channel, relation=relation)
        self._do("AddMember", channel, asked, [_ok(), *_refused(*reasons)])

    def _get_places(self, channel: str) -> None:
        told: dict[str, Fact] = {}
        for row, relation in enumerate(("PARENT", "CHILD", "SPOUSE", "OTHER")):
            told[f"places__{row}__relation"] = f"RELATION_{relation}"
            used = self.state.number(of.places(f"RELATION_{relation}"))
            told[f"places__{row}__used"] = used
        self._do("GetPlaces", channel, self._linked(channel), [_ok(**told), *_refused(*OF_LINK)])

    def _certify(self, channel: str) -> None:
        stands = self.state.number(of.CERTIFIED) or 0
        known = stands if stands > 0 else 1_000 + len(self.operations)
        answers = [
            _ok(certification__certify_time=known),
            _ok(certification__certify_time=known, is_new=True),
        ]
        reasons = (*OF_LINK, *OF_STATUS)
        self._do("Certify", channel, self._linked(channel), [*answers, *_refused(*reasons)])

    def _order(self, _channel: str) -> None:
        self._orders += 1
        told = {"order__order_id": f"order-{self.citizen}-{self._orders}"}
        self._do("CreateOrder", "clinic", {"own_fen": 100}, [_ok(**told)])

    def _an_order(self) -> str:
        orders = [name for name, _ in self.state.of_kind("order")]
        return self.chance.choice(orders) if orders else ""

    def _pay(self, channel: str) -> None:
        order_id = self._an_order()
        if order_id:
            asked = self._linked(channel, order_id=order_id)
            reasons = (*OF_LINK, *OF_STATUS, "ORDER_SETTLING", "ORDER_STATE_FORBIDS")
            self._do("Pay", channel, asked, [_ok(), *_refused(*reasons)])

    def _get_order(self, _channel: str) -> None:
        order_id = self._an_order()
        if order_id:
            states = ["OPEN", "SETTLING", "SETTLED", "UNPAID", "REFUNDING", "REFUNDED", "ENDED"]
            answers = [
                _ok(order__order_id=order_id, order__state=f"STATE_{state}")
                for state in self.chance.sample(states, len(states))
            ]
            self._do("GetProviderOrder", "clinic", {"order_id": order_id}, answers)

    def _do(self, method: str, source: str, asked: Facts, answers: list[Answer]) -> None:
        """One operation, answered by the first answer that the model allows now."""
        moment_us = MOMENT_US * (len(self.operations) + 1)
        operation = Operation(
            citizen=self.citizen,
            method=method,
            channel=source,
            began_us=0,
            ended_us=0,
            outcome=Outcome.OK,
            asked={name: value for name, value in asked.items() if value != ""},
            calls=(len(self.operations) + 1,),
            cards=(self._card,) if "region" in asked or method == "GetCard" else (),
            latest_us=moment_us,
        )
        made, after = self._answered(operation, answers)
        began_us, ended_us = self._window(moment_us)
        made = _at(made, began_us, ended_us)
        is_important = len(self.operations) < 3 or made.is_a_look
        if not is_important and self.chance.random() < self.unknown_share:
            made = _unheard(made)
            after = after if self.chance.random() < 0.5 else self.state
        self.operations.append(made)
        self.state = after

    def _answered(self, operation: Operation, answers: list[Answer]) -> tuple[Operation, State]:
        for outcome, reason, told in answers:
            made = _with(operation, outcome, reason, told)
            states = self.model.step(self.state, made)
            if states:
                return made, states[0]
        raise AssertionError(f"{operation.method}: no answer fits {self.state}")

    def _window(self, moment_us: int) -> tuple[int, int]:
        """A beginning and an end around a moment, while one of the clients is free."""
        free = [n for n, until_us in enumerate(self._free_at) if until_us < moment_us]
        client = self.chance.choice(free)
        began_us = self.chance.randint(self._free_at[client] + 1, moment_us)
        spread = self.clients * MOMENT_US
        busy = [until_us for n, until_us in enumerate(self._free_at) if n != client]
        # Somebody must be free at the next moment.
        may_last = any(until_us < moment_us + MOMENT_US for until_us in busy)
        last_us = moment_us + (spread if may_last else MOMENT_US - 1)
        ended_us = self.chance.randint(moment_us, last_us)
        self._free_at[client] = ended_us
        return max(began_us, moment_us - spread), ended_us


def evidence_of(people: dict[str, list[Operation]]) -> Evidence:
    """What a judge would get, had this been recorded."""
    calls = sorted(
        (each for operations in people.values() for each in operations),
        key=lambda each: each.began_us,
    )
    items = sorted(_items(calls), key=lambda item: (item.at_us, isinstance(item, Answered)))
    citizens = {name: f"{number:018d}" for number, name in enumerate(people)}
    return Evidence(
        history=History(items),
        exports={"platform": _snapshot(citizens, calls)},
        channels=CHANNELS,
        citizens=citizens,
    )


def _items(operations: list[Operation]) -> Iterator[Item]:
    for number, each in enumerate(operations, start=1):
        yield Invoked(
            at_us=each.began_us,
            call=number,
            source=each.channel,
            target="platform",
            method=path_of(each.method),
            request_id="" if each.method.startswith("Get") else f"request-{number}",
            citizens=(each.citizen,),
            facts=each.asked,
        )
        if each.ended_us is not None:
            yield Answered(
                at_us=each.ended_us,
                call=number,
                outcome=each.outcome,
                reason=each.reason,
                facts=each.told,
            )


def _snapshot(citizens: dict[str, str], operations: list[Operation]) -> ExportResponse:
    snapshot = ExportResponse(header=ExportHeader(party_id="cn-test", is_platform=True))
    for name, id_number in citizens.items():
        snapshot.citizens.append(rows.AuditCitizen(citizen=name, id_number=id_number))
        card = rows.AuditPhysicalCard(citizen=name, region=REGION, physical_card_id=f"card-{name}")
        snapshot.physical_cards.append(card)
    met = {(each.citizen, each.channel) for each in operations if each.channel in CHANNELS}
    for name, channel in sorted(met):
        snapshot.links.append(
            rows.AuditLink(
                citizen=name,
                channel_id=channel,
                link_id=f"link-{channel}-{name}",
                serial=1,
                state=Link.STATE_ACTIVE,
            )
        )
    snapshot.row_count = 1
    return snapshot


def _with(operation: Operation, outcome: Outcome, reason: str, told: Facts) -> Operation:
    return _copy(operation, outcome=outcome, reason=reason, told=told)


def _at(operation: Operation, began_us: int, ended_us: int) -> Operation:
    return _copy(operation, began_us=began_us, ended_us=ended_us, latest_us=ended_us)


def _unheard(operation: Operation) -> Operation:
    return _copy(
        operation, ended_us=None, latest_us=None, outcome=Outcome.UNKNOWN, reason="", told={}
    )


def _copy(operation: Operation, **values: object) -> Operation:
    kept = {name: getattr(operation, name) for name in operation.__slots__}
    return Operation(**(kept | values))


def spoiled(operation: Operation, chance: random.Random) -> Operation:
    """The operation with another answer, which may be one that cannot be."""
    told, asked = dict(operation.told), operation.asked
    if operation.outcome is Outcome.OK and "link.serial" in told and chance.random() < 0.5:
        told["link.serial"] = int(str(told["link.serial"])) + chance.choice([-1, 1])
        return _copy(operation, told=told)
    if operation.method == "CheckCode":
        told = {"verdict": f"VERDICT_{chance.choice(['VALID', 'USED', 'REPLACED', 'REVOKED'])}"}
        return _copy(operation, told=told, outcome=Outcome.OK)
    if operation.outcome is Outcome.REFUSED and operation.method == "AnswerChallenge":
        return _copy(operation, outcome=Outcome.OK, reason="")
    if operation.outcome is Outcome.REFUSED and chance.random() < 0.5:
        told = {"link.serial": 1, "link.state": "STATE_ACTIVE"} if "link_id" in asked else {}
        return _copy(operation, outcome=Outcome.OK, reason="", told=told)
    reasons = [*OF_LINK, "LINK_EXISTS", "PHYSICAL_CARD_LOST", "PASSWORD_NOT_SET", "PASSWORD_WRONG"]
    return _copy(operation, outcome=Outcome.REFUSED, reason=chance.choice(reasons), told={})
