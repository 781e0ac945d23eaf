"""The model of one citizen: which answer may follow which; where it does not know, it allows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from essc.errors.v1.error_reason_pb2 import ErrorReason
from essc_workbench.history.items import Fact, Outcome
from essc_workbench.history.methods import methods
from essc_workbench.judges.linearizability.holdings import DAY_US, Known
from essc_workbench.judges.linearizability.model import RULES, Model
from essc_workbench.judges.linearizability.operations import Operation, Side
from essc_workbench.judges.linearizability.refusals import OF_THE_FIRST, OF_THE_SECOND
from essc_workbench.judges.linearizability.state import State

NORMAL, LOST, SEALED = (f"PHYSICAL_CARD_STATUS_{status}" for status in ("NORMAL", "LOST", "SEALED"))


def did(
    method: str,
    asked: dict[str, Fact] | None = None,
    told: dict[str, Fact] | None = None,
    **about: Any,
) -> Operation:
    """An operation in wechat that was answered well, within the run's first seconds."""
    made = Operation(
        citizen="zhang",
        method=method,
        channel="wechat",
        began_us=0,
        ended_us=1,
        outcome=Outcome.OK,
        asked=asked or {},
        told=told or {},
        calls=(1,),
        latest_us=1,
    )
    return replace(made, **about)


def refused(
    method: str, reason: str, asked: dict[str, Fact] | None = None, **about: Any
) -> Operation:
    """An operation that was refused."""
    return did(method, asked, outcome=Outcome.REFUSED, reason=reason, **about)


def unheard(operation: Operation) -> Operation:
    """The same with nobody having heard of it."""
    return replace(operation, outcome=Outcome.UNKNOWN, told={}, ended_us=None)


def fits(*story: Operation, known: Known | None = None, start: State | None = None) -> bool:
    """Whether the operations can have been so, one after the other."""
    model = Model(known)
    states: Sequence[State] = (start or State(),)
    for operation in story:
        states = [after for state in states for after in model.step(state, operation)]
    return bool(states)


BORN = (
    did("RegisterCitizen"),
    did(
        "IssuePhysicalCard",
        {"region": "320600", "enabled": True},
        {"physical_card.physical_card_id": "card"},
        cards=("card",),
    ),
)
CARD: dict[str, Fact] = {"physical_card_id": "card"}


def applied(serial: int = 1, **about: Any) -> Operation:
    """An application that was granted."""
    told: dict[str, Fact] = {"link.serial": serial, "card.region": "320600"}
    return did("Apply", {}, told, cards=("card",), **about)


def shown(state: str = "ACTIVE", serial: int = 1, status: str = NORMAL, **about: Any) -> Operation:
    """A card as GetCard shows it."""
    told: dict[str, Fact] = {
        "link.state": f"STATE_{state}",
        "link.serial": serial,
        "card.state": "STATE_USABLE",
        "card.physical_card_status": status,
        "card.region": "320600",
    }
    return did("GetCard", {}, told, cards=("card",), **about)


def unlinked(serial: int = 1, **about: Any) -> Operation:
    """An Unlink that was done."""
    told: dict[str, Fact] = {"link.state": "STATE_UNLINKED", "link.serial": serial}
    return did("Unlink", {"serial": serial}, told, **about)


LOSS = did("ReportLoss", {**CARD, "kind": "KIND_FORMAL"})
TEMPORARY_LOSS = did("ReportLoss", {**CARD, "kind": "KIND_TEMPORARY"})
CODE = did("IssueCode", {}, {"code.code": "code#1"})
NEWER_CODE = did("IssueCode", {}, {"code.code": "code#2"})


def checked(verdict: str, code: str = "code#1", **about: Any) -> Operation:
    """A check of a code."""
    return did("CheckCode", {"code": code}, {"verdict": f"VERDICT_{verdict}"}, **about)


def entered(password: str) -> Operation:
    """A card password that was right."""
    return did("AnswerChallenge", {"card_password": password})


def wrong(password: str, reason: str = "PASSWORD_WRONG") -> Operation:
    """A card password that was refused."""
    return refused("AnswerChallenge", reason, {"card_password": password})


SET = did("SetPassword", {"new_password": "password#a"})
FOUR_PARENTS = tuple(
    did("AddMember", {"relation": "RELATION_PARENT"}, other=f"parent-{n}") for n in range(4)
)
BINDERS = tuple(did("AddMember", side=Side.SECOND, other=f"binder-{n}") for n in range(4))
PAID = (
    did("CreateOrder", {}, {"order.order_id": "order"}),
    did("Pay", {"order_id": "order"}, payer="wechat"),
)
LISTED_ONE: dict[str, Fact] = {
    "bindings.0.binding_id": "b",
    "bindings.0.relation": "RELATION_CHILD",
}


