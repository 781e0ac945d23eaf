from dataclasses import replace

import pytest
from tests.core.people import LI, ZHANG, card, citizen, link, party_key, physical_card

from essc_platform.core.records import Card, Citizen, Link, PartyKey, PhysicalCard
from essc_platform.core.snapshot import Snapshot, many, one

OWN = (*ZHANG, "wechat")


def test_what_is_known_to_be_absent_is_none() -> None:
    snapshot = Snapshot()
    snapshot.put_all(Citizen, {ZHANG: None})
    snapshot.put_many(Link, ZHANG, [])

    view = snapshot.view(frozenset({one(Citizen, ZHANG), many(Link, ZHANG)}))

    assert view.one(Citizen, ZHANG) is None
    assert view.many(Link, ZHANG) == ()


def test_reading_what_was_not_declared_is_a_bug_even_if_another_command_declared_it() -> None:
    snapshot = Snapshot()
    snapshot.put_all(Citizen, {ZHANG: citizen()})
    snapshot.put_many(Link, ZHANG, [link()])

    view = snapshot.view(frozenset())

    with pytest.raises(KeyError, match="Citizen"):
        view.one(Citizen, ZHANG)
    with pytest.raises(KeyError, match="Link"):
        view.many(Link, ZHANG)


def test_declaring_all_of_a_person_is_not_declaring_one() -> None:
    snapshot = Snapshot()
    snapshot.put_many(Link, ZHANG, [link()])

    view = snapshot.view(frozenset({many(Link, ZHANG)}))

    with pytest.raises(KeyError):
        view.one(Link, OWN)


def test_the_message_of_that_bug_names_no_person() -> None:
    with pytest.raises(KeyError) as caught:
        Snapshot().view(frozenset()).one(Citizen, ZHANG)

    assert caught.value.args == ("Citizen",)


def test_what_was_declared_but_not_loaded_is_a_bug_too() -> None:
    view = Snapshot().view(frozenset({one(Citizen, ZHANG), many(Link, ZHANG)}))

    with pytest.raises(KeyError):
        view.one(Citizen, ZHANG)
    with pytest.raises(KeyError):
        view.many(Link, ZHANG)


def test_a_change_is_seen_by_the_commands_that_follow_by_key_and_by_prefix() -> None:
    snapshot = Snapshot()
    snapshot.put_all(Link, {OWN: link()})
    snapshot.put_many(Link, ZHANG, [link()])
    snapshot.put_many(Link, LI, [])
    view = snapshot.view(frozenset({one(Link, OWN), many(Link, ZHANG), many(Link, LI)}))
    changed, fresh = link(serial=2), link(channel="alipay")

    snapshot.absorb([changed, fresh])

    assert view.one(Link, OWN) == changed
    assert view.many(Link, ZHANG) == (fresh, changed)
    assert view.many(Link, LI) == ()


def test_a_change_of_someone_whose_records_nobody_declared_is_harmless() -> None:
    snapshot = Snapshot()
    snapshot.put_many(Link, ZHANG, [])
    of_li = replace(link(), citizen=LI)

    snapshot.absorb([of_li])

    assert snapshot.view(frozenset({many(Link, ZHANG)})).many(Link, ZHANG) == ()


def test_a_change_of_a_kind_that_nobody_declared_is_harmless() -> None:
    snapshot = Snapshot()

    snapshot.absorb([card()])

    assert snapshot.view(frozenset({one(Card, ZHANG)})).one(Card, ZHANG) == card()


def test_many_records_come_in_the_order_of_their_keys() -> None:
    snapshot = Snapshot()
    first, second = physical_card(number=2), physical_card(number=10)
    snapshot.put_many(PhysicalCard, ZHANG, [second, first])
    snapshot.put_many(PartyKey, ("wechat",), [party_key(key_id="b"), party_key(key_id="a")])
    declared = frozenset({many(PhysicalCard, ZHANG), many(PartyKey, ("wechat",))})

    view = snapshot.view(declared)

    assert view.many(PhysicalCard, ZHANG) == (first, second)
    assert [key.key_id for key in view.many(PartyKey, ("wechat",))] == ["a", "b"]
