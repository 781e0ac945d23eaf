"""Notes of a drill: a row for a call, and the history that is made of rows."""

from pathlib import Path

import pytest

from essc_workbench.drills.notes import OK, REFUSED, UNKNOWN, Notes
from essc_workbench.drills.reading_notes import items_of, read_notes
from essc_workbench.failures import UsageError
from essc_workbench.history.items import Answered, Happened, Invoked, Outcome

UNLINK = "essc.card.v1.CardService/Unlink"
START = "essc.identity.v1.IdentityService/StartChallenge"


def _notes(path: Path, origin_ns: int = 1_000_000, rows_max: int = 100) -> Notes:
    return Notes(path, key=b"a key of this drill", origin_ns=origin_ns, rows_max=rows_max)


def test_a_noted_call_is_read_back_as_two_items_of_a_history(tmp_path: Path) -> None:
    with _notes(tmp_path / "notes") as notes:
        unlink = notes.kind(
            "wechat", "platform", UNLINK, asked=("link_id", "serial"), told=("link.state",)
        )
        notes.add(unlink, 10, 30, OK, "", "an-id", (17,), ("a-link", 3), (3,))

    items = items_of([read_notes(tmp_path / "notes")])

    assert items == [
        Invoked(
            at_us=10,
            call=1,
            source="wechat",
            target="platform",
            method=UNLINK,
            request_id="an-id",
            citizens=("resident-17",),
            facts={"link_id": "a-link", "serial": 3},
        ),
        Answered(at_us=30, call=1, outcome=Outcome.OK, facts={"link.state": "STATE_UNLINKED"}),
    ]


def test_what_was_refused_tells_why_and_what_nobody_answered_has_no_end(tmp_path: Path) -> None:
    with _notes(tmp_path / "notes") as notes:
        unlink = notes.kind("wechat", "platform", UNLINK, asked=("link_id",), told=("link.state",))
        notes.add(unlink, 1, 2, REFUSED, "LINK_NOT_ACTIVE", "one", (1,), ("a-link",))
        notes.add(unlink, 3, None, UNKNOWN, "UNAVAILABLE", "two", (2,), ("b-link",))

    items = items_of([read_notes(tmp_path / "notes")])

    ends = [item for item in items if isinstance(item, Answered)]
    assert ends == [Answered(at_us=2, call=1, outcome=Outcome.REFUSED, reason="LINK_NOT_ACTIVE")]


def test_people_go_by_their_place_and_enums_by_name(tmp_path: Path) -> None:
    with _notes(tmp_path / "notes") as notes:
        start = notes.kind(
            "wechat", "platform", START, asked=("subject.person.id_number", "method", "purpose")
        )
        notes.add(start, 1, 2, OK, "", "one", (0,), (0, 2, None))

    [invoked, _] = items_of([read_notes(tmp_path / "notes")])

    assert isinstance(invoked, Invoked)
    assert invoked.facts == {"subject.person.id_number": "resident-0", "method": "METHOD_FACE"}


def test_the_notes_of_several_processes_are_merged_by_when_calls_began(tmp_path: Path) -> None:
    for name, origin_ns, began_us in (("a", 5_000_000, 0), ("b", 1_000_000, 7)):
        with _notes(tmp_path / name, origin_ns) as notes:
            unlink = notes.kind(name, "platform", UNLINK)
            notes.add(unlink, began_us, began_us + 1, OK, "", name, (1,), ())

    items = items_of([read_notes(tmp_path / "a"), read_notes(tmp_path / "b")])

    calls = [item for item in items if isinstance(item, Invoked)]
    assert [(each.call, each.source, each.at_us) for each in calls] == [
        (1, "b", 7),
        (2, "a", 4000),
    ]


def test_one_secret_has_one_digest_and_is_in_no_file(tmp_path: Path) -> None:
    with _notes(tmp_path / "a") as one, _notes(tmp_path / "b") as other:
        digests = {one.digest("code", "12345678"), other.digest("code", "12345678")}
        kind = one.kind("wechat", "platform", UNLINK, asked=("proof",))
        one.add(kind, 1, 2, OK, "", "one", (1,), (one.digest("proof", "12345678"),))

    assert len(digests) == 1
    assert digests != {one.digest("code", "12345679")}
    assert b"12345678" not in (tmp_path / "a").read_bytes()


def test_rows_beyond_the_bound_are_counted_and_left_out(tmp_path: Path) -> None:
    with _notes(tmp_path / "notes", rows_max=2) as notes:
        kind = notes.kind("wechat", "platform", UNLINK)
        for number in range(5):
            notes.add(kind, number, number, OK, "", str(number), (1,), ())

    items = items_of([read_notes(tmp_path / "notes")])

    assert sum(isinstance(item, Invoked) for item in items) == 2
    [skipped] = [item for item in items if isinstance(item, Happened)]
    assert (skipped.what, skipped.facts) == ("skipped", {"reason": "3 calls are not noted"})


@pytest.mark.parametrize("line", ["", "{}", "[[1]]", "nonsense"])
def test_a_file_that_holds_no_notes_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "notes"
    path.write_text(line + "\n")

    with pytest.raises(UsageError, match="notes:1: not a line of notes"):
        read_notes(path)


def test_a_torn_last_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    with _notes(path) as notes:
        kind = notes.kind("wechat", "platform", UNLINK)
        notes.add(kind, 1, 2, OK, "", "one", (1,), ())
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(UsageError, match="notes:3"):
        read_notes(path)
