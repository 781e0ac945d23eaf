"""From many callers to one writer, over a real file: the queue, the end, and a full disk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from math import inf
from pathlib import Path
from threading import Event

import pytest
from tests.store import stories
from tests.store.stories import EDGE, NOON, ZHANG

from essc_platform import queues
from essc_platform.batch import Origin, Outcome, Submission
from essc_platform.collector import Collector
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import CitizenKey
from essc_platform.store.connections import Connection
from essc_platform.store.feed import Positions
from essc_platform.store.sqlite import SqliteStore as Store
from essc_platform.wire.front import refusal

KEYS = [CitizenKey(bucket, 1) for bucket in range(20)]


class Rig:
    """A collector over a store, and a way to hold its writer."""

    def __init__(
        self, store: Store, batch_max: int, queue_max: int, *, admission: bool = True
    ) -> None:
        self.store = store
        self.now = 1000.0
        self.outcomes: list[Outcome] = []
        self.collector = Collector(
            store.writer,
            EDGE,
            Positions(0),
            self.outcomes.append,
            batch_max=batch_max,
            queue_max=queue_max,
            admission=admission,
            now=lambda: self.now,
        )

    async def hold(self) -> Callable[[], Awaitable[None]]:
        """Keeps the writer busy; gives back what lets it go on."""
        loop, held, let_go = asyncio.get_running_loop(), asyncio.Event(), Event()

        def wait(_: Connection) -> None:
            loop.call_soon_threadsafe(held.set)
            let_go.wait(10)

        holding = asyncio.create_task(self.collector.in_writer(wait))
        await held.wait()

        async def release() -> None:
            let_go.set()
            await holding

        return release

    def submit(self, key: CitizenKey) -> asyncio.Task[bytes | Rejected]:
        return asyncio.create_task(self.collector.submit(unlink(key)))

    def submit_by(
        self, caller: str, key: CitizenKey, end: float = inf
    ) -> asyncio.Task[bytes | Rejected]:
        told = replace(unlink(key), origin=Origin(party_id=caller), end=end)
        return asyncio.create_task(self.collector.submit(told))

    def unlinked(self, keys: Sequence[CitizenKey]) -> list[bool]:
        """Which of them are unlinked at the bank."""
        asked = "SELECT state FROM links WHERE bucket = ? AND channel = 'bank'"
        rows = (self.store.reader.driver.execute(asked, (key.bucket,)).fetchone() for key in keys)
        return [state == 3 for (state,) in rows]


def unlink(key: CitizenKey) -> Submission:
    return stories.submission(stories.unlink(key, "bank", NOON), str(key))


@asynccontextmanager
async def a_rig(
    folder: Path, *, batch_max: int = 256, queue_max: int = 4096, admission: bool = True
) -> AsyncIterator[Rig]:
    store = Store(folder / "platform.db")
    stories.put(store.writer, stories.seeds(KEYS))
    rig = Rig(store, batch_max, queue_max, admission=admission)
    try:
        yield rig
    finally:
        await rig.collector.close()
        store.close()


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_comes_while_a_batch_is_written_is_written_together(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        release = await rig.hold()
        waiting = [rig.submit(key) for key in KEYS]
        await turns()
        await release()
        answers = await asyncio.gather(*waiting)

        assert all(isinstance(answer, bytes) for answer in answers)
        assert [len(outcome.answers) for outcome in rig.outcomes] == [len(KEYS)]


async def test_a_batch_takes_no_more_than_it_may(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=8) as rig:
        release = await rig.hold()
        waiting = [rig.submit(key) for key in KEYS]
        await turns()
        await release()
        await asyncio.gather(*waiting)

        assert [len(outcome.answers) for outcome in rig.outcomes] == [8, 8, 4]


async def test_a_full_queue_is_refused_at_once_and_says_when_to_come_back(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=2, queue_max=3) as rig:
        release = await rig.hold()
        # One is in the batch that waits for the writer, three lie in the queue.
        waiting = []
        for key in KEYS[:4]:
            waiting.append(rig.submit(key))
            await turns()
        answer = await asyncio.wait_for(rig.collector.submit(unlink(KEYS[5])), 1)
        await release()
        answers = await asyncio.gather(*waiting)

        assert isinstance(answer, Rejected)
        assert answer.reason is Reason.PLATFORM_BUSY
        assert refusal(answer).retry_after_ms == 200
        assert all(isinstance(each, bytes) for each in answers)
        # Nothing of the refused one happened: it may come again.
        assert isinstance(await rig.collector.submit(unlink(KEYS[5])), bytes)


async def test_an_import_waits_for_room_instead(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=2, queue_max=3) as rig:
        answers = await rig.collector.submit_all([unlink(key) for key in KEYS])

        assert len(answers) == len(KEYS)
        assert all(isinstance(answer, bytes) for answer in answers)


async def test_what_its_caller_gave_up_before_it_was_begun_is_not_begun(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=1) as rig:
        release = await rig.hold()
        begun, given_up, other = (rig.submit(key) for key in KEYS[:3])
        await turns()
        given_up.cancel()
        begun.cancel()
        await turns()
        await release()
        await other

        # The first was on its way already; giving it up does not take it back.
        rows = {
            bucket: rig.store.reader.driver.execute(
                "SELECT state FROM links WHERE bucket = ? AND channel = 'bank'", (bucket,)
            ).fetchone()[0]
            for bucket in (0, 1, 2)
        }
        assert rows == {0: 3, 1: 2, 2: 3}


@pytest.mark.rule("R31")
async def test_what_belongs_together_is_committed_together_and_waits_for_no_other(
    tmp_path: Path,
) -> None:
    async with a_rig(tmp_path, batch_max=4) as rig:
        release = await rig.hold()
        first = rig.submit(KEYS[0])
        await turns()
        waiting = [rig.submit(key) for key in KEYS[1:3]]
        together = asyncio.create_task(
            rig.collector.submit_together([unlink(key) for key in KEYS[3:6]])
        )
        many = asyncio.create_task(
            rig.collector.submit_together([unlink(key) for key in KEYS[6:12]])
        )
        await turns()
        await release()
        answers = [await first, *await asyncio.gather(*waiting), *await together, *await many]

        assert all(isinstance(each, bytes) for each in answers)
        assert [len(outcome.answers) for outcome in rig.outcomes] == [1, 2, 3, 6]
        assert await rig.collector.submit_together([]) == ()


async def test_what_belongs_together_is_refused_as_a_whole_when_the_queue_is_full(
    tmp_path: Path,
) -> None:
    async with a_rig(tmp_path, batch_max=1, queue_max=2) as rig:
        release = await rig.hold()
        waiting = []
        for key in KEYS[:3]:
            waiting.append(rig.submit(key))
            await turns()
        answers = await rig.collector.submit_together([unlink(key) for key in KEYS[3:5]])
        await release()
        await asyncio.gather(*waiting)

        reasons = [each.reason for each in answers if isinstance(each, Rejected)]
        assert reasons == [Reason.PLATFORM_BUSY] * 2


async def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.db")
    stories.put(store.writer, stories.seeds(KEYS))
    rig = Rig(store, batch_max=3, queue_max=100)
    waiting = [rig.submit(key) for key in KEYS]
    await turns(1)

    await rig.collector.close()

    assert all(isinstance(each.result(), bytes) for each in waiting)
    store.close()


async def test_a_bug_outside_the_rules_spoils_one_batch_and_not_the_platform(
    tmp_path: Path,
) -> None:
    async with a_rig(tmp_path) as rig:
        good = unlink(KEYS[0])
        odd = replace(good, command="no command")  # type: ignore[arg-type]

        answer = await rig.collector.submit(odd)

        assert answer == Rejected(Reason.INTERNAL_FAULT)
        assert isinstance(await rig.collector.submit(good), bytes)


async def test_a_command_that_cannot_be_saved_spoils_no_other(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        release = await rig.hold()
        waiting = [rig.submit(key) for key in KEYS[:3]]
        beyond = replace(unlink(KEYS[3]), at=1 << 63)
        waiting.insert(1, asyncio.create_task(rig.collector.submit(beyond)))
        await turns()
        await release()
        answers = await asyncio.gather(*waiting)

        assert answers[1] == Rejected(Reason.INTERNAL_FAULT)
        assert [type(answer) for answer in answers] == [bytes, Rejected, bytes, bytes]
        assert len(rig.outcomes[0].changes) == 6
        assert rig.collector._positions.last == (NOON << 10) + 5


async def test_a_bug_behind_the_commit_spoils_one_batch_and_not_the_platform(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_rig(tmp_path) as rig:
        faults = [KeyError("once")]

        def committed(outcome: Outcome) -> None:
            if faults:
                raise faults.pop()
            rig.outcomes.append(outcome)

        rig.collector._committed = committed

        first = await asyncio.wait_for(rig.collector.submit(unlink(KEYS[0])), 5)

        assert first == Rejected(Reason.INTERNAL_FAULT)
        assert "KeyError" in capfd.readouterr().out
        # It was committed, as the same request finds out.
        assert isinstance(await asyncio.wait_for(rig.collector.submit(unlink(KEYS[0])), 5), bytes)
        assert isinstance(await asyncio.wait_for(rig.collector.submit(unlink(KEYS[1])), 5), bytes)


@pytest.mark.rule("R91")
async def test_a_full_disk_is_said_and_nothing_is_lost_or_half_done(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_rig(tmp_path) as rig:
        first = await rig.collector.submit(unlink(KEYS[0]))
        rig.store.writer.driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = rig.store.writer.driver.execute("PRAGMA page_count").fetchone()[0]
        rig.store.writer.driver.execute(f"PRAGMA max_page_count={pages}")
        big = b"x" * 100_000
        before = stories.dump(rig.store.reader)

        refused = await rig.collector.submit(
            Submission(
                command=stories.unlink(KEYS[1], "bank", NOON),
                at=NOON,
                encode=lambda _: big,
                request=unlink(KEYS[1]).request,
                content=b"content",
            )
        )

        assert refused == Rejected(Reason.STORE_UNAVAILABLE)
        assert stories.dump(rig.store.reader) == before
        assert "the store failed" in capfd.readouterr().out

        rig.store.writer.driver.execute("PRAGMA max_page_count=1000000")
        assert isinstance(await rig.collector.submit(unlink(KEYS[1])), bytes)
        assert await rig.collector.submit(unlink(KEYS[0])) == first


async def test_commands_of_one_citizen_are_decided_in_the_order_of_arrival(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        stories.put(rig.store.writer, stories.seeds())
        release = await rig.hold()
        wishes = [
            stories.Wish(kind="password", citizen=ZHANG, channel=channel, variant=variant, pause=0)
            for channel, variant in (("bank", 0), ("alipay", 0), ("wechat", 1))
        ]
        waiting = [
            asyncio.create_task(
                rig.collector.submit(
                    stories.submission(stories.command_of(wish, place, NOON + place), f"p{place}")
                )
            )
            for place, wish in enumerate(wishes)
        ]
        await turns()
        await release()
        answers = await asyncio.gather(*waiting)

        # Four wrong ones before: the fifth, the sixth, and a right one that came too late.
        assert [answer.reason for answer in answers if isinstance(answer, Rejected)] == [
            Reason.PASSWORD_WRONG,
            Reason.PASSWORD_LOCKED,
            Reason.PASSWORD_LOCKED,
        ]


async def test_a_flood_of_one_caller_does_not_hold_up_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "TURN", 2)
    async with a_rig(tmp_path, batch_max=4, queue_max=12) as rig:
        release = await rig.hold()
        flood = []
        for key in KEYS[:13]:
            flood.append(rig.submit_by("wechat", key))
            await turns()
        refused = await rig.submit_by("wechat", KEYS[13])
        order: list[str] = []
        quiet = rig.submit_by("alipay", KEYS[14])
        quiet.add_done_callback(lambda _: order.append("alipay"))
        flood[-1].add_done_callback(lambda _: order.append("wechat"))
        await turns()
        await release()
        answers = await asyncio.gather(quiet, *flood)

        assert isinstance(refused, Rejected)
        assert refused.reason is Reason.PLATFORM_BUSY
        assert all(isinstance(each, bytes) for each in answers)
        assert order == ["alipay", "wechat"]


async def test_without_admission_all_wait_in_one_queue(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=4, queue_max=3, admission=False) as rig:
        release = await rig.hold()
        waiting = []
        for key in KEYS[:4]:
            waiting.append(rig.submit_by("wechat", key, end=rig.now - 1))
            await turns()
        other = await rig.submit_by("alipay", KEYS[4])
        await release()

        assert isinstance(other, Rejected)
        assert other.reason is Reason.PLATFORM_BUSY
        # Nobody looks at whose time is over.
        assert all(isinstance(each, bytes) for each in await asyncio.gather(*waiting))


async def test_what_would_come_too_late_is_refused_for_certain_and_not_begun(
    tmp_path: Path,
) -> None:
    async with a_rig(tmp_path) as rig:
        release = await rig.hold()
        begun = rig.submit_by("wechat", KEYS[0], end=rig.now + 5)
        await turns()
        late = rig.submit_by("wechat", KEYS[1], end=rig.now + 1)
        early = rig.submit_by("wechat", KEYS[2], end=rig.now + 5)
        await turns()
        rig.now += 2
        await release()
        refused = await late
        await asyncio.gather(begun, early)

        assert isinstance(refused, Rejected)
        assert refused.reason is Reason.PLATFORM_BUSY
        assert refusal(refused).retry_after_ms is not None
        assert rig.unlinked(KEYS[:3]) == [True, False, True]
        # It left no trace: the same request may come again.
        assert isinstance(await rig.submit_by("wechat", KEYS[1]), bytes)


async def test_what_a_batch_takes_is_expected_of_the_next_and_forgotten_if_nobody_has_it(
    tmp_path: Path,
) -> None:
    async with a_rig(tmp_path) as rig:
        release = await rig.hold()
        slow = rig.submit_by("wechat", KEYS[0])
        await turns()
        rig.now += 4
        await release()
        await slow

        answers = [await rig.submit_by("wechat", KEYS[1], end=rig.now + 1.5) for _ in range(3)]

        # Four seconds, then two, then one: which the caller has.
        assert [isinstance(each, bytes) for each in answers] == [False, False, True]
        assert rig.unlinked(KEYS[:2]) == [True, True]


async def test_what_cannot_be_written_in_time_does_not_even_wait(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=2) as rig:
        release = await rig.hold()
        first = rig.submit_by("wechat", KEYS[0])
        await turns()
        rig.now += 1
        await release()
        await first
        release = await rig.hold()
        waiting = []
        for key in KEYS[1:6]:
            waiting.append(rig.submit_by("wechat", key))
            await turns()

        # Four wait for a second each, and one is on its way.
        late = await asyncio.wait_for(rig.submit_by("wechat", KEYS[6], end=rig.now + 3), 1)
        patient = rig.submit_by("wechat", KEYS[7], end=rig.now + 30)
        await turns()
        await release()

        assert isinstance(late, Rejected)
        assert refusal(late).retry_after_ms == 2000
        answers = await asyncio.gather(patient, *waiting)
        assert all(isinstance(each, bytes) for each in answers)


async def test_settled_waits_for_every_callers_queue(tmp_path: Path) -> None:
    async with a_rig(tmp_path, batch_max=2) as rig:
        release = await rig.hold()
        callers = ("wechat", "alipay", "wechat", "wechat", "alipay", "wechat", "wechat")
        waiting = [
            rig.submit_by(caller, key) for caller, key in zip(callers, KEYS[:7], strict=True)
        ]
        await turns()
        settled = asyncio.create_task(rig.collector.settled())
        await turns()
        assert not settled.done()
        await release()
        await settled

        assert all(rig.unlinked(KEYS[:7]))
        assert all(isinstance(each, bytes) for each in await asyncio.gather(*waiting))
