"""A platform on what the first release left behind: nobody who was served by that one notices.

Its clock goes on where the old one stood, whatever day it is: what a release left grows old.
"""

import base64
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

import grpc
import pytest
from google.protobuf.message import Message
from tests.store.releases import RELEASED, platform_of
from tests.wire.people import config

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.channel.v1 import channel_pb2
from essc.code.v1 import code_pb2
from essc.code.v1 import verification_service_pb2 as codes
from essc.code.v1.verification_service_pb2_grpc import VerificationServiceStub
from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from essc.event.v1 import event_service_pb2 as events
from essc.event.v1.event_service_pb2_grpc import EventServiceStub
from essc.record.v1 import record_service_pb2 as records
from essc.record.v1.record_service_pb2_grpc import RecordServiceStub
from essc.trust.v1 import trust_service_pb2 as trust
from essc.trust.v1.trust_service_pb2_grpc import TrustServiceStub
from essc_platform.moving import copy_store, migrate
from essc_platform.server import start
from essc_wire.client import Peer
from essc_wire.clock import new_request_id, wall_us
from essc_wire.keys import read_key
from essc_wire.refusals import reason_of
from essc_wire.signed_cards import judge
from essc_wire.tokens import TokenSource

M = TypeVar("M", bound=Message)
Kind = records.Record.Kind

RELEASE = "0.1.0"
TOLD = json.loads((RELEASED / RELEASE / "told.json").read_text())
"""What the old platform answered, to the channel bank-east and to the verifier hospital-desk."""


class Old:
    """The new platform, called by those whom the old one knew."""

    def __init__(self, address: str) -> None:
        self.channel, self.verifier = (
            _peer(address, name) for name in ("bank-east", "hospital-desk")
        )

    async def close(self) -> None:
        for peer in (self.channel, self.verifier):
            await peer.close()


async def cards_verify(old: Old) -> None:
    seen = told(cards.GetCardResponse, TOLD["card"])
    stub, peer = CardServiceStub(old.channel.channel), old.channel

    links = await stub.ListLinks(cards.ListLinksRequest(page_size=100), **peer.options())
    card = await stub.GetCard(cards.GetCardRequest(link_id=TOLD["link_id"]), **peer.options())
    keys = await TrustServiceStub(peer.channel).ListKeys(trust.ListKeysRequest(), **peer.options())

    assert list(links.items) == list(told(cards.ListLinksResponse, TOLD["links"]).items)
    assert card.signed_card == seen.signed_card
    assert [each.key_id for each in keys.keys] == [
        each.key_id for each in told(trust.ListKeysResponse, TOLD["keys"]).keys
    ]
    assert judge(seen.signed_card, keys, TOLD["until_us"]).fault is None


async def the_feed_goes_on(old: Old) -> None:
    expected = [told(events.WatchEventsResponse, each).event for each in TOLD["events"]]

    for seen in (0, 1, 7, 13):
        cursor = expected[seen - 1].cursor if seen else ""
        assert await _events(old.channel, cursor, 14 - seen) == expected[seen:]
    assert len(expected) == 14
    assert await _events(old.channel, TOLD["head_cursor"], 0) == []


async def the_ledger_answers(old: Old) -> None:
    request = told(directory.IssueTicketRequest, TOLD["ticket_request"])
    other = directory.IssueTicketRequest()
    other.CopyFrom(request)
    other.service_id = "another-service"
    stub, peer = DirectoryServiceStub(old.channel.channel), old.channel

    again = await stub.IssueTicket(request, **peer.options())
    refused = await _reason(lambda: stub.IssueTicket(other, **peer.options()))

    assert again == told(directory.IssueTicketResponse, TOLD["ticket_answer"])
    assert refused == "REQUEST_ID_REUSED"


