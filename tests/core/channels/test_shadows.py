"""What events, answers and refusals do to the shadow copy."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essc_channels.core import shadows
from essc_channels.core.records import (
    Card,
    CardState,
    Event,
    EventKind,
    Holding,
    Level,
    Link,
    LinkState,
    Shadow,
)

LINK = Link(link_id="a" * 32, serial=2, state=LinkState.ACTIVE)
CARD = Card(
    state=CardState.USABLE, physical_card_status=2, masked_name="张*", masked_id_number="**12"
)
SHADOW = Shadow(link=LINK, card=CARD, as_of_time=10)
NAMELESS = replace(CARD, masked_name="", masked_id_number="")
LOST = replace(NAMELESS, state=CardState.BLOCKED, blocked_reason="PHYSICAL_CARD_LOST")


def event(link: Link | None, card: Card | None, kind: int = 4) -> Event:
    return Event(cursor="c", kind=kind, event_time=5, link=link, card=card)


@pytest.mark.rule("R16")
def test_an_event_of_the_channel_itself_leaves_the_copies() -> None:
    assert shadows.absorb(SHADOW, event(None, None, EventKind.CHANNEL_SUSPENDED), 20) is None


@pytest.mark.rule("R13")
def test_an_event_of_an_older_serial_never_touches_the_newer_link() -> None:
    older = replace(LINK, serial=1, state=LinkState.UNLINKED)

    assert shadows.absorb(SHADOW, event(older, None), 20) is None


@pytest.mark.rule("R16")
def test_an_event_of_an_unknown_link_makes_a_copy() -> None:
    after = shadows.absorb(None, event(LINK, NAMELESS), 20)

    assert after == Shadow(link=LINK, card=NAMELESS, as_of_time=20)


@pytest.mark.rule("R16", "R26", "R43")
@pytest.mark.parametrize(
    ("kind", "link", "card"),
    [
        (EventKind.LEVEL_CHANGED, replace(LINK, level=Level.PAYMENT), NAMELESS),
        (EventKind.CARD_REPLACED, LINK, LOST),
        (EventKind.FAMILY_CHANGED, LINK, NAMELESS),
        (EventKind.CERTIFIED, LINK, NAMELESS),
        (EventKind.CARD_STATUS_CHANGED, LINK, replace(NAMELESS, bank_account_is_open=True)),
        (EventKind.CARD_STATUS_CHANGED, replace(LINK, allow_until_time=99), LOST),
    ],
)
def test_whatever_happened_the_copy_is_as_the_event_says_but_for_the_masks(
    kind: EventKind, link: Link, card: Card
) -> None:
    after = shadows.absorb(SHADOW, event(link, card, kind), 20)

    masked = replace(card, masked_name="张*", masked_id_number="**12")
    assert after == Shadow(link=link, card=masked, as_of_time=20)


@pytest.mark.rule("R16")
def test_changed_keys_touch_no_copy() -> None:
    assert shadows.absorb(SHADOW, event(None, None, EventKind.KEYS_CHANGED), 20) is None


@pytest.mark.rule("R16")
def test_the_status_changes_and_the_masks_stay() -> None:
    after = shadows.absorb(SHADOW, event(LINK, LOST), 20)

    assert after is not None
    assert after.card == replace(LOST, masked_name="张*", masked_id_number="**12")


@pytest.mark.rule("R13")
def test_a_newer_serial_begins_without_the_old_masks() -> None:
    newer = replace(LINK, serial=3)

    after = shadows.absorb(SHADOW, event(newer, LOST), 20)

    assert after == Shadow(link=newer, card=LOST, as_of_time=20)


@pytest.mark.rule("R16")
def test_a_late_event_does_not_take_a_link_back() -> None:
    delivered = replace(LINK, state=LinkState.DELIVERED)

    after = shadows.absorb(SHADOW, event(delivered, None), 20)

    assert after == replace(SHADOW, as_of_time=20)


@pytest.mark.rule("R16", "R17")
def test_unlinking_takes_the_masks_away() -> None:
    gone = replace(LINK, state=LinkState.UNLINKED, unlink_time=15)

    assert shadows.absorb(SHADOW, event(gone, CARD), 20) == Shadow(
        link=gone, card=None, as_of_time=20
    )


@pytest.mark.rule("R17")
def test_a_refusal_corrects_the_copy_at_once() -> None:
    after = shadows.unlinked(SHADOW, 20)

    assert after.link.state is LinkState.UNLINKED
    assert after.card is None


@pytest.mark.rule("R17")
def test_an_answer_replaces_the_copy() -> None:
    after = shadows.observed(SHADOW, Holding(link=LINK, card=replace(CARD, region="320600")), 20)

    assert after == Shadow(link=LINK, card=replace(CARD, region="320600"), as_of_time=20)


@pytest.mark.rule("R13")
def test_a_late_answer_about_an_older_serial_changes_nothing() -> None:
    assert shadows.observed(SHADOW, Holding(link=replace(LINK, serial=1)), 20) == SHADOW


def test_an_answer_without_a_card_keeps_what_is_known_of_it() -> None:
    assert shadows.observed(SHADOW, Holding(link=LINK), 20) == replace(SHADOW, as_of_time=20)
    assert shadows.observed(None, Holding(link=LINK), 20) == Shadow(
        link=LINK, card=None, as_of_time=20
    )


@pytest.mark.rule("R13", "R16")
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(list(LinkState))), max_size=8),
)
def test_the_copy_never_goes_back(told: list[tuple[int, LinkState]]) -> None:
    copy: Shadow | None = None
    for serial, state in told:
        before = copy
        after = shadows.absorb(copy, event(replace(LINK, serial=serial, state=state), LOST), 20)
        copy = after or copy
        assert copy is not None
        if before is not None:
            place = (before.link.serial, before.link.state)
            assert (copy.link.serial, copy.link.state) >= place