@pytest.mark.parametrize(
    ("story", "is_possible"),
    [
        # links
        ([applied(), shown()], True),
        ([applied(2)], False),
        ([applied(), shown(serial=2)], False),
        ([applied(), unlinked(), applied(2), shown(serial=2)], True),
        ([applied(), unlinked(), applied(1)], False),
        ([applied(), unlinked(), shown()], False),
        ([applied(), unlinked(), unlinked()], True),
        ([applied(), unlinked(channel="alipay")], False),
        ([applied(), refused("Apply", "LINK_EXISTS")], True),
        ([refused("Apply", "LINK_EXISTS")], False),
        ([applied(), refused("GetCard", "LINK_NOT_FOUND")], False),
        ([refused("GetCard", "LINK_NOT_FOUND"), applied()], True),
        ([applied(), refused("GetCard", "LINK_NOT_ACTIVE")], False),
        ([applied(), unlinked(), refused("GetCard", "LINK_NOT_ACTIVE")], True),
        ([applied(), refused("Unlink", "LINK_SERIAL_OLD", {"serial": 1})], False),
        ([applied(), unheard(unlinked()), refused("IssueCode", "LINK_NOT_ACTIVE")], True),
        ([applied(), did("LowerLevel", {"serial": 1}, {"link.state": "STATE_UNLINKED"})], False),
        (
            [
                applied(),
                did("LowerLevel", {"serial": 1}, {"link.state": "STATE_ACTIVE", "link.serial": 1}),
            ],
            True,
        ),
        # cards
        ([applied(), LOSS, shown(status=LOST)], True),
        ([applied(), LOSS, shown()], False),
        ([applied(), LOSS, shown(channel="alipay", serial=1)], False),
        ([LOSS, refused("Apply", "PHYSICAL_CARD_LOST")], True),
        ([refused("Apply", "PHYSICAL_CARD_LOST")], False),
        ([LOSS, applied()], False),
        ([LOSS, did("LiftLoss", CARD), applied()], True),
        ([did("LiftLoss", CARD)], False),
        ([refused("LiftLoss", "PHYSICAL_CARD_STATUS_FORBIDS", CARD)], True),
        ([LOSS, refused("LiftLoss", "PHYSICAL_CARD_STATUS_FORBIDS", CARD)], False),
        ([refused("Apply", "PHYSICAL_CARD_NOT_FOUND")], False),
        ([applied(), did("CancelCitizen"), shown()], False),
        ([did("CancelCitizen"), did("CancelCitizen")], False),
        ([did("RegisterCitizen")], False),
        # codes
        ([applied(), CODE, checked("VALID")], True),
        ([applied(), CODE, checked("VALID"), checked("VALID")], False),
        ([applied(), CODE, checked("VALID"), checked("USED")], True),
        ([applied(), CODE, checked("USED")], False),
        ([applied(), CODE, checked("REPLACED")], False),
        ([applied(), CODE, NEWER_CODE, checked("REPLACED")], True),
        ([applied(), CODE, NEWER_CODE, checked("VALID")], False),
        ([applied(), CODE, checked("EXPIRED")], False),
        ([applied(), CODE, checked("EXPIRED", latest_us=60_000_000)], True),
        ([applied(), CODE, checked("REVOKED")], False),
        ([applied(), CODE, LOSS, checked("REVOKED")], True),
        ([applied(), CODE, LOSS, checked("VALID")], False),
        ([applied(), CODE, unlinked(), checked("VALID")], False),
        ([applied(), CODE, checked("FORGED")], False),
        ([applied(), LOSS, CODE], False),
        ([applied(), CODE, unheard(checked("VALID")), checked("USED")], True),
        # passwords
        ([applied(), SET, entered("password#a")], True),
        ([applied(), SET, entered("password#b")], False),
        ([applied(), SET, SET], False),
        ([applied(), SET, wrong("password#a")], False),
        ([applied(), SET, *[wrong("password#b")] * 5], True),
        ([applied(), SET, *[wrong("password#b")] * 6], False),
        (
            [applied(), SET, *[wrong("password#b")] * 5, wrong("password#b", "PASSWORD_LOCKED")],
            True,
        ),
        (
            [applied(), SET, *[wrong("password#b")] * 4, wrong("password#b", "PASSWORD_LOCKED")],
            False,
        ),
        ([applied(), SET, *[wrong("password#b")] * 5, entered("password#a")], True),
        (
            [
                *[applied(), SET, *[wrong("password#b")] * 3, entered("password#a")],
                *[wrong("password#b")] * 5,
            ],
            True,
        ),
        ([applied(), refused("ChangePassword", "PASSWORD_NOT_SET")], True),
        ([applied(), SET, refused("ResetPassword", "PASSWORD_NOT_SET")], False),
        # family
        ([applied(), *FOUR_PARENTS], True),
        ([applied(), *FOUR_PARENTS, replace(FOUR_PARENTS[0], other="stepfather")], False),
        (
            [
                *[applied(), *FOUR_PARENTS, did("RemoveMember", other="parent-0")],
                replace(FOUR_PARENTS[0], other="stepfather"),
            ],
            False,
        ),
        ([applied(), FOUR_PARENTS[0], FOUR_PARENTS[0]], False),
        (
            [applied(), refused("AddMember", "PLACES_USED_UP", {"relation": "RELATION_SPOUSE"})],
            False,
        ),
        ([*BINDERS], True),
        ([*BINDERS, did("AddMember", side=Side.SECOND, other="fifth")], False),
        ([*BINDERS, refused("AddMember", "BINDERS_TOO_MANY", side=Side.SECOND)], True),
        ([*BINDERS[:3], refused("AddMember", "BINDERS_TOO_MANY", side=Side.SECOND)], False),
        ([applied(), did("ListMembers", {}, LISTED_ONE, others=("son",))], False),
        (
            [
                *[applied(), did("AddMember", {"relation": "RELATION_CHILD"}, other="son")],
                did("ListMembers", {}, LISTED_ONE, others=("son",)),
            ],
            True,
        ),
        ([applied(), FOUR_PARENTS[0], did("ListMembers", {}, {})], False),
        ([BINDERS[0], applied(), did("ListBinders", {}, {})], False),
        # certifications and orders
        ([applied(), did("Certify", {}, {"is_new": True, "certification.certify_time": 5})], False),
        ([applied(), *PAID], True),
        ([applied(), *PAID, refused("Pay", "ORDER_SETTLING", {"order_id": "order"})], True),
        ([applied(), PAID[0], refused("Pay", "ORDER_SETTLING", {"order_id": "order"})], False),
        ([applied(), PAID[0], did("Refund", {"order_id": "order"})], False),
        ([applied(), *PAID, did("Refund", {"order_id": "order"})], True),
    ],
)
def test_a_story_is_possible_or_it_is_not(story: list[Operation], is_possible: bool) -> None:
    found = fits(*BORN, *story)

    assert found == is_possible


