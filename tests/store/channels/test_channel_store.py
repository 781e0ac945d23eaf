"""The channel's store: what is saved comes back, wholly or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError
from tests.support.postgres import Postgres

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.flow_kinds import Check, FlowKind, FlowState, Stage
from essc_channels.core.flow_records import Flow, Memory, Option, Step, ended
from essc_channels.core.records import (
    Account,
    Card,
    CardState,
    Event,
    Level,
    Link,
    LinkState,
    Session,
    Shadow,
    Words,
)
from essc_channels.store import (
    accounts,
    clock,
    flows,
    housekeeping,
    lab,
    postgresql,
    shadows,
    tables,
)
from essc_channels.store.database import Database, DataFolder
from essc_channels.store.engines import StoreFault, StoreUnavailable
from essc_wire.refusals import Refusal

DAY = 24 * 3600 * 1_000_000
LINK = Link(
    link_id="a" * 32,
    serial=3,
    state=LinkState.DELIVERED,
    level=Level.PAYMENT,
    deliver_time=5,
    activate_time=6,
    unlink_time=7,
    allow_until_time=8,
)
CARD = Card(
    state=CardState.BLOCKED,
    physical_card_status=4,
    blocked_reason="PHYSICAL_CARD_LOST",
    masked_name="张*",
    masked_id_number="*12",
    region="320600",
    issue_time=1,
    expire_time=2,
    password_is_set=True,
    bank_account_is_open=True,
)
SHADOW = Shadow(link=LINK, card=CARD, as_of_time=9)
FLOW = Flow(
    flow_id="f" * 32,
    session="s",
    account="zhang",
    kind=FlowKind.APPLY,
    expire_time=100,
    steps_taken=4,
    step=Step(
        number=4,
        stage=Stage.CHECK,
        check=Check.TEXT_MESSAGE,
        attempt=2,
        expire_time=50,
        tries_left=3,
        last_reason="TEXT_CODE_WRONG",
        challenge_id="c",
        vouch_id="v",
        masked_phone="111****0001",
        actions=(1, 3),
        digits="4071",
        is_of_member=True,
        faults=("name",),
        next_page_token="next",
        options=(Option(choice_id="FACE", label=Words("人脸", "face")),),
        text=Words("同意", "agree"),
        version="1",
    ),
    memory=Memory(
        check=Check.TEXT_MESSAGE,
        link_id="l",
        serial=2,
        password_is_set=True,
        consent_version="1",
        region="320600",
        card_region="320600",
        is_child=True,
        setbacks=2,
        page_token="here",
        choices=((Stage.CHOOSE_PERSON, Option(choice_id="b", label=Words("王*", "王*"))),),
        proofs=((Stage.CHECK, "p"), (Stage.FACE, "q")),
    ),
    sealed_draft=b"sealed",
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    opened = DataFolder(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def file(folder: DataFolder) -> Iterator[Database]:
    opened = folder.channel_database()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> Iterator[str]:
    """One database for all tests here: to make one takes longer than most of them."""
    with postgres.fresh() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, folder: DataFolder) -> Iterator[Database]:
    if request.param == "sqlite":
        opened = folder.channel_database()
        yield opened
    else:
        opened = folder.channel_store(request.getfixturevalue("url"), "nantong")
        yield opened
        with opened.write() as connection:
            for table in (postgresql.owner, *tables.metadata.tables.values()):
                connection.execute(delete(table))
    opened.close()


def test_the_store_is_as_durable_as_it_says(file: Database) -> None:
    with file.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


@pytest.mark.rule("R91")
def test_a_flow_comes_back_as_it_was(database: Database) -> None:
    with database.write() as connection:
        flows.save_flow(connection, FLOW)

    with database.read() as connection:
        assert flows.find_flow(connection, "s", FLOW.flow_id) == FLOW
        assert flows.open_flow(connection, "s") == FLOW
        assert flows.find_flow(connection, "another", FLOW.flow_id) is None
        assert flows.find_flow(connection, "s", "unknown") is None
        assert flows.open_flow(connection, "another") is None


@pytest.mark.rule("R92")
def test_an_ended_flow_leaves_no_proofs_behind(database: Database) -> None:
    with database.write() as connection:
        flows.save_flow(connection, FLOW)
        flows.save_flow(connection, ended(FLOW, FlowState.FAILED, "FACE_MISMATCH"))

    with database.read() as connection:
        row = connection.execute(text("SELECT step, memory, reason FROM flows")).one()
    assert tuple(row) == (None, None, "FACE_MISMATCH")


def test_cancelling_wipes_the_sessions_open_flows(database: Database) -> None:
    with database.write() as connection:
        flows.save_flow(connection, FLOW)
        flows.cancel_flows(connection, "s")

    with database.read() as connection:
        found = flows.find_flow(connection, "s", FLOW.flow_id)
    assert found is not None
    assert found.state is FlowState.CANCELLED
    assert found.memory == Memory()


@pytest.mark.rule("R91")
def test_an_answer_is_kept_for_the_very_same_request(database: Database) -> None:
    with database.write() as connection:
        flows.add_answer(connection, "s", "r", b"digest", b"answer", 10)

    with database.read() as connection:
        assert flows.find_answer(connection, "s", "r", b"digest") == b"answer"
        assert flows.find_answer(connection, "s", "r", b"other") == Refusal("REQUEST_ID_REUSED")
        assert flows.find_answer(connection, "another", "r", b"digest") is None


def broken_off(database: Database, event: Event) -> None:
    with database.write() as connection:
        shadows.add_applied(connection, event, SHADOW, 9)
        raise RuntimeError


def add_too_many_answers(database: Database) -> None:
    with database.write() as connection:
        for number in range(1000):
            flows.add_answer(connection, "s", str(number), b"digest", b"x" * 4096, 10)


@pytest.mark.rule("R16")
def test_an_event_and_its_cursor_are_saved_together_or_not_at_all(database: Database) -> None:
    event = Event(cursor="7", kind=1, event_time=5, link=LINK, card=CARD)

    with pytest.raises(RuntimeError):
        broken_off(database, event)
    with database.read() as connection:
        assert shadows.cursor(connection) == ""
        assert shadows.find_shadow(connection, LINK.link_id) is None
    with database.write() as connection:
        shadows.add_applied(connection, event, SHADOW, 9)
    with database.read() as connection:
        assert shadows.cursor(connection) == "7"
        assert shadows.caught_up_time(connection) == 0
        assert shadows.is_applied(connection, "7")
        assert not shadows.is_applied(connection, "8")
        assert shadows.find_shadow(connection, LINK.link_id) == SHADOW


@pytest.mark.rule("R16")
def test_a_new_listing_replaces_everything(database: Database) -> None:
    other = Shadow(
        link=Link(link_id="b" * 32, serial=1, state=LinkState.ACTIVE), card=None, as_of_time=9
    )
    with database.write() as connection:
        shadows.save_shadow(connection, SHADOW)
        shadows.save_cursor(connection, "3", 9)
        shadows.stage(connection, [])
        shadows.stage(connection, [other])
        assert shadows.find_shadow(connection, LINK.link_id) == SHADOW
        assert shadows.replace_all(connection, "12", 20) == 1

    with database.read() as connection:
        links = (LINK.link_id, other.link.link_id)
        assert shadows.find_shadows(connection, links) == {other.link.link_id: other}
        assert shadows.cursor(connection) == "12"


@pytest.mark.rule("R5")
def test_a_delivery_waits_until_an_account_has_met_it(database: Database) -> None:
    event = Event(cursor="1", kind=1, event_time=5, link=LINK, card=CARD)
    with database.write() as connection:
        assert accounts.unclaimed_order(connection) == 0
        shadows.add_applied(connection, event, SHADOW, 9)
        waiting = accounts.unclaimed_order(connection)
        accounts.save_account(connection, Account(account="zhang", link_id=LINK.link_id))
        claimed = accounts.unclaimed_order(connection)

    assert (waiting, claimed) == (1, 0)


def test_accounts_and_sessions_come_back(database: Database) -> None:
    account = Account(account="zhang", link_id="l", displayed_serial=2, looked_order=7)
    session = Session(digest="d", account="zhang", expire_time=100, device="phone")
    with database.write() as connection:
        fresh = accounts.find_account(connection, "zhang")
        accounts.save_account(connection, account)
        accounts.add_session(connection, session)

    with database.write() as connection:
        assert fresh == Account(account="zhang")
        assert accounts.find_account(connection, "zhang") == account
        assert accounts.find_session(connection, "d", 99) == session
        assert accounts.find_session(connection, "d", 100) is None
        accounts.remove_session(connection, "d")
        assert accounts.find_session(connection, "d", 99) is None


@pytest.mark.rule("R95")
def test_the_clocks_offset_grows_by_what_was_asked(database: Database) -> None:
    with database.write() as connection:
        assert clock.offset_us(connection) == 0
        assert clock.add_advance(connection, "one", 5) == 5
        assert clock.add_advance(connection, "two", 7) == 12
        assert clock.find_advance(connection, "one") == 5
        assert clock.find_advance(connection, "three") is None
        assert clock.offset_us(connection) == 12


@pytest.mark.rule("R16", "R91")
def test_the_sweep_ends_what_time_ends_and_nothing_else(database: Database) -> None:
    with database.write() as connection:
        accounts.add_session(connection, Session(digest="d", account="zhang", expire_time=100))
        flows.save_flow(connection, FLOW)
        flows.add_answer(connection, "s", "r", b"digest", b"answer", 50)
        shadows.add_applied(
            connection, Event(cursor="1", kind=1, event_time=5, link=LINK), SHADOW, 50
        )
        housekeeping.sweep(connection, 99)
        assert flows.open_flow(connection, "s") == FLOW
        housekeeping.sweep(connection, 100)
        assert flows.open_flow(connection, "s") is None
        assert accounts.find_session(connection, "d", 1) is None
        housekeeping.sweep(connection, 50 + 30 * DAY - 1)
        assert flows.find_answer(connection, "s", "r", b"digest") == b"answer"
        housekeeping.sweep(connection, 100 + 30 * DAY)
        assert flows.find_answer(connection, "s", "r", b"digest") is None
        assert flows.find_flow(connection, "s", FLOW.flow_id) is None
        assert shadows.is_applied(connection, "1")
        housekeeping.sweep(connection, 50 + 90 * DAY)
        assert not shadows.is_applied(connection, "1")
        assert shadows.cursor(connection) == "1", "the place in the feed outlives its history"


def test_one_folder_serves_one_channel(folder: DataFolder, tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="another channel is using this data folder"):
        DataFolder(tmp_path)


def test_the_digest_key_stays(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    first.close()
    second = DataFolder(tmp_path)
    second.close()

    assert first.digest_key == second.digest_key
    assert (tmp_path / "digest.key").stat().st_mode & 0o077 == 0


def test_a_store_of_another_version_is_refused_in_one_line(
    folder: DataFolder, file: Database
) -> None:
    with file.write() as connection:
        connection.execute(text("PRAGMA user_version = 99"))

    with pytest.raises(StoreFault, match="schema is version 99, newer than this program's, 2"):
        folder.channel_database()


def test_a_file_that_is_no_database_is_refused_in_one_line(
    folder: DataFolder, tmp_path: Path
) -> None:
    (tmp_path / "channel.db").write_bytes(b"no database at all, but long enough to look at" * 50)

    with pytest.raises(StoreFault, match="cannot be used"):
        folder.channel_database()


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreFault, match="cannot be written"):
        DataFolder(tmp_path / "file" / "data")


def test_a_full_disk_loses_nothing_that_was_saved(file: Database) -> None:
    with file.write() as connection:
        shadows.save_shadow(connection, SHADOW)
        connection.execute(text("PRAGMA max_page_count = 1"))

    with pytest.raises(StoreUnavailable):
        add_too_many_answers(file)
    with file.read() as connection:
        assert shadows.find_shadow(connection, LINK.link_id) == SHADOW
        assert flows.find_answer(connection, "s", "0", b"digest") is None


def test_a_channels_store_grows_as_far_as_it_may_and_no_further(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "channel")
    capped = folder.channel_database(bytes_max=1)
    with capped.write() as connection:
        shadows.save_shadow(connection, SHADOW)

    with pytest.raises(StoreUnavailable):
        add_too_many_answers(capped)

    capped.close()
    free = folder.channel_database()
    with free.read() as connection:
        assert shadows.find_shadow(connection, LINK.link_id) == SHADOW
        assert flows.find_answer(connection, "s", "0", b"digest") is None
    add_too_many_answers(free)
    free.close()
    folder.close()


@pytest.mark.rule("R92")
def test_an_error_of_the_store_does_not_say_what_was_to_be_stored(file: Database) -> None:
    session = Session(digest="d", account="zhang-the-third", expire_time=100)

    with file.write() as connection:
        accounts.add_session(connection, session)
        with pytest.raises(IntegrityError) as error:
            accounts.add_session(connection, session)

    assert "zhang-the-third" not in str(error.value)


def test_an_account_has_twenty_sessions_and_one_more_ends_the_oldest(database: Database) -> None:
    with database.write() as connection:
        accounts.add_session(connection, Session(digest="s", account="zhang", expire_time=100))
        accounts.add_session(connection, Session(digest="li", account="li", expire_time=1))
        flows.save_flow(connection, FLOW)
        for number in range(1, 20):
            session = Session(digest=str(number), account="zhang", expire_time=100 + number)
            accounts.add_session(connection, session)
        assert accounts.find_session(connection, "s", 0) is not None
        accounts.add_session(connection, Session(digest="20", account="zhang", expire_time=120))

    with database.read() as connection:
        count = connection.execute(text("SELECT count(*) FROM sessions")).scalar_one()
        assert accounts.find_session(connection, "s", 0) is None
        assert flows.open_flow(connection, "s") is None
        assert accounts.find_session(connection, "1", 0) is not None
        assert count == 21


def vouch(number: int, expire_time: int) -> lab.Vouch:
    return lab.Vouch(
        vouch_id=f"v{number}",
        account="zhang",
        kind=VouchKind.WALLET_PASSWORD,
        expire_time=expire_time,
        tries_left=5,
    )


def asked(request_id: str) -> lab.Asked:
    return lab.Asked(request_id, b"digest")


def test_the_lab_forgets_old_checks_and_keeps_the_newest_messages(folder: DataFolder) -> None:
    lab_database = folder.lab_database()
    with lab_database.write() as connection:
        for number in range(25):
            lab.add_message(connection, "11100000001", str(number), number)
        for number, expire_time in enumerate((1, 2)):
            lab.add_vouch(connection, asked(f"r{number}"), vouch(number, expire_time), 1)
            answer = lab.VouchAnswer(vouch_id=f"v{number}", passed=True, tries_left=0)
            lab.add_vouch_answer(connection, asked(f"a{number}"), answer)
        lab.add_vouch(connection, asked("r9"), vouch(9, DAY), 1 + DAY)

    with lab_database.read() as connection:
        counts = [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("messages", "vouches", "vouch_answers")
        ]
        inbox = [words for words, _ in lab.list_messages(connection, "11100000001")]
        assert lab.find_vouch_answer(connection, asked("a0")) is None
        assert lab.find_vouch_answer(connection, asked("a1")) is not None
    lab_database.close()
    assert counts == [20, 2, 1]
    assert inbox == [str(number) for number in range(24, 4, -1)]
