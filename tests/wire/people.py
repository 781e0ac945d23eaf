"""The people and parties of the wire tests, and a platform in this process for them to call.

Every refusal that a test sees goes through `refused`, which checks what all have in common.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from tests.support.in_process import shared_stores
from tests.wire.made import made
from tests.wire.stores import make_readable, read_plainly, tables_of, write_plainly

from essc.admin.v1 import channel_admin_service_pb2 as channel_admin
from essc.admin.v1 import channel_admin_service_pb2_grpc as channel_admin_grpc
from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_admin_service_pb2_grpc as party_admin_grpc
from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2, card_service_pb2_grpc
from essc.card.v1 import card_service_pb2 as cards
from essc.code.v1 import code_service_pb2_grpc, verification_service_pb2_grpc
from essc.event.v1 import event_pb2, event_service_pb2_grpc
from essc.event.v1 import event_service_pb2 as events
from essc.identity.v1 import identity_pb2, identity_service_pb2_grpc
from essc.identity.v1 import identity_service_pb2 as identity
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1 import lab_service_pb2_grpc as lab_grpc
from essc.password.v1 import password_service_pb2 as passwords
from essc.password.v1 import password_service_pb2_grpc
from essc.policy.v1 import policy_service_pb2_grpc
from essc.record.v1 import record_service_pb2 as records
from essc.record.v1 import record_service_pb2_grpc
from essc.registry.v1 import physical_card_pb2, registry_service_pb2_grpc
from essc.registry.v1 import registry_service_pb2 as registry
from essc.trust.v1 import trust_service_pb2_grpc
from essc_platform.config import Config
from essc_platform.server import Running, start
from essc_platform.vault import open_vault
from essc_wire.client import Peer
from essc_wire.id_numbers import synthetic
from essc_wire.keys import PartyKeyPair, new_key
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, refusal_of, semantics
from essc_wire.tokens import TokenSource

PLATFORM_ID = "cn-test"
CONSENT = "2026-01"
NANTONG, SUZHOU, HUAIHUA = "320600", "320500", "431222"
SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86_400
PASSWORD, OTHER_PASSWORD = "135790", "246813"

TEXT_MESSAGE = identity_pb2.METHOD_TEXT_MESSAGE
FACE = identity_pb2.METHOD_FACE
CARD_PASSWORD = identity_pb2.METHOD_CARD_PASSWORD
VOUCHED = identity_pb2.METHOD_VOUCHED
APPLY = identity_pb2.PURPOSE_APPLY
ACCEPT_DELIVERY = identity_pb2.PURPOSE_ACCEPT_DELIVERY
FIND_LINK = identity_pb2.PURPOSE_FIND_LINK
UNLINK = identity_pb2.PURPOSE_UNLINK
SET_PASSWORD = identity_pb2.PURPOSE_SET_PASSWORD
CHANGE_PASSWORD = identity_pb2.PURPOSE_CHANGE_PASSWORD
RESET_PASSWORD = identity_pb2.PURPOSE_RESET_PASSWORD
WALLET = identity_pb2.VOUCH_KIND_WALLET_PASSWORD

Method: TypeAlias = "identity_pb2.Method.ValueType"
Purpose: TypeAlias = "identity_pb2.Purpose.ValueType"
Rows: TypeAlias = Mapping[str, list[tuple[Any, ...]]]


# Who hears what is asked and answered (None: refused), see tests/wire/fuzz and canary.py.
LISTENERS: list[Callable[[Message, Message | None], None]] = []


def new_id() -> str:
    """A request_id."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Person:
    """A citizen, whether on record or not."""

    name: str
    id_number: str
    phone: str

    @property
    def named(self) -> identity_pb2.Subject:
        return identity_pb2.Subject(
            person=identity_pb2.Person(name=self.name, id_number=self.id_number)
        )


def person(place: int) -> Person:
    """An invented person; another one for each place."""
    return Person(
        name=f"张{'甲乙丙丁戊己庚辛壬癸'[place % 10]}{place}",
        id_number=synthetic(date(1985, 3, 12), place),
        phone=f"111{place:08d}",
    )