def test_a_certification_stands_until_it_can_be_renewed() -> None:
    new: dict[str, Fact] = {"is_new": True, "certification.certify_time": 1_000}
    made = (applied(), did("RegisterRecipient"), did("Certify", {}, new))
    again: dict[str, Fact] = {"certification.certify_time": 1_000}
    later: dict[str, Fact] = {"is_new": True, "certification.certify_time": 300 * DAY_US}

    stories = [again, {**again, "certification.certify_time": 2_000}, {**new}, later]
    found = [fits(*BORN, *made, did("Certify", {}, told)) for told in stories]

    assert found == [True, False, False, True]


def test_what_ends_by_time_may_have_ended_once_the_clock_could_have_got_there() -> None:
    lost = (*BORN, applied(), TEMPORARY_LOSS)
    locked = (*BORN, applied(), SET, *[wrong("password#b")] * 5)
    locking = wrong("password#b", "PASSWORD_LOCKED")

    lifted = [fits(*lost, shown(latest_us=days * DAY_US)) for days in (1, 7)]
    still = fits(*lost, shown(status="PHYSICAL_CARD_STATUS_TEMPORARILY_LOST", latest_us=7 * DAY_US))
    unlocked = [
        fits(*locked, locking, replace(entered("password#a"), latest_us=days * DAY_US))
        for days in (0, 2)
    ]

    assert lifted == [False, True]
    assert still
    assert unlocked == [False, True]


