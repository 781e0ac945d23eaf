from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    EARLIER,
    HOUR,
    LI,
    NANJING,
    NANTONG,
    NOW,
    SUZHOU,
    ZHANG,
    Store,
    Table,
    accepted,
    by_time,
    card,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    licence,
    link,
    password,
    physical_card,
    proof,
    unlinked_link,
    view,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.commands import Command
from essc_platform.core.decisions import Accepted, Decision, LicenceFacts, Rejected
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery, delivered
from essc_platform.core.holdings import HeldCard, LinkAnswer, with_licence
from essc_platform.core.links import Apply, FindLink, Unlink, find_link
from essc_platform.core.reads import reads_of
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CardView,
    Citizen,
    EntryKind,
    Event,
    EventKind,
    Level,
    Link,
    Method,
    PhysicalCardStatus,
    Proof,
    Purpose,
)
from essc_platform.core.snapshot import many, one

IN_TEN_YEARS = NOW + 3652 * DAY + 12 * HOUR
S = PhysicalCardStatus

# --- applying --------------------------------------------------------------------------------

IDENTITY = proof(number=901, method=Method.TEXT_MESSAGE)
FACE = proof(number=902, method=Method.FACE)
APPLY = Apply(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    identity_proof=IDENTITY.key,
    face_proof=FACE.key,
    consent_version="2026-01",
    region=None,
    new_link_number=400,
    new_licence_number=401,
)
WORST_APPLY = replace(APPLY, consent_version="2025-12", region=SUZHOU)


def used(good: Proof) -> Proof:
    return replace(good, is_used=True)


def held(of: Link, worth: CardView, **licence_facts: Any) -> tuple[HeldCard, Event, LicenceFacts]:
    """What every way to an active link answers, tells the own channel, and wants signed."""
    answer = HeldCard(link=of, card=worth, masked_name="张**", masked_id_number="*" * 16 + "34")
    event = Event(
        channel="wechat",
        kind=EventKind.LINK_ACTIVATED,
        at=NOW,
        citizen=ZHANG,
        link=of,
        card=worth,
    )
    facts = LicenceFacts(
        citizen=ZHANG,
        number=401,
        masked_name="张**",
        region=worth.region,
        issue_time=worth.issue_time,
        expire_time=worth.expire_time,
        key_id="p1",
    )
    return answer, event, replace(facts, **licence_facts)


def first_issue() -> Accepted:
    active = link(number=400, activate_time=NOW)
    answer, event, facts = held(active, view(issue_time=NOW, expire_time=IN_TEN_YEARS))
    return Accepted(
        answer=answer,
        changes=(
            card(issue_time=NOW, expire_time=IN_TEN_YEARS),
            active,
            used(IDENTITY),
            used(FACE),
        ),
        events=(event,),
        entries=(entry(EntryKind.CARD_ISSUED), entry(EntryKind.LINK_ACTIVATED)),
        to_sign=facts,
    )


def linked(active: Link) -> Accepted:
    """Applying where the card is issued already."""
    answer, event, facts = held(active, view())
    return Accepted(
        answer=answer,
        changes=(active, used(IDENTITY), used(FACE)),
        events=(event,),
        entries=(entry(EntryKind.LINK_ACTIVATED),),
        to_sign=facts,
    )


NORMAL_ELSEWHERE = physical_card(number=51, region=NANJING)