async def refused(call: Awaitable[object], domain: str = PLATFORM_DOMAIN) -> Refusal:
    """The refusal of a call, which must be one, and as the house wants every refusal to be."""
    try:
        answer = await call
    except grpc.RpcError as error:
        return checked(error, domain)
    raise AssertionError(f"not refused: {type(answer).__name__}")


def checked(error: Any, domain: str = PLATFORM_DOMAIN) -> Refusal:
    """HOUSE 3.3: a rich status with one ErrorInfo, its code, and details where they belong."""
    status = rpc_status.from_call(error)
    assert status is not None, f"no rich status: {error.code()} {error.details()}"
    kinds = [detail.TypeName().removeprefix("google.rpc.") for detail in status.details]
    assert kinds.count("ErrorInfo") == 1, kinds
    info = error_details_pb2.ErrorInfo()
    next(d for d in status.details if d.Is(info.DESCRIPTOR)).Unpack(info)
    assert info.domain == domain
    meaning = semantics()[info.reason]
    assert status.code == meaning.code == error.code().value[0]
    assert status.message == f"{info.reason}: {meaning.text_en}"
    wanted = {"ErrorInfo"}
    wanted |= {"BadRequest"} if info.reason == "REQUEST_INVALID" else set()
    wanted |= {"RetryInfo"} if info.reason == "PLATFORM_BUSY" else set()
    assert sorted(kinds) == sorted(wanted), info.reason
    refusal = refusal_of(error)
    assert refusal is not None
    return refusal


async def reason(call: Awaitable[object], domain: str = PLATFORM_DOMAIN) -> str:
    """Why a call is refused."""
    return (await refused(call, domain)).reason


class Caller:
    """A party, with its key and a stub of every service."""

    def __init__(
        self,
        address: str,
        party_id: str,
        key: PartyKeyPair | None = None,
        authority: bytes | None = None,
    ) -> None:
        self.party_id, self.key = party_id, key
        tokens = TokenSource(party_id, key, PLATFORM_ID) if key else None
        self.peer = Peer(address, tokens, authority)
        channel = self.peer.channel
        self.cards = card_service_pb2_grpc.CardServiceStub(channel)
        self.channels = channel_admin_grpc.ChannelAdminServiceStub(channel)
        self.codes = code_service_pb2_grpc.CodeServiceStub(channel)
        self.events = event_service_pb2_grpc.EventServiceStub(channel)
        self.identity = identity_service_pb2_grpc.IdentityServiceStub(channel)
        self.parties = party_admin_grpc.PartyAdminServiceStub(channel)
        self.passwords = password_service_pb2_grpc.PasswordServiceStub(channel)
        self.policy = policy_service_pb2_grpc.PolicyServiceStub(channel)
        self.records = record_service_pb2_grpc.RecordServiceStub(channel)
        self.registry = registry_service_pb2_grpc.RegistryServiceStub(channel)
        self.trust = trust_service_pb2_grpc.TrustServiceStub(channel)
        self.verification = verification_service_pb2_grpc.VerificationServiceStub(channel)
        self.clock = lab_grpc.ClockServiceStub(channel)
        self.phones = lab_grpc.PhoneServiceStub(channel)
        self.personas = lab_grpc.PersonaServiceStub(channel)

    @property
    def public_key(self) -> party_pb2.PartyKey:
        assert self.key is not None
        return party_pb2.PartyKey(key_id=self.key.key_id, public_key=self.key.public_bytes)

    async def do(self, method: Callable[..., Awaitable[Any]], request: Any) -> Any:
        """Calls a method; an absent request_id is drawn. Typed where it is used."""
        fields = request.DESCRIPTOR.fields_by_name
        if "request_id" in fields and not request.request_id:
            request.request_id = new_id()
        answer = None
        try:
            answer = await method(request, **self.peer.options())
        finally:
            for listener in LISTENERS:
                listener(request, answer)
        return answer