async def a_code_is_good_and_a_check_has_to_be_made_again(old: Old) -> None:
    stub, peer = VerificationServiceStub(old.verifier.channel), old.verifier
    request = codes.CheckCodeRequest(
        request_id=new_request_id(), code=TOLD["code"], usage=code_pb2.USAGE_PAYMENT
    )

    checked = await stub.CheckCode(request, **peer.options())
    holder = await stub.GetHolder(
        codes.GetHolderRequest(check_number=checked.check_number), **peer.options()
    )
    older = codes.GetHolderRequest(check_number=TOLD["check_number"])
    refused = await _reason(lambda: stub.GetHolder(older, **peer.options()))

    assert checked.verdict == code_pb2.VERDICT_VALID
    assert holder.name == "唐进"
    assert refused == "CHECK_NOT_FOUND"


async def records_are_told_alike(old: Old) -> None:
    stub, peer = RecordServiceStub(old.channel.channel), old.channel
    links = told(cards.ListLinksResponse, TOLD["links"]).items

    pages = [
        await stub.ListRecords(
            records.ListRecordsRequest(link_id=each.link.link_id, page_size=100), **peer.options()
        )
        for each in links
    ]

    of_tang_jin = [told(channel_pb2.RecordEntry, each) for each in TOLD["records"]]
    assert len(of_tang_jin) == 21
    found = [[(Kind.Name(each.kind), each.record_time) for each in page.records] for page in pages]
    assert [(each.kind, each.record_time) for each in of_tang_jin] in found


ALL = (
    cards_verify,
    the_feed_goes_on,
    the_ledger_answers,
    records_are_told_alike,
    a_code_is_good_and_a_check_has_to_be_made_again,
)


@pytest.mark.rule("R91")
async def test_a_platform_starts_on_the_first_releases_store_once_it_is_brought_here(
    tmp_path: Path,
) -> None:
    path = _left_behind(tmp_path)

    migrate(path.parent, None)

    async with _served(path.parent) as old:
        for each in ALL:
            await each(old)


async def test_a_platform_starts_on_the_first_releases_store_once_it_is_moved_to_postgresql(
    tmp_path: Path, database: str
) -> None:
    path = _left_behind(tmp_path)

    migrate(path.parent, None)
    copy_store(path.parent, None, database, lambda _: None)
    path.unlink()

    async with _served(path.parent, store=database) as old:
        for each in ALL:
            await each(old)


def told(kind: type[M], text: str) -> M:
    """A message as the old platform sent it."""
    return kind.FromString(base64.b64decode(text))


def _left_behind(folder: Path) -> Path:
    """The old platform's store, on a clock that stands where it stopped."""
    path = platform_of(RELEASE, folder / "platform")
    with closing(sqlite3.connect(path)) as connection, connection:
        offset = str(TOLD["until_us"] - wall_us())
        connection.execute("UPDATE facts SET value = ? WHERE name = 'clock_offset_us'", (offset,))
    return path


@asynccontextmanager
async def _served(folder: Path, store: str | None = None) -> AsyncIterator[Old]:
    running = await start(config(folder, store=store))
    old = Old(f"127.0.0.1:{running.server.port}")
    try:
        yield old
    finally:
        await old.close()
        await running.stop()


def _peer(address: str, party: str) -> Peer:
    key = read_key(RELEASED / RELEASE / "keys" / f"{party}.pem")
    return Peer(address, TokenSource(party, key, "cn-essc"))


async def _events(peer: Peer, cursor: str, count: int) -> list[Message]:
    """So many events after a cursor, and that a sign of life comes behind them."""
    request = events.WatchEventsRequest(cursor=cursor)
    found: list[Message] = []
    stream = EventServiceStub(peer.channel).WatchEvents(request, **peer.options(timeout_s=None))
    async for item in stream:
        if item.WhichOneof("item") == "event":
            found.append(item.event)
        elif len(found) >= count:
            stream.cancel()
            return found
    return found


async def _reason(send: Callable[[], Awaitable[object]]) -> str | None:
    with pytest.raises(grpc.RpcError) as caught:
        await send()
    return reason_of(caught.value)
