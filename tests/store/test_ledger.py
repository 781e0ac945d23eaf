"""R91: what changed something is answered again, byte for byte; what did not leaves no trace."""

from dataclasses import replace

import pytest
from tests.store import stories
from tests.store.stories import LI, NOON, ZHANG, Wish

from essc_platform.batch import Answer
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.times import DAY

pytestmark = pytest.mark.rule("R91")

UNLINK = stories.submission(stories.unlink(ZHANG, "bank", NOON), "a")
WRONG_PASSWORD = stories.command_of(
    Wish(kind="password", citizen=ZHANG, channel="bank", variant=0, pause=0), 1, NOON
)


def test_the_same_id_with_the_same_content_gives_the_recorded_bytes() -> None:
    # A later clock and other fresh numbers: only the recorded answer can be the same.
    again = stories.submission(stories.unlink(ZHANG, "bank", NOON + DAY), "a")

    with stories.memory() as connection:
        (first,) = stories.run_all(connection, [[UNLINK]])
        after_first = stories.dump(connection)
        (second,) = stories.run_all(connection, [[again]])

        assert isinstance(first, bytes)
        assert second == first
        assert stories.dump(connection) == after_first


def test_the_same_id_with_other_content_is_refused_and_changes_nothing() -> None:
    other = replace(
        stories.submission(stories.unlink(LI, "bank", NOON), "a"), content=b"something else"
    )

    with stories.memory() as connection:
        stories.run_all(connection, [[UNLINK]])
        before = stories.dump(connection)
        answers = stories.run_all(connection, [[other]])

        assert answers == (Rejected(Reason.REQUEST_ID_REUSED),)
        assert stories.dump(connection) == before


def test_a_repeat_meets_its_first_within_the_same_batch() -> None:
    other = replace(UNLINK, content=b"something else")

    with stories.memory() as connection:
        first, second, third = stories.run_all(connection, [[UNLINK, UNLINK, other]])

        assert isinstance(first, bytes)
        assert second == first
        assert third == Rejected(Reason.REQUEST_ID_REUSED)
        assert len(stories.dump(connection)["requests"]) == 1


def test_a_plain_refusal_leaves_no_trace_and_is_judged_anew() -> None:
    command = stories.unlink(ZHANG, "bank", NOON)
    too_early = stories.submission(replace(command, serial=2), "a")

    with stories.memory() as connection:
        before = stories.dump(connection)
        refused = stories.run_all(connection, [[too_early]])

        assert refused == (Rejected(Reason.LINK_SERIAL_OLD),)
        assert stories.dump(connection) == before

        (judged_anew,) = stories.run_all(connection, [[UNLINK]])
        assert isinstance(judged_anew, bytes)


def test_a_counted_wrong_password_is_recorded_and_not_counted_twice() -> None:
    wrong = stories.submission(WRONG_PASSWORD, "a")

    with stories.memory() as connection:
        first = stories.run_all(connection, [[wrong, wrong]])
        second = stories.run_all(connection, [[wrong]])
        tries = [row[5] for row in stories.dump(connection)["passwords"] if row[0] == ZHANG.bucket]

    # Four wrong ones were counted before this story.
    counted = Rejected(Reason.PASSWORD_WRONG, (("tries_left", "1"),))
    assert [without_changes(answer) for answer in (*first, *second)] == [counted] * 3
    assert tries == [5]


def without_changes(answer: Answer) -> Rejected:
    assert isinstance(answer, Rejected)
    return Rejected(answer.reason, answer.details)


@pytest.mark.rule("R92")
def test_the_ledger_holds_no_request() -> None:
    """Who asked by which id, a digest of both, a digest of the content, and the answer."""
    with stories.memory() as connection:
        stories.run_all(connection, [[UNLINK]])
        ((bucket, request, content, at, answer, *rest),) = stories.dump(connection)["requests"]

    assert UNLINK.request is not None
    assert (bucket, request) == (UNLINK.request.bucket, UNLINK.request.digest)
    assert (content, at) == (UNLINK.content, NOON)
    assert rest == [None, UNLINK.origin.party_id, UNLINK.origin.request_id]
    assert isinstance(answer, bytes)