class World:
    """A running platform, its operator and one bureau; channels and citizens as they are wanted."""

    def __init__(
        self,
        address: str,
        lab_address: str,
        folder: Path,
        operator_key: PartyKeyPair,
        doors: Mapping[str, str] | None = None,
    ) -> None:
        self.address, self.lab_address, self.folder = address, lab_address, folder
        self.doors = doors or {}
        """Where a party calls the platform, if not straight."""
        self.operator = Caller(self.address_for("operator"), "operator", operator_key)
        self.lab = Caller(lab_address, "")
        self._running: Running | None = None
        self.others: Sequence[Running] = ()
        """Platforms beside that one, on the same store."""
        self.bureau = Caller(self.address_for("bureau"), "bureau", new_key())
        self.callers: list[Caller] = [self.operator, self.lab, self.bureau]
        self.vault = open_vault(folder)

    @property
    def all_running(self) -> Sequence[Running]:
        """The platforms that run in this process."""
        return (self._running, *self.others) if self._running is not None else ()

    @property
    def running(self) -> Running:
        """The platform, if it runs in this process."""
        assert self._running is not None, "the platform is a process of its own"
        return self._running

    @running.setter
    def running(self, running: Running) -> None:
        self._running = running

    def address_for(self, party_id: str) -> str:
        """Where a party calls the platform."""
        return self.doors.get(party_id, self.address)

    async def ready(self) -> None:
        """Waits until everyone is connected (again)."""
        for caller in self.callers:
            await caller.peer.channel.channel_ready()

    async def open(self) -> None:
        await self.ready()  # a busy machine may need several attempts to connect
        await self.register(self.bureau, party_pb2.PARTY_KIND_BUREAU, [NANTONG, SUZHOU])

    async def close(self) -> None:
        for caller in self.callers:
            await caller.peer.close()
        for other in self.others:
            await other.stop()
        if self._running is not None:
            await self._running.stop()

    def caller(self, party_id: str, key: PartyKeyPair | None) -> Caller:
        """Someone who says to be this party."""
        caller = Caller(self.address_for(party_id), party_id, key)
        self.callers.append(caller)
        return caller

    async def register(
        self,
        caller: Caller,
        kind: "party_pb2.PartyKind.ValueType",
        regions: list[str],
        **particulars: Any,
    ) -> None:
        request = party_admin.RegisterPartyRequest(
            party_id=caller.party_id,
            kind=kind,
            display_name=caller.party_id,
            key=caller.public_key,
            regions=regions,
            **particulars,
        )
        await self.operator.do(self.operator.parties.RegisterParty, request)

    async def applicant(self, channel_id: str, **registration: Any) -> "Channel":
        """A channel that is registered and no more."""
        channel = Channel(self, channel_id)
        self.callers.append(channel)
        values: dict[str, Any] = {
            "channel_id": channel_id,
            "display_name": channel_id,
            "channel_class": party_pb2.CHANNEL_CLASS_NATIONAL_PARTNER,
            "vouch_kinds": [WALLET],
            "key": channel.public_key,
        }
        request = channel_admin.RegisterChannelRequest(**(values | registration))
        await self.operator.do(self.operator.channels.RegisterChannel, request)
        return channel

    async def channel(self, channel_id: str, **registration: Any) -> "Channel":
        """A live channel."""
        channel = await self.applicant(channel_id, **registration)
        for test in (channel_admin.CHANNEL_TEST_FUNCTION, channel_admin.CHANNEL_TEST_SECURITY):
            request = channel_admin.PassTestRequest(channel_id=channel_id, test=test)
            await self.operator.do(self.operator.channels.PassTest, request)
        await self.operator.do(
            self.operator.channels.GoLive, channel_admin.GoLiveRequest(channel_id=channel_id)
        )
        return channel

    async def suspend(self, channel: "Channel") -> None:
        request = channel_admin.SuspendChannelRequest(channel_id=channel.party_id)
        await self.operator.do(self.operator.channels.SuspendChannel, request)

    async def resume(self, channel: "Channel") -> None:
        request = channel_admin.ResumeChannelRequest(channel_id=channel.party_id)
        await self.operator.do(self.operator.channels.ResumeChannel, request)

    async def enrol(self, someone: Person) -> Person:
        """Puts a person on record, without a card."""
        request = registry.RegisterCitizenRequest(
            name=someone.name, id_number=someone.id_number, phone=someone.phone
        )
        await self.bureau.do(self.bureau.registry.RegisterCitizen, request)
        return someone

    async def issue(
        self,
        someone: Person,
        *,
        region: str = NANTONG,
        generation: int = 2,
        enabled: bool = True,
    ) -> str:
        """Issues a physical card; its id."""
        request = registry.IssuePhysicalCardRequest(
            id_number=someone.id_number,
            region=region,
            generation=physical_card_pb2.Generation.ValueType(generation),
            enabled=enabled,
        )
        answer = await self.bureau.do(self.bureau.registry.IssuePhysicalCard, request)
        return str(answer.physical_card.physical_card_id)

    async def bureau_view(self, someone: Person) -> list[str]:
        """The ids of a person's physical cards, oldest first."""
        request = registry.GetCitizenRequest(id_number=someone.id_number)
        answer = await self.bureau.do(self.bureau.registry.GetCitizen, request)
        return [card.physical_card_id for card in answer.citizen.physical_cards]

    async def citizen(self, place: int) -> Person:
        """A person on record with a normal second-generation card."""
        someone = await self.enrol(person(place))
        await self.issue(someone)
        return someone

    async def report_loss(self, physical_card_id: str, *, formal: bool = True) -> None:
        kinds = registry.ReportLossRequest
        request = registry.ReportLossRequest(
            physical_card_id=physical_card_id,
            kind=kinds.KIND_FORMAL if formal else kinds.KIND_TEMPORARY,
        )
        await self.bureau.do(self.bureau.registry.ReportLoss, request)

    async def lift_loss(self, physical_card_id: str) -> None:
        request = registry.LiftLossRequest(physical_card_id=physical_card_id)
        await self.bureau.do(self.bureau.registry.LiftLoss, request)

    async def cancel(self, physical_card_id: str) -> None:
        request = registry.CancelPhysicalCardRequest(physical_card_id=physical_card_id)
        await self.bureau.do(self.bureau.registry.CancelPhysicalCard, request)

    async def write(self, statement: str, *values: object) -> None:
        """Writes into the store what no service writes yet."""
        await self.running.collector.in_writer(
            lambda store: write_plainly(store, statement, [values])
        )

    async def cancel_citizen(self, someone: Person) -> None:
        causes = registry.CancelCitizenRequest
        request = registry.CancelCitizenRequest(
            id_number=someone.id_number, cause=causes.CAUSE_EMIGRATION
        )
        await self.bureau.do(self.bureau.registry.CancelCitizen, request)

    async def advance(self, seconds: float) -> None:
        """Moves the platform's clock."""
        request = lab.AdvanceRequest()
        request.by.FromMicroseconds(int(seconds * 1_000_000))
        await self.lab.do(self.lab.clock.Advance, request)

    async def texts(self, someone: Person) -> list[str]:
        """A phone's inbox, newest first."""
        request = lab.ListMessagesRequest(phone=someone.phone)
        answer = await self.lab.do(self.lab.phones.ListMessages, request)
        return [message.text for message in answer.messages]

    async def code(self, someone: Person) -> str:
        """The code in the newest text message."""
        return (await self.texts(someone))[0].partition("验证码 ")[2][:6]

    def dump(self) -> Rows:
        """Every row of every table."""
        return {
            name: sorted(read_plainly(self.running, f"SELECT * FROM {name}"), key=repr)
            for name in tables_of(self.running)
        }


