"""The search says of every history what trying all orders would say."""

import random
import resource
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.judges.inventing import Inventor, evidence_of, spoiled

from essc_workbench.history.items import Fact, Outcome
from essc_workbench.judges.findings import Ruling
from essc_workbench.judges.linearizability import Linearizability
from essc_workbench.judges.linearizability.model import Model
from essc_workbench.judges.linearizability.operations import Operation
from essc_workbench.judges.linearizability.search import Broken, Exhausted, Linearizable, search
from essc_workbench.judges.linearizability.state import State
from essc_workbench.judges.linearizability.windows import smallest_window

STEP = Model().step


def invented(seed: int, count: int, **about: float) -> list[Operation]:
    return Inventor("zhang", random.Random(seed), **about).invent(count)  # type: ignore[arg-type]


def is_explained(operations: list[Operation]) -> bool:
    """Whether any order of them explains them: by trying all, with no memory and no cleverness."""

    def follows(placed: frozenset[int], state: State) -> bool:
        left = [n for n in range(len(operations)) if n not in placed]
        ends = [operations[n].ended_us for n in left]
        first_end_us = min((end_us for end_us in ends if end_us is not None), default=None)
        if first_end_us is None:
            return True
        return any(
            follows(placed | {n}, after)
            for n in left
            if operations[n].began_us <= first_end_us
            for after in STEP(state, operations[n])
        )

    return follows(frozenset(), State())


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), place=st.integers(0, 9), unknown=st.sampled_from([0.0, 0.3]))
def test_it_says_what_trying_all_orders_says(seed: int, place: int, unknown: float) -> None:
    operations = invented(seed, 10, clients=3, unknown_share=unknown)
    if operations[place].outcome is not Outcome.UNKNOWN:
        operations[place] = spoiled(operations[place], random.Random(seed))

    result = search(operations, STEP, State())

    assert isinstance(result, Linearizable) == is_explained(operations)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_the_model_has_made_it_explains(seed: int) -> None:
    operations = invented(seed, 40, unknown_share=0.05)

    result = search(operations, STEP, State())

    assert isinstance(result, Linearizable)


def test_a_spoiled_answer_is_found_in_most_histories_and_what_is_shown_cannot_be_by_itself() -> (
    None
):
    broken = 0
    for seed in range(60):
        chance = random.Random(seed)
        operations = invented(seed, 25)
        place = chance.randrange(5, 25)
        if operations[place].outcome is Outcome.UNKNOWN:
            continue
        operations[place] = spoiled(operations[place], chance)
        result = search(operations, STEP, State())
        if isinstance(result, Broken):
            broken += 1
            part = smallest_window(operations, result.at, STEP)
            assert isinstance(search(part, STEP, State()), Broken)
            assert len(part) <= 8

    assert broken >= 30


def test_an_answer_that_nobody_heard_may_have_been_given_or_not() -> None:
    lost = unlinked_from(10, ended_us=None)
    still, gone, again = seen_active(20, 21), seen_unlinked(30, 31), seen_active(40, 41)

    results = [
        search([LINKED, lost, *seen], STEP, State())
        for seen in ([still], [gone], [still, gone], [still, gone, again])
    ]

    assert [type(each) for each in results] == [Linearizable, Linearizable, Linearizable, Broken]


def test_past_its_budget_it_says_nothing() -> None:
    operations = invented(7, 25)

    result = search(operations, STEP, State(), budget=20)

    assert result == Exhausted(steps=20)


def test_where_many_are_under_way_at_once_a_few_possibilities_are_enough() -> None:
    operations = invented(6, 400, clients=12)

    result = search(operations, STEP, State())

    assert isinstance(result, Linearizable)
    assert result.steps < 20_000  # to look at all of them takes 110,000