def test_a_link_that_was_opened_for_a_loss_is_excepted_only_where_the_policy_says_so() -> None:
    opened = did("AllowWhileLost", {"serial": 1})
    story = (*BORN, applied(), LOSS, opened, CODE)

    found = [fits(*story, known=Known(is_loss_excepted=each)) for each in (True, False)]
    elsewhere = fits(
        *BORN,
        applied(),
        applied(channel="alipay"),
        LOSS,
        opened,
        replace(CODE, channel="alipay"),
        known=Known(is_loss_excepted=True),
    )

    assert found == [True, False]
    assert not elsewhere


def test_a_replaced_card_is_sealed_behind_the_same_link_until_it_is_enabled() -> None:
    replaced = did("ReplacePhysicalCard", CARD, {"physical_card.physical_card_id": "new"})
    story = (*BORN, applied(), replaced)

    sealed = fits(*story, shown(status=SEALED))
    usable = fits(*story, shown())
    enabled = fits(*story, did("EnablePhysicalCard", {"physical_card_id": "new"}), shown())

    assert (sealed, usable, enabled) == (True, False, True)


def test_a_third_generation_card_may_be_delivered_where_there_is_no_active_link() -> None:
    third = did(
        "IssuePhysicalCard",
        {"region": "320600", "enabled": True, "generation": "GENERATION_THIRD"},
        {"physical_card.physical_card_id": "card"},
    )
    born = (did("RegisterCitizen"), third)
    accepted = did("AcceptDelivery", {"serial": 1}, {"card.region": "320600"})

    waiting = fits(*born, shown("DELIVERED"), accepted, shown())
    never = fits(*born, refused("GetCard", "LINK_NOT_FOUND"), shown("DELIVERED"))
    second = fits(*BORN, shown("DELIVERED"))

    assert (waiting, never, second) == (True, False, False)


def test_where_nothing_is_known_everything_is_possible_once() -> None:
    listed = did("ListMembers", {}, LISTED_ONE, others=("son",))

    found = fits(shown(serial=7, status=LOST), entered("password#a"), listed)
    twice = fits(shown(serial=7), shown(serial=8))

    assert found
    assert not twice


def test_links_of_a_channel_that_left_say_nothing_any_more() -> None:
    known = Known(exited=frozenset({"wechat"}))

    found = fits(*BORN, applied(), CODE, checked("REVOKED"), known=known)

    assert found


def test_a_binder_who_was_cancelled_gives_room_for_another() -> None:
    fifth = did("AddMember", side=Side.SECOND, other="fifth")

    found = fits(*BORN, *BINDERS, fifth, known=Known(departed=frozenset({"binder-0"})))

    assert found


@pytest.mark.parametrize(("departed", "is_possible"), [("son", True), ("daughter", False)])
def test_only_a_member_who_was_cancelled_may_be_bound_no_more_without_being_removed(
    departed: str, is_possible: bool
) -> None:
    added = did("AddMember", {"relation": "RELATION_CHILD"}, other="son")
    listed = did("ListMembers", {}, {**LISTED_ONE, "bindings.0.end_time": 5}, others=("son",))

    found = fits(*BORN, applied(), added, listed, known=Known(departed=frozenset({departed})))

    assert found == is_possible


def test_a_binding_of_whom_one_was_cancelled_may_be_shown_as_ended_and_not_be_found() -> None:
    known = Known(departed=frozenset({"son"}))
    added = did("AddMember", {"relation": "RELATION_CHILD"}, other="son")
    ended = did("ListMembers", {}, {**LISTED_ONE, "bindings.0.end_time": 9}, others=("son",))
    code = refused("IssueCode", "BINDING_NOT_FOUND", {"binding_id": "b"}, other="son")

    found = [fits(*BORN, applied(), added, each, known=known) for each in (ended, code)]
    alive = [fits(*BORN, applied(), added, each) for each in (ended, code)]

    assert found == [True, True]
    assert alive == [False, False]


def test_a_reason_that_it_does_not_judge_constrains_nothing() -> None:
    model = Model()

    judged = [model.judges(refused("Unlink", each)) for each in ("PROOF_USED", "LINK_NOT_ACTIVE")]

    assert judged == [False, True]
    assert fits(*BORN, refused("Unlink", "PROOF_USED"))


def test_every_method_and_reason_of_the_tables_is_one_of_the_contract() -> None:
    names = {path.rpartition("/")[2] for path in methods()}
    reasons = {each.name.removeprefix("ERROR_REASON_") for each in ErrorReason.DESCRIPTOR.values}

    assert set(RULES) <= names
    assert set(OF_THE_FIRST) | set(OF_THE_SECOND) <= reasons