class Channel(Caller):
    """A channel, and what its citizens do in it."""

    def __init__(self, world: World, channel_id: str) -> None:
        super().__init__(world.address_for(channel_id), channel_id, new_key())
        self.world = world

    async def start(
        self,
        subject: identity_pb2.Subject,
        method: Method,
        purpose: Purpose,
        request_id: str = "",
        phone: str | None = None,
    ) -> identity_pb2.Challenge:
        """Starts a challenge."""
        vouch_kind = WALLET if method == VOUCHED else identity_pb2.VOUCH_KIND_UNSPECIFIED
        request = identity.StartChallengeRequest(
            request_id=request_id,
            subject=subject,
            method=method,
            purpose=purpose,
            vouch_kind=vouch_kind,
            phone=phone,
        )
        answer: identity.StartChallengeResponse = await self.do(
            self.identity.StartChallenge, request
        )
        return answer.challenge

    async def answer(
        self, challenge: identity_pb2.Challenge, request_id: str = "", **answer: Any
    ) -> str:
        """Answers a challenge; the proof."""
        request = identity.AnswerChallengeRequest(
            request_id=request_id, challenge_id=challenge.challenge_id, **answer
        )
        answered: identity.AnswerChallengeResponse = await self.do(
            self.identity.AnswerChallenge, request
        )
        return answered.proof.proof

    async def proof(
        self,
        someone: Person,
        method: Method,
        purpose: Purpose,
        *,
        link_id: str = "",
        password: str = PASSWORD,
    ) -> str:
        """A proof, rightly earned; the person is named by the link if there is one."""
        subject = identity_pb2.Subject(link_id=link_id) if link_id else someone.named
        challenge = await self.start(subject, method, purpose)
        match method:
            case identity_pb2.METHOD_TEXT_MESSAGE | identity_pb2.METHOD_RESERVED_PHONE:
                return await self.answer(challenge, text_code=await self.world.code(someone))
            case identity_pb2.METHOD_FACE:
                return await self.answer(challenge, face_capture=face(someone, challenge))
            case identity_pb2.METHOD_CARD_PASSWORD:
                return await self.answer(challenge, card_password=password)
            case _:
                return await self.answer(challenge, vouched=True)

    async def application(self, someone: Person) -> cards.ApplyRequest:
        """An application with two good proofs."""
        return cards.ApplyRequest(
            request_id=new_id(),
            identity_proof=await self.proof(someone, VOUCHED, APPLY),
            face_proof=await self.proof(someone, FACE, APPLY),
            consent_version=CONSENT,
        )

    async def apply(self, someone: Person) -> card_pb2.Link:
        """Links a person's card; the link."""
        request = await self.application(someone)
        answer: cards.ApplyResponse = await self.do(self.cards.Apply, request)
        return answer.link

    async def unlinking(self, someone: Person, link: card_pb2.Link) -> cards.UnlinkRequest:
        """What unlinks by face, whenever it is asked."""
        return cards.UnlinkRequest(
            request_id=new_id(),
            link_id=link.link_id,
            serial=link.serial,
            proof=await self.proof(someone, FACE, UNLINK, link_id=link.link_id),
        )

    async def unlink(self, someone: Person, link: card_pb2.Link) -> card_pb2.Link:
        """Unlinks by face; the link."""
        request = await self.unlinking(someone, link)
        answer: cards.UnlinkResponse = await self.do(self.cards.Unlink, request)
        return answer.link

    async def get(self, link: card_pb2.Link) -> cards.GetCardResponse:
        """The link and its card."""
        request = cards.GetCardRequest(link_id=link.link_id)
        answer: cards.GetCardResponse = await self.do(self.cards.GetCard, request)
        return answer

    async def links(self) -> list[cards.ListLinksResponse.Item]:
        """All links of the channel, page by page."""
        items: list[cards.ListLinksResponse.Item] = []
        token = ""
        while True:
            request = cards.ListLinksRequest(page_size=2, page_token=token)
            answer: cards.ListLinksResponse = await self.do(self.cards.ListLinks, request)
            items += answer.items
            token = answer.next_page_token
            if not token:
                return items

    async def record(self, link: card_pb2.Link) -> list[records.Record]:
        """The holder's whole record, page by page."""
        lines: list[records.Record] = []
        token = ""
        while True:
            request = records.ListRecordsRequest(link_id=link.link_id, page_token=token)
            answer: records.ListRecordsResponse = await self.do(self.records.ListRecords, request)
            lines += answer.records
            token = answer.next_page_token
            if not token:
                return lines

    async def set_password(self, someone: Person, link: card_pb2.Link) -> None:
        request = passwords.SetPasswordRequest(
            link_id=link.link_id,
            proof=await self.proof(someone, FACE, SET_PASSWORD, link_id=link.link_id),
            new_password=PASSWORD,
        )
        await self.do(self.passwords.SetPassword, request)

    @asynccontextmanager
    async def watching(self, cursor: str = "") -> AsyncIterator["Watch"]:
        """A watch from a cursor; what was acknowledged before is there before a heartbeat."""
        for running in self.world.all_running:
            await make_readable(running)
        watch = Watch(self, cursor)
        try:
            yield watch
        finally:
            watch.call.cancel()

    async def feed(self, cursor: str = "") -> list[event_pb2.Event]:
        """All events after a cursor, up to now."""
        async with self.watching(cursor) as watch:
            return (await watch.until_heartbeat())[0]