def test_many_tries_and_scans_at_one_moment_cost_no_more_than_their_number_squared() -> None:
    issued = replace(
        LINKED, method="IssueCode", told={"code.code": "code#1"}, began_us=2, ended_us=3
    )
    known = replace(
        LINKED, method="SetPassword", asked={"new_password": "a"}, began_us=2, ended_us=3
    )
    scans = [
        replace(
            LINKED,
            method="CheckCode",
            channel="hospital",
            asked={"code": "code#1", "request_id": str(n)},
            told={"verdict": "VERDICT_USED" if n else "VERDICT_VALID"},
            began_us=10,
            ended_us=20 + n,
        )
        for n in range(60)
    ]
    tries = [
        replace(
            LINKED,
            method="AnswerChallenge",
            asked={"card_password": "b", "challenge_id": str(n)},
            told={},
            outcome=Outcome.REFUSED,
            reason="PASSWORD_WRONG" if n % 12 < 5 else "PASSWORD_LOCKED",
            began_us=10,
            ended_us=20 + n,
        )
        for n in range(12)
    ]

    scanned = search([LINKED, issued, *scans], STEP, State())
    tried = search([LINKED, known, *tries], STEP, State(), budget=5_000)
    twice = search([LINKED, issued, *scans[:1] * 2], STEP, State())

    assert isinstance(scanned, Linearizable)
    assert isinstance(tried, Linearizable)
    assert isinstance(twice, Broken)


def test_what_overlaps_may_be_in_either_order_and_what_does_not_may_not() -> None:
    gone = unlinked_from(10, ended_us=19)
    late, overlapping = seen_active(20, 25), seen_active(15, 25)

    results = [search([LINKED, gone, each], STEP, State()) for each in (late, overlapping)]

    assert [type(each) for each in results] == [Broken, Linearizable]


def test_the_smallest_window_leaves_out_what_has_nothing_to_do_with_it() -> None:
    elsewhere = replace(seen_active(12, 13), channel="alipay", calls=(9,))
    password = replace(LINKED, method="SetPassword", began_us=3, ended_us=4, calls=(8,))
    operations = [LINKED, password, unlinked_from(10, ended_us=11), elsewhere, seen_active(20, 21)]
    result = search(operations, STEP, State())
    assert isinstance(result, Broken)

    part = smallest_window(operations, result.at, STEP)

    assert [each.method for each in part] == ["Unlink", "GetCard"]


@pytest.mark.soak
def test_fifty_thousand_operations_of_two_thousand_citizens_are_judged_in_half_a_minute() -> None:
    people = {
        f"citizen-{n}": Inventor(f"citizen-{n}", random.Random(n)).invent(25) for n in range(2_000)
    }
    evidence = evidence_of(people)
    began = time.process_time()

    finding = Linearizability().judge(evidence)

    took_s = time.process_time() - began  # others may be at work on this machine
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{finding.checks} operations in {took_s:.1f} s, {memory_mib:.0f} MiB at the most")
    assert finding.ruling is Ruling.GOOD
    assert took_s < 30
    assert memory_mib < 1024


LINKED = Operation(
    citizen="zhang",
    method="Apply",
    channel="wechat",
    began_us=0,
    ended_us=1,
    outcome=Outcome.OK,
    told={"link.serial": 1, "link.state": "STATE_ACTIVE"},
    calls=(1,),
    latest_us=1,
)


def unlinked_from(began_us: int, ended_us: int | None) -> Operation:
    """An Unlink of the link's first serial, heard of or not."""
    told: dict[str, Fact] = {"link.serial": 1, "link.state": "STATE_UNLINKED"} if ended_us else {}
    return replace(
        LINKED,
        method="Unlink",
        began_us=began_us,
        ended_us=ended_us,
        outcome=Outcome.OK if ended_us else Outcome.UNKNOWN,
        asked={"serial": 1},
        told=told,
        calls=(2,),
    )


def seen_active(began_us: int, ended_us: int) -> Operation:
    """A GetCard that shows the link active."""
    return replace(LINKED, method="GetCard", began_us=began_us, ended_us=ended_us, calls=(3,))


def seen_unlinked(began_us: int, ended_us: int) -> Operation:
    """A GetCard that is refused because the link is unlinked."""
    refused = seen_active(began_us, ended_us)
    return replace(refused, outcome=Outcome.REFUSED, reason="LINK_NOT_ACTIVE", told={}, calls=(4,))
