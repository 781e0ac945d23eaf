import pytest
from tests.core.people import (
    NOW,
    ZHANG,
    accepted,
    channel,
    delivered_link,
    entry,
    judge,
    licence,
    link,
    unlinked_link,
)

from essc_platform.core.decisions import Accepted
from essc_platform.core.exits import EndExitedLink
from essc_platform.core.records import Channel, ChannelState, EntryKind, Link

END = EndExitedLink(at=NOW, channel="wechat", citizen=ZHANG)
EXITED = channel(state=ChannelState.EXITED)


@pytest.mark.rule("R15", "R93")
@pytest.mark.parametrize(
    ("found", "after"),
    [
        (link(licence=licence()), unlinked_link(unlink_time=NOW)),
        (delivered_link(), unlinked_link(deliver_time=None)),
    ],
    ids=["active", "delivered"],
)
def test_a_link_of_an_exited_channel_ends_and_the_record_says_so(found: Link, after: Link) -> None:
    decision = accepted(judge(END, EXITED, found))

    (ended,) = decision.changes
    assert isinstance(ended, Link)
    assert (ended.state, ended.unlink_time, ended.licence) == (after.state, NOW, None)
    assert decision.entries == (entry(EntryKind.LINK_EXITED),)
    assert decision.events == ()


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("party", "found"),
    [(None, link()), (channel(), link()), (EXITED, None), (EXITED, unlinked_link())],
    ids=["no channel", "live", "no link", "unlinked"],
)
def test_nothing_else_ends(party: Channel | None, found: Link | None) -> None:
    assert judge(END, party, found) == Accepted(answer=None)