class Watch:
    """A running stream of events."""

    def __init__(self, channel: Channel, cursor: str) -> None:
        request = events.WatchEventsRequest(cursor=cursor)
        options = channel.peer.options(timeout_s=None)
        self.call: Any = channel.events.WatchEvents(request, **options)
        self._items: AsyncIterator[events.WatchEventsResponse] = self.call.__aiter__()

    async def next(self) -> events.WatchEventsResponse:
        """The next item. Raises the stream's error."""
        return await anext(self._items)

    async def until_heartbeat(self) -> tuple[list[event_pb2.Event], str]:
        """What comes before the next heartbeat, and the heartbeat's cursor."""
        found: list[event_pb2.Event] = []
        while True:
            item = await self.next()
            if item.HasField("heartbeat"):
                return found, item.heartbeat.cursor
            found.append(item.event)


def face(someone: Person, challenge: identity_pb2.Challenge) -> bytes:
    """What a camera records of this person doing what is asked."""
    return lab.FaceCapture(
        id_number=someone.id_number, actions=challenge.face.actions, digits=challenge.face.digits
    ).SerializeToString()


def config(folder: Path, **changes: Any) -> Config:
    """Settings of a platform for tests."""
    values: dict[str, Any] = {
        "data": folder,
        "listen": "127.0.0.1:0",
        "lab": "127.0.0.1:0",
        "tls": None,
        "faces": None,
        "text_messages": None,
        "bank": None,
        "photos": None,
        "allow_any_id": False,
        "log_level": "info",
        "batch_max": 256,
    }
    shared = shared_stores()
    values["store"] = shared.url(folder) if shared is not None else None
    return Config(**(values | changes))


