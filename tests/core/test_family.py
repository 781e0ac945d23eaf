from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    EARLIER,
    LI,
    NANJING,
    NOW,
    TEN_YEARS_LATER,
    ZHANG,
    Store,
    Table,
    accepted,
    binding,
    card,
    citizen,
    delivered_link,
    entry,
    judge_situation,
    link,
    password,
    physical_card,
    proof,
    unlinked_link,
    view,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.cards import expiry
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.family import BoundMember, LeaveBinder, RemoveMember, SeenBinder
from essc_platform.core.joining import AddMember, Photo, PhotoFinding, places
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    CardView,
    CitizenKey,
    EntryKind,
    Event,
    EventKind,
    Link,
    Membership,
    Method,
    PhotoUse,
    PhysicalCardStatus,
    Proof,
    Purpose,
    Relation,
)

S, F = PhysicalCardStatus, PhotoFinding
LI_ID = "990101196001011234"
LI_CARD = physical_card(citizen=LI, number=60)
GRANNY = citizen(key=LI, id_number=LI_ID, name="李奶奶")
ELECTRONIC = card(key=LI, physical_card=60)
LINK_OF_LI = link(citizen=LI, channel="alipay", number=310)
OTHERS = [CitizenKey(9, place) for place in range(1, 9)]


def told(to: Link, worth: CardView) -> Event:
    return Event(
        channel=to.channel,
        kind=EventKind.FAMILY_CHANGED,
        at=NOW,
        citizen=to.citizen,
        link=to,
        card=worth,
    )


def used(good: Proof) -> Proof:
    return replace(good, is_used=True)


def mirrored(of: Binding) -> Membership:
    return Membership(
        member=of.member,
        holder=of.holder,
        number=of.number,
        relation=of.relation,
        add_time=of.add_time,
        end_time=of.end_time,
    )


# --- adding ----------------------------------------------------------------------------------

PASSWORD = proof(number=901, method=Method.CARD_PASSWORD, purpose=Purpose.ADD_FAMILY)
FACE = proof(number=902, citizen=LI, method=Method.FACE, purpose=Purpose.JOIN_FAMILY)
CARD_PHOTO = Photo(bucket=3, digest="c", finding=F.RIGHT)
FACE_PHOTO = Photo(bucket=4, digest="f", finding=F.RIGHT)
ADD = AddMember(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    password_proof=PASSWORD.key,
    member_proof=FACE.key,
    notice_version="2026-01",
    relation=Relation.PARENT,
    member=LI,
    name="李奶奶",
    id_number=LI_ID,
    card_photo=CARD_PHOTO,
    face_photo=None,
    new_number=600,
)
NOT_JUDGED = replace(ADD, card_photo=replace(CARD_PHOTO, finding=F.NOT_JUDGED))
NO_SUCH_LI = replace(NOT_JUDGED, name="李爷爷", id_number="990101196001014321")
WORST_ADD = replace(NO_SUCH_LI, notice_version="2025-12")
CHILD_ID = "990101201003031234"  # sixteen tomorrow
CHILD = replace(GRANNY, id_number=CHILD_ID)
ADD_CHILD = replace(ADD, id_number=CHILD_ID, face_photo=FACE_PHOTO, relation=Relation.CHILD)

FULL = [
    binding(number=700 + place, member=OTHERS[place], end_time=NOW if place % 2 else None)
    for place in range(4)
]
BOUND_BY_FOUR = [
    Membership(
        member=LI,
        holder=OTHERS[place],
        number=800 + place,
        relation=Relation.OTHER,
        add_time=EARLIER,
        end_time=None if place else EARLIER,
    )
    for place in range(5)
]
BOUND = binding(add_time=NOW)
SEEN_CARD = PhotoUse(bucket=3, digest="c", citizen=LI)
SEEN_FACE = PhotoUse(bucket=4, digest="f", citizen=LI)


def added(*events: Event, by_face: bool = True, of: Binding = BOUND, **worth: Any) -> Accepted:
    proofs = (used(PASSWORD), used(FACE)) if by_face else (used(PASSWORD),)
    uses = (SEEN_CARD,) if by_face else (SEEN_CARD, SEEN_FACE)
    return Accepted(
        answer=BoundMember(binding=of, citizen=GRANNY if by_face else CHILD, card=view(**worth)),
        changes=(of, mirrored(of), *proofs, *uses),
        events=events,
        entries=(
            entry(EntryKind.MEMBER_ADDED),
            entry(EntryKind.BOUND_AS_MEMBER, citizen=LI),
        ),
    )


def photo(finding: PhotoFinding) -> dict[str, Any]:
    return {"command": replace(ADD, card_photo=replace(CARD_PHOTO, finding=finding))}


def of_other(reason: Reason) -> Rejected:
    return Rejected(Reason.MEMBER_CARD_NOT_NORMAL, (("status", reason.value),))


ADDING_A_MEMBER = Table(
    {
        "command": WORST_ADD,
        "citizens": [citizen(cancel_time=NOW)],
        "physical_cards": [physical_card(status=S.SEALED)],
        "cards": [card(expire_time=NOW)],
        "bindings": [binding(), *FULL],
        "memberships": [*BOUND_BY_FOUR],
        "photos": [replace(SEEN_CARD, citizen=OTHERS[0])],
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=299)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": unlinked_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    *(
        ({"link": link(), **changes}, decision)
        for changes, decision in proof_steps(WORST_ADD, PASSWORD, field="password_proof")
    ),
    (
        {"command": WORST_ADD, "password_proof": PASSWORD},
        Rejected(Reason.CITIZEN_CANCELLED),
    ),
    ({"citizens": [citizen()]}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
    (
        {"physical_cards": [physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW + 1)]},
        Rejected(Reason.PHYSICAL_CARD_TEMPORARILY_LOST),
    ),
    ({"physical_cards": [physical_card(status=S.LOST)]}, Rejected(Reason.PHYSICAL_CARD_LOST)),
    ({"physical_cards": [physical_card(status=S.LOCKED)]}, Rejected(Reason.PHYSICAL_CARD_LOCKED)),
    (
        {"physical_cards": [physical_card(status=S.CANCELLED)]},
        Rejected(Reason.PHYSICAL_CARD_CANCELLED),
    ),
    ({"physical_cards": [physical_card()]}, Rejected(Reason.CARD_EXPIRED)),
    (
        {"cards": [card()]},
        Rejected(Reason.NOTICE_OUTDATED, (("current_version", "2026-01"),)),
    ),
    ({"command": NO_SUCH_LI}, Rejected(Reason.IDENTITY_MISMATCH)),
    ({"citizens": [citizen(), GRANNY]}, Rejected(Reason.IDENTITY_MISMATCH)),
    ({"command": replace(NO_SUCH_LI, name="李奶奶")}, Rejected(Reason.IDENTITY_MISMATCH)),
    (
        {
            "command": replace(
                NOT_JUDGED, member=ZHANG, name="张小三", id_number="990101199001011234"
            )
        },
        Rejected(Reason.MEMBER_IS_HOLDER),
    ),
    ({"command": NOT_JUDGED}, Rejected(Reason.MEMBER_BOUND_ALREADY)),
    # Bound once and no longer: that is no obstacle, but its place is used up.
    ({"bindings": [binding(end_time=NOW), *FULL[1:]]}, Rejected(Reason.CHANGES_CONFLICT)),
    (photo(F.UNREADABLE), Rejected(Reason.PHOTO_UNREADABLE)),
    (photo(F.MISMATCH), Rejected(Reason.PHOTO_MISMATCH)),
    (photo(F.RIGHT), Rejected(Reason.PHOTO_USED)),
    (photo(F.UNREACHABLE), Rejected(Reason.PHOTO_USED)),
    (
        {
            "command": replace(ADD_CHILD, face_photo=None),
            "citizens": [citizen(), CHILD],
            "photos": [SEEN_CARD],
        },
        Rejected(Reason.FACE_PHOTO_NEEDED),
    ),
    (
        {"command": replace(ADD, face_photo=FACE_PHOTO), "citizens": [citizen(), GRANNY]},
        Rejected(Reason.MEMBER_FACE_NEEDED),
    ),
    ({"member_proof": used(FACE)}, Rejected(Reason.MEMBER_FACE_NEEDED)),
    (
        {"command": replace(ADD, member_proof=(*ZHANG, 902)), "member_proof": None}
        | {"theirs": replace(FACE, citizen=ZHANG)},
        Rejected(Reason.MEMBER_FACE_NEEDED),
    ),
    (
        {"command": photo(F.UNREACHABLE)["command"], "member_proof": FACE},
        of_other(Reason.PHYSICAL_CARD_NOT_FOUND),
    ),
    (
        {"physical_cards": [physical_card(), replace(LI_CARD, status=S.LOCKED)]},
        of_other(Reason.PHYSICAL_CARD_LOCKED),
    ),
    (
        {"citizens": [citizen(), replace(GRANNY, cancel_time=NOW)]},
        of_other(Reason.CITIZEN_CANCELLED),
    ),
    (
        {"citizens": [citizen(), GRANNY], "cards": [card(), replace(ELECTRONIC, expire_time=NOW)]}
        | {"physical_cards": [physical_card(), LI_CARD]},
        of_other(Reason.CARD_EXPIRED),
    ),
    ({"cards": [card(), ELECTRONIC]}, Rejected(Reason.BINDERS_TOO_MANY)),
    ({"memberships": BOUND_BY_FOUR[:4]}, Rejected(Reason.PLACES_USED_UP)),
    ({"bindings": [binding(end_time=NOW), FULL[1]]}, Rejected(Reason.AUTHORITY_UNREACHABLE)),
    (
        {"command": ADD, "links": [link(channel="bank", number=320), LINK_OF_LI]},
        added(
            told(link(channel="bank", number=320), view()),
            told(link(), view()),
            told(LINK_OF_LI, view()),
            of=replace(BOUND, number=601),
        ),
    ),
)
# The new binding's number is fresh: the ended one of the table has 600.
ADDING_A_MEMBER.rows[-1][0]["command"] = replace(ADD, new_number=601)


@pytest.mark.rule("R23", "R40", "R41", "R42", "R43", "R45")
@pytest.mark.parametrize(("situation", "decision"), ADDING_A_MEMBER.rows, ids=ADDING_A_MEMBER.ids)
def test_adding_a_member(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


GOOD: dict[str, Any] = {
    "holder": [citizen(), physical_card(), card(), link(), PASSWORD],
    "member": [CHILD, LI_CARD, ELECTRONIC],
}


@pytest.mark.rule("R41")
def test_under_sixteen_a_photo_of_the_face_stands_for_the_live_face() -> None:
    situation = GOOD | {"command": replace(ADD_CHILD, member_proof=(0, 0, 0))}

    decision = judge_situation(situation)

    of = replace(BOUND, relation=Relation.CHILD)
    assert decision == added(told(link(), view()), by_face=False, of=of)


@pytest.mark.rule("R45")
@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (F.UNREADABLE, Reason.PHOTO_UNREADABLE),
        (F.MISMATCH, Reason.PHOTO_MISMATCH),
        (F.NOT_JUDGED, Reason.CHANGES_CONFLICT),
        (F.UNREACHABLE, Reason.AUTHORITY_UNREACHABLE),
    ],
)
def test_the_photo_of_a_young_face_must_be_right_too(finding: PhotoFinding, reason: Reason) -> None:
    command = replace(ADD_CHILD, face_photo=replace(FACE_PHOTO, finding=finding))

    assert judge_situation(GOOD | {"command": command}) == Rejected(reason)


@pytest.mark.rule("R45")
def test_a_face_photo_that_was_used_for_another_is_refused_and_for_the_same_child_is_not() -> None:
    of_another = judge_situation(
        GOOD | {"command": ADD_CHILD, "use": replace(SEEN_FACE, citizen=OTHERS[0])}
    )
    of_the_child = judge_situation(GOOD | {"command": ADD_CHILD, "use": SEEN_FACE})

    assert of_another == Rejected(Reason.PHOTO_USED)
    assert isinstance(of_the_child, Accepted)


@pytest.mark.rule("R41")
def test_a_member_without_an_electronic_card_gets_one_and_no_link() -> None:
    """Of two normal physical cards it is the older one's."""
    newer = replace(LI_CARD, number=40, region=NANJING, issue_time=NOW)
    lost = replace(LI_CARD, number=41, issue_time=1, status=S.LOST)
    situation = GOOD | {"command": ADD, "member": [GRANNY, newer, LI_CARD, lost, FACE]}

    decision = accepted(judge_situation(situation))

    in_ten_years = expiry(NOW, 10)
    issued = card(key=LI, physical_card=60, issue_time=NOW, expire_time=in_ten_years)
    worth = view(issue_time=NOW, expire_time=in_ten_years)
    assert decision.changes[0] == issued
    assert decision.answer == BoundMember(binding=BOUND, citizen=GRANNY, card=worth)
    assert [each.kind for each in decision.entries] == [
        EntryKind.MEMBER_ADDED,
        EntryKind.CARD_ISSUED,
        EntryKind.BOUND_AS_MEMBER,
    ]
    assert not any(isinstance(change, Link) for change in decision.changes)
    assert in_ten_years > TEN_YEARS_LATER


@pytest.mark.rule("R9", "R42")
def test_a_dead_binder_counts_no_more() -> None:
    binders = tuple(each.holder for each in BOUND_BY_FOUR[1:])
    situation = GOOD | {
        "command": replace(ADD, binders=binders),
        "member": [GRANNY, LI_CARD, ELECTRONIC, FACE],
        "memberships": BOUND_BY_FOUR,
    }

    alive = judge_situation(situation | {"binders": [citizen(key=each) for each in binders]})
    one_dead = judge_situation(situation | {"binders": citizen(key=binders[2], cancel_time=NOW)})

    assert alive == Rejected(Reason.BINDERS_TOO_MANY)
    assert isinstance(one_dead, Accepted)


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("relation", "total"),
    [(Relation.PARENT, 4), (Relation.CHILD, 3), (Relation.SPOUSE, 1), (Relation.OTHER, 2)],
)
def test_a_relation_has_its_own_places(relation: Relation, total: int) -> None:
    taken = [
        binding(number=700 + place, member=OTHERS[place], relation=relation, end_time=NOW)
        for place in range(total)
    ]
    command = replace(ADD, relation=relation)
    situation = GOOD | {"command": command, "member": [GRANNY, LI_CARD, ELECTRONIC, FACE]}

    last = judge_situation(situation | {"taken": taken[1:]})
    one_more = judge_situation(situation | {"taken": taken})

    assert places(relation, Policy()) == total
    assert isinstance(last, Accepted)
    assert one_more == Rejected(Reason.PLACES_USED_UP)


# --- ending ----------------------------------------------------------------------------------

END = proof(method=Method.FACE, purpose=Purpose.END_BINDING)
REMOVE = RemoveMember(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    number=600,
    member=LI,
    proof=END.key,
)
NO_LONGER = binding(end_time=NOW)
SOMEBODY: dict[str, Any] = {
    "people": [citizen(), GRANNY],
    "physical_cards": [physical_card(status=S.LOST), LI_CARD],
    "cards": [card(), ELECTRONIC],
    "other_links": [LINK_OF_LI],
}
IS_LOST = {"status": S.LOST, "blocked_reason": "PHYSICAL_CARD_LOST", "loss_time": EARLIER}


def ended(answer: object, *events: Event, by: Proof) -> Accepted:
    return Accepted(
        answer=answer,
        changes=(NO_LONGER, mirrored(NO_LONGER), used(by)),
        events=events,
        entries=(
            entry(EntryKind.MEMBER_REMOVED),
            entry(EntryKind.UNBOUND_AS_MEMBER, citizen=LI),
        ),
    )


REMOVING_A_MEMBER = Table(
    SOMEBODY | {"command": replace(REMOVE, member=CitizenKey(-1, -1))},
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=299)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding()}, Rejected(Reason.BINDING_NOT_FOUND)),
    *proof_steps(REMOVE, END),
    (
        {"command": replace(REMOVE, proof=(0, 0, 0)), "proof": None, "binding": NO_LONGER},
        Accepted(answer=BoundMember(binding=NO_LONGER, citizen=GRANNY, card=None)),
    ),
    (
        {"command": REMOVE, "proof": END, "binding": binding()},
        ended(
            BoundMember(binding=NO_LONGER, citizen=GRANNY, card=None),
            told(link(), view(**IS_LOST)),
            told(LINK_OF_LI, view()),
            by=END,
        ),
    ),
)


@pytest.mark.rule("R23", "R40", "R44")
@pytest.mark.parametrize(
    ("situation", "decision"), REMOVING_A_MEMBER.rows, ids=REMOVING_A_MEMBER.ids
)
def test_removing_a_member(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R44")
@pytest.mark.parametrize("method", [Method.CARD_PASSWORD, Method.TEXT_MESSAGE])
def test_a_holder_ends_a_binding_by_any_one_authentication(method: Method) -> None:
    by = replace(END, method=method)
    situation = SOMEBODY | {"command": REMOVE, "proof": by, "link": link(), "of": binding()}

    assert isinstance(judge_situation(situation), Accepted)


OWN_FACE = replace(END, citizen=LI)
LEAVE = LeaveBinder(
    at=NOW,
    channel="wechat",
    citizen=LI,
    link_number=310,
    number=600,
    holder=ZHANG,
    proof=OWN_FACE.key,
)
OWN_LINK = link(citizen=LI, number=310)

LEAVING_A_BINDER = Table(
    SOMEBODY | {"command": LEAVE, "other_links": [link(channel="alipay")]},
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": replace(OWN_LINK, number=309)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(citizen=LI, number=310)}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": OWN_LINK}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(member=OTHERS[0])}, Rejected(Reason.BINDING_NOT_FOUND)),
    (
        {"binding": binding(), "command": replace(LEAVE, proof=(*LI, 901))},
        Rejected(Reason.PROOF_UNKNOWN),
    ),
    *(
        ({"command": LEAVE, "proof": replace(OWN_FACE, **changes)}, Rejected(reason))
        for changes, reason in (
            ({"is_used": True}, Reason.PROOF_USED),
            ({"expire_time": NOW}, Reason.PROOF_EXPIRED),
            (
                {"purpose": Purpose.UNLINK, "method": Method.CARD_PASSWORD},
                Reason.PROOF_FOR_OTHER_PURPOSE,
            ),
            ({"method": Method.CARD_PASSWORD}, Reason.PROOF_OF_OTHER_METHOD),
        )
    ),
    (
        {"command": replace(LEAVE, proof=END.key), "proof": END},
        Rejected(Reason.PROOF_FOR_OTHER_PERSON),
    ),
    (
        {"proof": None, "binding": NO_LONGER},
        Accepted(answer=SeenBinder(membership=mirrored(NO_LONGER), citizen=citizen())),
    ),
    (
        {"command": LEAVE, "proof": OWN_FACE, "binding": binding()},
        ended(
            SeenBinder(membership=mirrored(NO_LONGER), citizen=citizen()),
            told(link(channel="alipay"), view(**IS_LOST)),
            told(OWN_LINK, view()),
            by=OWN_FACE,
        ),
    ),
)


@pytest.mark.rule("R23", "R44")
@pytest.mark.parametrize(("situation", "decision"), LEAVING_A_BINDER.rows, ids=LEAVING_A_BINDER.ids)
def test_a_member_leaves_a_binder(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R40")
def test_binding_the_same_person_again_takes_a_new_place() -> None:
    store = Store(citizen(), physical_card(), card(), link(), GRANNY, LI_CARD, ELECTRONIC)
    store.save((binding(relation=Relation.SPOUSE), mirrored(binding()), END, PASSWORD, FACE))
    store.save((password(),))
    accepted(store.do(REMOVE))

    again = replace(ADD, new_number=601, relation=Relation.SPOUSE)

    assert store.do(again) == Rejected(Reason.PLACES_USED_UP)
    accepted(store.do(replace(again, relation=Relation.OTHER)))