APPLYING = Table(
    {
        "command": WORST_APPLY,
        "citizen": citizen(cancel_time=NOW),
        "physical_cards": None,
        "card": None,
        "links": [link(), link(channel="alipay", number=310)],
    },
    *proof_steps(WORST_APPLY, IDENTITY, field="identity_proof", method=Method.CARD_PASSWORD),
    *(
        ({"identity_proof": IDENTITY, **changes}, decision)
        for changes, decision in proof_steps(WORST_APPLY, FACE, field="face_proof")
    ),
    (
        {"command": WORST_APPLY, "face_proof": FACE},
        Rejected(Reason.CONSENT_OUTDATED, (("current_version", "2026-01"),)),
    ),
    ({"command": replace(APPLY, region=SUZHOU)}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizen": citizen()}, Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)),
    ({"physical_cards": [physical_card(status=S.SEALED)]}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
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
    (
        {"command": APPLY, "physical_cards": [physical_card(), NORMAL_ELSEWHERE]},
        Rejected(Reason.REGION_NEEDED, (("regions", "320100,320600"),)),
    ),
    ({"command": replace(APPLY, region=SUZHOU)}, Rejected(Reason.REGION_DIFFERS)),
    (
        {"command": replace(APPLY, region=NANJING), "card": card()},
        Rejected(Reason.REGION_DIFFERS),  # national from the first issue on, though normal there
    ),
    ({"command": replace(APPLY, region=NANTONG)}, Rejected(Reason.LINK_EXISTS)),
    ({"command": APPLY}, Rejected(Reason.LINK_EXISTS)),
    ({"links": [unlinked_link(serial=4)]}, linked(link(serial=5, activate_time=NOW))),
    (
        {"links": [delivered_link(serial=4)]},
        linked(link(serial=4, deliver_time=EARLIER, activate_time=NOW)),
    ),
    ({"links": None}, linked(link(number=400, activate_time=NOW))),
    ({"card": None, "physical_cards": [physical_card()]}, first_issue()),
)


@pytest.mark.rule("R1", "R2", "R10", "R13", "R20", "R23")
@pytest.mark.parametrize(("situation", "decision"), APPLYING.rows, ids=APPLYING.ids)
def test_applying(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R21")
def test_what_a_channel_vouches_for_is_an_identity_check() -> None:
    vouched = replace(IDENTITY, method=Method.VOUCHED)

    decision = judge(APPLY, citizen(), physical_card(), vouched, FACE)

    assert isinstance(decision, Accepted)


def test_the_first_issue_takes_the_region_that_the_holder_chose() -> None:
    command = replace(APPLY, region=NANJING)

    decision = judge(command, citizen(), physical_card(), NORMAL_ELSEWHERE, IDENTITY, FACE)

    assert accepted(decision).changes[0] == card(
        physical_card=51, issue_time=NOW, expire_time=IN_TEN_YEARS
    )


@pytest.mark.rule("R10")
def test_applying_twice_at_the_same_moment_links_once() -> None:
    """Commands of one batch share their moment."""
    store = Store(citizen(), physical_card(), IDENTITY, FACE)
    more = [proof(number=911), proof(number=912, method=Method.FACE)]
    store.save((more[0], more[1]))
    again = replace(APPLY, identity_proof=more[0].key, face_proof=more[1].key, new_link_number=500)

    first, second = store.do(APPLY), store.do(again)

    assert first == first_issue()
    assert second == Rejected(Reason.LINK_EXISTS)


@pytest.mark.rule("R8", "R16")
def test_applying_after_the_card_expired_issues_it_anew_and_tells_the_others() -> None:
    old = card(expire_time=NOW, is_expiry_noted=True)
    in_alipay = link(channel="alipay", number=310, licence=licence())
    unsigned = replace(in_alipay, licence=None)
    gone = unlinked_link(channel="citybank", number=320)
    renewed = view(issue_time=NOW, expire_time=IN_TEN_YEARS)
    active = link(activate_time=NOW)
    answer, own_event, facts = held(active, renewed)

    decision = judge(
        APPLY, citizen(), physical_card(), old, link(), in_alipay, gone, IDENTITY, FACE
    )

    assert decision == Accepted(
        answer=answer,
        changes=(
            card(issue_time=NOW, expire_time=IN_TEN_YEARS),
            active,
            used(IDENTITY),
            used(FACE),
            unsigned,
        ),
        events=(
            own_event,
            Event(
                channel="alipay",
                kind=EventKind.CARD_STATUS_CHANGED,
                at=NOW,
                citizen=ZHANG,
                link=unsigned,
                card=renewed,
            ),
        ),
        entries=(entry(EntryKind.CARD_ISSUED), entry(EntryKind.LINK_ACTIVATED)),
        to_sign=facts,
    )


@pytest.mark.rule("R8", "R11")
def test_applying_while_the_card_is_good_leaves_what_others_were_signed() -> None:
    in_alipay = link(channel="alipay", number=310, licence=licence())

    decision = accepted(judge(APPLY, citizen(), physical_card(), card(), in_alipay, IDENTITY, FACE))

    written = [each for each in decision.changes if isinstance(each, Link)]
    assert [each.channel for each in written] == ["wechat"]


@pytest.mark.rule("R8")
def test_a_microsecond_before_its_end_the_card_is_still_good() -> None:
    lasting = card(expire_time=NOW + 1)

    decision = judge(APPLY, citizen(), physical_card(), lasting, link(), IDENTITY, FACE)

    assert decision == Rejected(Reason.LINK_EXISTS)


@pytest.mark.rule("R93")
def test_the_record_says_that_a_card_expired_even_if_it_is_issued_anew_before_the_sweep() -> None:
    decision = judge(APPLY, citizen(), physical_card(), card(expire_time=NOW), IDENTITY, FACE)

    assert accepted(decision).entries == (
        by_time(EntryKind.CARD_EXPIRED),
        entry(EntryKind.CARD_ISSUED),
        entry(EntryKind.LINK_ACTIVATED),
    )


@pytest.mark.rule("R16")
def test_applying_maps_a_card_whose_physical_card_is_cancelled_to_a_normal_one() -> None:
    """Also where the link is active: links are kept, so there may be no channel without one."""
    cancelled = physical_card(status=S.CANCELLED)
    in_alipay = link(channel="alipay", number=310, licence=licence())

    decision = accepted(
        judge(
            APPLY,
            citizen(),
            cancelled,
            NORMAL_ELSEWHERE,
            card(),
            link(),
            in_alipay,
            IDENTITY,
            FACE,
        )
    )

    assert decision.changes[0] == card(physical_card=51)
    assert replace(in_alipay, licence=None) in decision.changes
    assert [(event.channel, event.card) for event in decision.events] == [
        ("wechat", view(region=NANJING)),
        ("alipay", view(region=NANJING)),
    ]
    assert decision.entries == (entry(EntryKind.LINK_ACTIVATED),)


@pytest.mark.rule("R8")
def test_the_signed_card_holds_no_status_and_no_id_number() -> None:
    facts = accepted(judge(APPLY, citizen(), physical_card(), IDENTITY, FACE)).to_sign

    assert facts == LicenceFacts(
        citizen=ZHANG,
        number=401,
        masked_name="张**",
        region=NANTONG,
        issue_time=NOW,
        expire_time=IN_TEN_YEARS,
        key_id="p1",
    )


@pytest.mark.rule("R8")
def test_what_was_signed_is_put_wherever_the_decision_shows_the_link() -> None:
    decision = accepted(judge(APPLY, citizen(), physical_card(), IDENTITY, FACE))
    sealed = link(number=400, activate_time=NOW, licence=licence())

    signed = with_licence(decision, licence())

    assert isinstance(signed.answer, HeldCard)
    assert signed.answer.link == sealed
    assert signed.changes == (decision.changes[0], sealed, *decision.changes[2:])
    assert signed.to_sign is None
    assert signed.events == decision.events


# --- accepting and declining a delivery ------------------------------------------------------

IN_CHANNEL = proof(number=903, purpose=Purpose.ACCEPT_DELIVERY)
ACCEPT = AcceptDelivery(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    serial=2,
    proof=IN_CHANNEL.key,
    consent_version="2026-01",
    new_licence_number=401,
)
WORST_ACCEPT = replace(ACCEPT, consent_version="2025-12")
DECLINE = DeclineDelivery(
    at=NOW, channel="wechat", citizen=ZHANG, link_number=300, serial=2, proof=IN_CHANNEL.key
)
NO_DELIVERY: list[tuple[dict[str, Any], Decision]] = [
    ({"link": None}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=299, serial=3)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(serial=3)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"link": link(serial=2)}, Rejected(Reason.LINK_NOT_DELIVERED)),
    ({"link": unlinked_link(serial=2)}, Rejected(Reason.LINK_NOT_DELIVERED)),
]


def accepted_delivery() -> Accepted:
    active = link(serial=2, deliver_time=EARLIER, activate_time=NOW)
    answer, event, facts = held(active, view())
    return Accepted(
        answer=answer,
        changes=(active, used(IN_CHANNEL)),
        events=(event,),
        entries=(entry(EntryKind.LINK_ACTIVATED),),
        to_sign=facts,
    )


ACCEPTING = Table(
    {
        "command": WORST_ACCEPT,
        "citizen": citizen(cancel_time=NOW),
        "physical_cards": physical_card(status=S.SEALED),
        "card": card(expire_time=NOW),
        "proof": None,
    },
    *NO_DELIVERY,
    ({"link": delivered_link(serial=2)}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(WORST_ACCEPT, IN_CHANNEL, purpose=Purpose.APPLY, method=Method.FACE),
    (
        {"command": WORST_ACCEPT, "proof": IN_CHANNEL},
        Rejected(Reason.CONSENT_OUTDATED, (("current_version", "2026-01"),)),
    ),
    ({"command": ACCEPT}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizen": citizen()}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
    (
        {"physical_cards": physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW + 1)},
        Rejected(Reason.PHYSICAL_CARD_TEMPORARILY_LOST),
    ),
    ({"physical_cards": physical_card(status=S.LOST)}, Rejected(Reason.PHYSICAL_CARD_LOST)),
    ({"physical_cards": physical_card(status=S.LOCKED)}, Rejected(Reason.PHYSICAL_CARD_LOCKED)),
    (
        {"physical_cards": physical_card(status=S.CANCELLED)},
        Rejected(Reason.PHYSICAL_CARD_CANCELLED),
    ),
    ({"physical_cards": physical_card()}, Rejected(Reason.CARD_EXPIRED)),
    ({"card": card()}, accepted_delivery()),
    (
        {"physical_cards": physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW)},
        accepted_delivery(),
    ),
)

DECLINED = unlinked_link(
    serial=2, deliver_time=EARLIER, activate_time=None, unlink_time=NOW, licence=None
)
DECLINING = Table(
    {"command": DECLINE, "proof": None},
    *NO_DELIVERY,
    ({"link": delivered_link(serial=2)}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(DECLINE, IN_CHANNEL, purpose=Purpose.UNLINK, method=Method.CARD_PASSWORD),
    (
        {"command": DECLINE, "proof": IN_CHANNEL},
        Accepted(
            answer=LinkAnswer(link=DECLINED),
            changes=(DECLINED, used(IN_CHANNEL)),
            events=(
                Event(
                    channel="wechat",
                    kind=EventKind.LINK_UNLINKED,
                    at=NOW,
                    citizen=ZHANG,
                    link=DECLINED,
                ),
            ),
            entries=(entry(EntryKind.DELIVERY_DECLINED),),
        ),
    ),
)


@pytest.mark.rule("R3", "R5", "R14")
@pytest.mark.parametrize(("situation", "decision"), ACCEPTING.rows, ids=ACCEPTING.ids)
def test_accepting_a_delivery(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R5")
@pytest.mark.parametrize(("situation", "decision"), DECLINING.rows, ids=DECLINING.ids)
def test_declining_a_delivery(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


# --- unlinking -------------------------------------------------------------------------------

FAREWELL = proof(number=904, purpose=Purpose.UNLINK, method=Method.FACE)
UNLINK = Unlink(
    at=NOW, channel="wechat", citizen=ZHANG, link_number=300, serial=2, proof=FAREWELL.key
)
ACTIVE = link(serial=2, licence=licence())
UNLINKED = unlinked_link(serial=2, unlink_time=NOW)


def unlinked(farewell: Proof) -> Accepted:
    return Accepted(
        answer=LinkAnswer(link=UNLINKED),
        changes=(UNLINKED, used(farewell)),
        events=(
            Event(
                channel="wechat",
                kind=EventKind.LINK_UNLINKED,
                at=NOW,
                citizen=ZHANG,
                link=UNLINKED,
            ),
        ),
        entries=(entry(EntryKind.LINK_UNLINKED),),
    )


UNLINKING = Table(
    {"command": UNLINK, "link": None, "proof": None},
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(number=299)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(serial=1)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"link": delivered_link(serial=3)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"link": delivered_link(serial=2)}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": ACTIVE}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(UNLINK, FAREWELL),
    ({"command": UNLINK, "proof": FAREWELL}, unlinked(FAREWELL)),
    (
        {"proof": replace(FAREWELL, method=Method.TEXT_MESSAGE)},
        unlinked(replace(FAREWELL, method=Method.TEXT_MESSAGE)),
    ),
    (
        {"proof": replace(FAREWELL, method=Method.CARD_PASSWORD)},
        unlinked(replace(FAREWELL, method=Method.CARD_PASSWORD)),
    ),
)


@pytest.mark.rule("R12", "R13", "R14", "R23")
@pytest.mark.parametrize(("situation", "decision"), UNLINKING.rows, ids=UNLINKING.ids)
def test_unlinking(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R12")
def test_unlinking_again_answers_the_same_unlink_time_and_looks_at_no_proof() -> None:
    store = Store(ACTIVE, FAREWELL)
    later = replace(UNLINK, at=NOW + DAY, proof=(*ZHANG, 999))

    first, second = store.do(UNLINK), store.do(later)

    assert accepted(first).answer == accepted(second).answer == LinkAnswer(link=UNLINKED)
    assert second == Accepted(answer=LinkAnswer(link=UNLINKED))


@pytest.mark.rule("R12", "R13")
def test_an_unlink_of_an_older_serial_is_told_when_the_link_was_unlinked_since() -> None:
    since = unlinked_link(serial=3, unlink_time=NOW - HOUR)

    decision = judge(UNLINK, since)

    assert decision == Accepted(answer=LinkAnswer(link=since))


@pytest.mark.rule("R13")
def test_an_unlink_of_an_older_serial_never_touches_the_new_link() -> None:
    decision = judge(UNLINK, link(serial=3), FAREWELL)

    assert decision == Rejected(Reason.LINK_SERIAL_OLD)


@pytest.mark.rule("R11")
def test_unlinking_in_one_channel_touches_its_link_its_proof_and_one_line_of_the_record() -> None:
    store = Store(
        citizen(),
        physical_card(),
        card(),
        password(),
        ACTIVE,
        link(channel="alipay", number=310, licence=licence()),
        FAREWELL,
    )
    before = dict(store.records)

    decision = accepted(store.do(UNLINK))

    touched = {key for key in store.records if store.records[key] != before.get(key)}
    assert touched == {(Link, ACTIVE.key), (Proof, FAREWELL.key)}
    assert [event.channel for event in decision.events] == ["wechat"]
    assert store.entries == [entry(EntryKind.LINK_UNLINKED)]


@pytest.mark.rule("R11", "R14")
@pytest.mark.parametrize("command", [UNLINK, DECLINE], ids=["unlink", "decline"])
def test_ending_a_link_reads_nothing_but_that_link_and_its_proof(command: Command) -> None:
    assert isinstance(command, Unlink | DeclineDelivery)

    assert reads_of(command) == {
        one(Link, (7, 1, "wechat")),
        one(Proof, command.proof),
    }


@pytest.mark.rule("R14")
def test_only_an_application_reads_other_links_and_only_to_tell_them() -> None:
    assert many(Link, ZHANG) in reads_of(APPLY)
    assert many(Link, ZHANG) not in reads_of(ACCEPT)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("status", [s for s in S if s is not S.NORMAL])
def test_a_blocked_card_can_be_unlinked_and_a_delivery_of_it_declined(
    status: PhysicalCardStatus,
) -> None:
    blocked = (citizen(), physical_card(status=status), card())

    unlinking = judge(UNLINK, *blocked, ACTIVE, FAREWELL)
    declining = judge(DECLINE, *blocked, delivered_link(serial=2), IN_CHANNEL)

    assert isinstance(unlinking, Accepted)
    assert isinstance(declining, Accepted)


# --- delivering ------------------------------------------------------------------------------


@pytest.mark.rule("R5", "R13")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, delivered_link(number=400, deliver_time=NOW)),
        (unlinked_link(serial=4), delivered_link(serial=5, deliver_time=NOW)),
        (delivered_link(), None),
        (link(), None),
    ],
    ids=["none", "unlinked", "delivered", "active"],
)
def test_a_delivery_begins_a_serial_and_leaves_a_link_that_holds_the_card(
    before: Link | None, after: Link | None
) -> None:
    assert delivered(before, (ZHANG, "wechat", 400), NOW) == after


def test_a_new_serial_begins_at_the_query_level() -> None:
    raised = unlinked_link(level=Level.PAYMENT)

    decision = judge(APPLY, citizen(), physical_card(), card(), raised, IDENTITY, FACE)

    assert accepted(decision).changes[0] == link(serial=2, activate_time=NOW)


def test_two_people_do_not_share_a_link() -> None:
    of_li = citizen(key=LI, id_number="990101198501015678", name="李四")
    assert isinstance(of_li, Citizen)
    theirs = link(citizen=LI, number=888)

    decision = judge(APPLY, citizen(), of_li, physical_card(), theirs, IDENTITY, FACE)

    assert decision == first_issue()


# --- finding the own link --------------------------------------------------------------------

QUERY = FindLink(
    at=NOW, channel="wechat", citizen=ZHANG, name="张小三", id_number="990101199001011234"
)
FINDER = proof(number=920, purpose=Purpose.FIND_LINK, method=Method.VOUCHED)
FINDING: list[tuple[dict[str, Any], Link | Rejected]] = [
    ({"proof": None}, Rejected(Reason.PROOF_UNKNOWN)),
    ({"proof": replace(FINDER, channel="alipay")}, Rejected(Reason.PROOF_UNKNOWN)),
    ({"proof": replace(FINDER, is_used=True)}, Rejected(Reason.PROOF_USED)),
    ({"proof": replace(FINDER, expire_time=NOW)}, Rejected(Reason.PROOF_EXPIRED)),
    (
        {"proof": replace(FINDER, purpose=Purpose.UNLINK)},
        Rejected(Reason.PROOF_FOR_OTHER_PURPOSE),
    ),
    ({"proof": replace(FINDER, method=Method.FACE)}, Rejected(Reason.PROOF_OF_OTHER_METHOD)),
    ({"proof": replace(FINDER, citizen=LI)}, Rejected(Reason.PROOF_FOR_OTHER_PERSON)),
    ({"proof": FINDER, "link": None}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(), "citizen": citizen(name="张小四")}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"citizen": citizen(id_number="99")}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"citizen": citizen()}, link()),
    ({"proof": replace(FINDER, purpose=Purpose.APPLY)}, link()),
    ({"link": unlinked_link()}, unlinked_link()),
    ({"link": delivered_link()}, delivered_link()),
]


@pytest.mark.rule("R5", "R14", "R23")
def test_a_channel_finds_its_own_link_in_any_state_and_learns_nothing_else() -> None:
    situation: dict[str, Any] = {"citizen": citizen(), "link": link(), "proof": None}
    reasons = []
    for changes, expected in FINDING:
        situation |= changes

        found = find_link(QUERY, situation["citizen"], situation["link"], situation["proof"])

        assert found == expected
        reasons += [found.reason.value] if isinstance(found, Rejected) else []
    assert list(dict.fromkeys(reasons)) == [
        "PROOF_UNKNOWN",
        "PROOF_USED",
        "PROOF_EXPIRED",
        "PROOF_FOR_OTHER_PURPOSE",
        "PROOF_OF_OTHER_METHOD",
        "PROOF_FOR_OTHER_PERSON",
        "LINK_NOT_FOUND",
    ]