def world_of(
    running: Running, folder: Path, operator_key: PartyKeyPair, others: Sequence[Running] = ()
) -> World:
    """The world of a platform in this process, or of several whose callers take turns."""
    assert running.lab is not None
    address = ",".join(f"127.0.0.1:{each.server.port}" for each in (running, *others))
    world = World(address, f"127.0.0.1:{running.lab.port}", folder, operator_key)
    world.running, world.others = running, others
    return world


async def started(folder: Path, **changes: Any) -> tuple[Running, list[Running]]:
    """A platform on a data folder, with the others that the environment asks for. See
    `tests/support/deployments.py`.
    """
    first, shared = await start(config(folder, **changes)), shared_stores()
    if shared is None or shared.url(folder) is None:
        return first, []
    assert first.lab is not None
    lab_address = f"127.0.0.1:{first.lab.port}"
    authorities = dict.fromkeys(("faces", "text_messages", "bank", "photos"), lab_address)
    beside = {"lab": None} | authorities | changes
    others = [await start(config(folder, **beside)) for _ in range(shared.platforms - 1)]
    return first, others


@asynccontextmanager
async def a_world(
    folder: Path, *, make: Callable[[Path, str], PartyKeyPair] = made, **changes: Any
) -> AsyncIterator[World]:
    """A platform with a data folder of its own, for as long as the block runs."""
    shared = shared_stores()
    if shared is not None and make is made:
        make = shared.made
    operator_key = make(folder, PLATFORM_ID)
    running, others = await started(folder, **changes)
    world = world_of(running, folder, operator_key, others)
    try:
        await world.open()
        yield world
    finally:
        await world.close()


@asynccontextmanager
async def an_old_world(folder: Path) -> AsyncIterator[World]:
    """A platform on a data folder that was used before, whose operator has lost the key."""
    running, others = await started(folder)
    world = world_of(running, folder, new_key(), others)
    try:
        yield world
    finally:
        await world.close()


def copy(message: Message, **changes: Any) -> Any:
    """A request with some fields changed."""
    changed = type(message).FromString(message.SerializeToString())
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed
