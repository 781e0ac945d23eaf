"""Whatever happens in families: places used never decrease, and no limit is passed."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.people import NOW, Store, card, citizen, link, physical_card, proof

from essc_platform.core.commands import Command
from essc_platform.core.family import LeaveBinder, RemoveMember
from essc_platform.core.joining import AddMember, Photo, PhotoFinding, places
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    Binding,
    CitizenKey,
    Membership,
    Method,
    Purpose,
    Relation,
)

PEOPLE = [CitizenKey(100 + place, place) for place in range(1, 8)]
Step = tuple[str, int, int, Relation, str]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(("add", "add", "add", "remove", "leave")),
        st.integers(0, len(PEOPLE) - 1),
        st.integers(0, len(PEOPLE) - 1),
        st.sampled_from(Relation),
        st.sampled_from(("wechat", "alipay")),
    ),
    max_size=60,
)


def id_number(key: CitizenKey) -> str:
    return f"99010119600101{key.number:04d}"


def country() -> Store:
    """Seven people who all have a card, and a link in two channels."""
    store = Store()
    for key in PEOPLE:
        store.save(
            (
                citizen(key=key, id_number=id_number(key), name=f"人{key.number}"),
                physical_card(citizen=key),
                card(key=key),
                *(link(citizen=key, channel=name) for name in ("wechat", "alipay")),
            )
        )
    return store


def proved(store: Store, number: int, **changes: Any) -> tuple[int, int, int]:
    """A fresh proof that fits."""
    good = proof(number=number, **changes)
    store.save((good,))
    return good.key


def command_of(store: Store, place: int, step: Step) -> Command | None:
    """What a step asks for; None if there is nothing to end."""
    verb, one, other, relation, channel = step
    holder, member = PEOPLE[one], PEOPLE[other]
    given_by: dict[str, Any] = {"at": NOW, "channel": channel, "link_number": 300}
    if verb == "add":
        password = {"method": Method.CARD_PASSWORD, "purpose": Purpose.ADD_FAMILY}
        face = {"method": Method.FACE, "purpose": Purpose.JOIN_FAMILY}
        return AddMember(
            **given_by,
            citizen=holder,
            password_proof=proved(store, 5000 + place, citizen=holder, channel=channel, **password),
            member_proof=proved(store, 6000 + place, citizen=member, channel=channel, **face),
            notice_version="2026-01",
            relation=relation,
            member=member,
            name=f"人{member.number}",
            id_number=id_number(member),
            card_photo=Photo(bucket=1, digest=str(place), finding=PhotoFinding.RIGHT),
            face_photo=None,
            new_number=7000 + place,
        )
    bindings = bindings_of(store, holder)
    if not bindings:
        return None
    ended = bindings[other % len(bindings)]
    by = holder if verb == "remove" else ended.member
    end = proved(
        store,
        8000 + place,
        citizen=by,
        channel=channel,
        method=Method.FACE,
        purpose=Purpose.END_BINDING,
    )
    if verb == "remove":
        return RemoveMember(
            **given_by, citizen=by, number=ended.number, member=ended.member, proof=end
        )
    return LeaveBinder(**given_by, citizen=by, number=ended.number, holder=holder, proof=end)


def bindings_of(store: Store, holder: CitizenKey) -> list[Binding]:
    found = [r for r in store.records.values() if isinstance(r, Binding) and r.holder == holder]
    return sorted(found, key=lambda each: each.number)


@pytest.mark.rule("R40", "R42", "R43")
@given(STEPS)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_places_used_never_decrease_and_no_limit_is_passed(steps: list[Step]) -> None:
    store = country()
    used: dict[CitizenKey, Counter[Relation]] = {key: Counter() for key in PEOPLE}

    for place, step in enumerate(steps):
        command = command_of(store, place, step)
        if command is not None:
            store.do(command)

        for key in PEOPLE:
            now = Counter(each.relation for each in bindings_of(store, key))
            assert now >= used[key]
            assert all(now[each] <= places(each, Policy()) for each in Relation)
            used[key] = now
    assert_consistent(store)


def assert_consistent(store: Store) -> None:
    """Both sides say the same, nobody has too many binders or is bound twice by one."""
    bindings = [r for r in store.records.values() if isinstance(r, Binding)]
    memberships = [r for r in store.records.values() if isinstance(r, Membership)]
    assert {replace_side(each) for each in memberships} == set(bindings)
    good = [each for each in bindings if each.is_good]
    assert all(count <= 4 for count in Counter(each.member for each in good).values())
    assert len({(each.holder, each.member) for each in good}) == len(good)
    assert all(each.holder != each.member for each in bindings)


def replace_side(membership: Membership) -> Binding:
    binding = Binding(
        holder=membership.holder,
        number=membership.number,
        member=membership.member,
        relation=membership.relation,
        add_time=membership.add_time,
    )
    return replace(binding, end_time=membership.end_time)
