from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    LI,
    NOW,
    SECOND,
    Store,
    Table,
    binding,
    card,
    citizen,
    entry,
    judge_situation,
    link,
    physical_card,
    proof,
    unlinked_link,
)
from tests.core.people_codes import (
    PHONE,
    TABLET,
    acting_for_li,
    code,
    li,
    link_codes,
    lis_card,
    lis_physical_card,
    members_code,
    zhang_acting,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.acting import Acting, BindingName
from essc_platform.core.codes import CodeAnswer, CodeName, GetCode, IssueCode, get_code
from essc_platform.core.deciding.codes import get_code as judge_query
from essc_platform.core.deciding.codes import query_reads
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Code,
    CodeState,
    EntryKind,
    LinkCodes,
    Method,
    PhysicalCardStatus,
    Purpose,
)

S = PhysicalCardStatus
ZHANG = CitizenKey(7, 1)
FROM_LI = BindingName(600, LI)
TEXT = proof(purpose=Purpose.NEW_DEVICE, method=Method.TEXT_MESSAGE)
ISSUE = IssueCode(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    binding=None,
    device=TABLET,
    proof=None,
    new_number=701,
)
GOOD = {
    "citizen": citizen(),
    "physical_cards": physical_card(),
    "card": card(),
    "link": link(),
}
LI_IS_BOUND = {"binding": binding(), "li": li(), "lis": [lis_physical_card(), lis_card()]}


def issued(of: Code, *devices: str, proofs: tuple[Any, ...] = ()) -> Accepted:
    remembered = link_codes(newest=of.number, serial=of.serial, devices=devices)
    persons = [of.citizen] if of.member is None else [of.citizen, of.member]
    return Accepted(
        answer=CodeAnswer(code=of, state=CodeState.CURRENT),
        changes=(of, remembered, *proofs),
        entries=tuple(entry(EntryKind.CODE_ISSUED, citizen=person) for person in persons),
    )


NEW = code(number=701, issue_time=NOW, expire_time=NOW + 60 * SECOND)
NEW_OF_LI = members_code(number=701, issue_time=NOW, expire_time=NOW + 60 * SECOND)

# --- issuing ---------------------------------------------------------------------------------

WORST = {
    "command": replace(ISSUE, binding=FROM_LI),
    "citizen": citizen(cancel_time=NOW),
    "physical_cards": physical_card(status=S.SEALED),
    "card": card(expire_time=NOW),
    "link": None,
    "li": li(),
    "lis": [lis_physical_card(status=S.LOCKED), lis_card()],
}


def status(status: S) -> dict[str, Any]:
    return {"physical_cards": physical_card(status=status)}


ISSUING = Table(
    WORST,
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=301)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(end_time=NOW)}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(member=ZHANG)}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding()}, Rejected(Reason.DEVICE_NEW)),
    *proof_steps(
        replace(ISSUE, binding=FROM_LI),
        TEXT,
        purpose=Purpose.FIND_LINK,
        method=Method.FACE,
    ),
    (
        {"command": replace(ISSUE, binding=FROM_LI, proof=TEXT.key), "proof": TEXT},
        Rejected(Reason.CITIZEN_CANCELLED),
    ),
    ({"citizen": citizen()}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
    (status(S.TEMPORARILY_LOST), Rejected(Reason.PHYSICAL_CARD_TEMPORARILY_LOST)),
    (status(S.LOST), Rejected(Reason.PHYSICAL_CARD_LOST)),
    (status(S.LOCKED), Rejected(Reason.PHYSICAL_CARD_LOCKED)),
    (status(S.CANCELLED), Rejected(Reason.PHYSICAL_CARD_CANCELLED)),
    (status(S.NORMAL), Rejected(Reason.CARD_EXPIRED)),
    (
        {"card": card()},
        Rejected(Reason.MEMBER_CARD_NOT_NORMAL, (("status", "PHYSICAL_CARD_LOCKED"),)),
    ),
    (
        {"lis": [lis_physical_card(), lis_card()]},
        issued(NEW_OF_LI, TABLET, proofs=(replace(TEXT, is_used=True),)),
    ),
)


@pytest.mark.rule("R3", "R14", "R23", "R30", "R33", "R44")
@pytest.mark.parametrize(("situation", "decision"), ISSUING.rows, ids=ISSUING.ids)
def test_issuing_a_code(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R30")
def test_a_code_of_the_holder_takes_the_place_of_the_links_earlier_one() -> None:
    command = replace(ISSUE, device=PHONE)

    decision = judge_situation({"command": command, **GOOD, "codes": link_codes()})

    assert decision == issued(NEW, PHONE)


@pytest.mark.rule("R33")
def test_on_a_known_device_a_proof_is_not_looked_at() -> None:
    command = replace(ISSUE, device=PHONE, proof=TEXT.key)
    spent = replace(TEXT, is_used=True)

    decision = judge_situation({"command": command, **GOOD, "codes": link_codes(), "proof": spent})

    assert decision == issued(NEW, PHONE)


@pytest.mark.rule("R33")
@pytest.mark.parametrize(
    ("device", "devices"),
    [("d1", ("d2", "d3", "d4", "d5", "d1")), ("d6", ("d2", "d3", "d4", "d5", "d6"))],
    ids=["a known one", "a sixth one"],
)
def test_a_link_knows_the_five_devices_that_were_used_last(
    device: str, devices: tuple[str, ...]
) -> None:
    five = link_codes(devices=("d1", "d2", "d3", "d4", "d5"))
    command = replace(ISSUE, device=device, proof=TEXT.key)

    decision = judge_situation({"command": command, **GOOD, "codes": five, "proof": TEXT})

    remembered = next(each for each in decision.changes if isinstance(each, LinkCodes))
    assert remembered.devices == devices


@pytest.mark.rule("R33")
def test_unlinking_forgets_the_devices() -> None:
    again = {**GOOD, "link": link(serial=2), "codes": link_codes()}

    decision = judge_situation({"command": replace(ISSUE, device=PHONE), **again})

    assert decision == Rejected(Reason.DEVICE_NEW)


@pytest.mark.rule("R11", "R34")
def test_a_code_of_a_new_serial_begins_the_links_memory_anew() -> None:
    again = {**GOOD, "link": link(serial=2), "codes": link_codes(), "proof": TEXT}
    command = replace(ISSUE, device=TABLET, proof=TEXT.key)

    decision = judge_situation({"command": command, **again})

    assert decision == issued(replace(NEW, serial=2), TABLET, proofs=(replace(TEXT, is_used=True),))


@pytest.mark.rule("R3")
def test_a_link_that_was_opened_for_a_loss_shows_codes() -> None:
    lost = {**GOOD, "physical_cards": physical_card(status=S.LOST), "link": link(allow_time=NOW)}
    store = Store(*lost.values(), link_codes())  # type: ignore[arg-type]

    decision = store.judge(replace(ISSUE, device=PHONE), Policy(loss="holder_consent"))

    assert decision == issued(NEW, PHONE)


# --- looking at a code -----------------------------------------------------------------------

SHOWN = CodeName(citizen=ZHANG, number=700, channel="wechat", binding=None)
QUERY = GetCode(at=NOW, channel="wechat", citizen=ZHANG, link_number=300, code=SHOWN)


def look(of: Code | None, through: Acting, at: int = NOW) -> CodeAnswer | Rejected:
    """What a channel sees of a code."""
    return get_code(replace(QUERY, at=at), through, of, link_codes(), Policy())


@pytest.mark.rule("R14", "R30")
@pytest.mark.parametrize(
    ("of", "through", "reason"),
    [
        (None, zhang_acting(link=None), Reason.LINK_NOT_FOUND),
        (None, zhang_acting(link=link(number=301)), Reason.LINK_NOT_FOUND),
        (None, zhang_acting(link=unlinked_link()), Reason.LINK_NOT_ACTIVE),
        (None, zhang_acting(), Reason.CODE_NOT_FOUND),
    ],
    ids=["no link", "another link", "unlinked", "no code"],
)
def test_a_channel_finds_its_own_codes_only(
    of: Code | None, through: Acting, reason: Reason
) -> None:
    assert look(of, through) == Rejected(reason)


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    "name",
    [None, SHOWN._replace(channel="alipay"), SHOWN._replace(citizen=LI)],
    ids=["unknown", "of another channel", "of another person"],
)
def test_nothing_of_anothers_code_is_looked_at(name: CodeName | None) -> None:
    query = replace(QUERY, code=name)
    store = Store(*GOOD.values(), code(), link_codes())  # type: ignore[arg-type]
    reads = query_reads(query)

    found = judge_query(query, store.snapshot_of(reads).view(reads), Policy())

    assert not any(kind in (Code, LinkCodes) for kind, _, _ in reads)
    assert found == Rejected(Reason.CODE_NOT_FOUND)


@pytest.mark.rule("R44")
def test_a_members_code_is_worth_what_the_binding_is() -> None:
    query = replace(QUERY, code=SHOWN._replace(binding=FROM_LI))
    records = [*GOOD.values(), members_code(), link_codes(), binding(), li()]
    store = Store(*records, lis_physical_card(), lis_card())  # type: ignore[arg-type]
    reads = query_reads(query)

    found = judge_query(query, store.snapshot_of(reads).view(reads), Policy())

    assert found == CodeAnswer(code=members_code(), state=CodeState.CURRENT)


OVER = code().expire_time


@pytest.mark.rule("R30", "R31", "R34")
@pytest.mark.parametrize(
    ("of", "through", "at", "state"),
    [
        (code(), zhang_acting(), NOW, CodeState.CURRENT),
        (code(), zhang_acting(), OVER - 1, CodeState.CURRENT),
        (code(), zhang_acting(), OVER, CodeState.EXPIRED),
        (code(use_time=NOW), zhang_acting(), NOW, CodeState.USED),
        (code(use_time=NOW), zhang_acting(), OVER, CodeState.EXPIRED),
        (code(number=699), zhang_acting(), OVER, CodeState.REPLACED),
        (code(number=699), zhang_acting(link=link(serial=2)), OVER, CodeState.REVOKED),
        (members_code(), acting_for_li(), NOW, CodeState.CURRENT),
        (members_code(), acting_for_li(binding=binding(end_time=NOW)), NOW, CodeState.REVOKED),
    ],
)
def test_a_channel_sees_what_a_code_is_worth(
    of: Code, through: Acting, at: int, state: CodeState
) -> None:
    assert look(of, through, at) == CodeAnswer(code=of, state=state)
