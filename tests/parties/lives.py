"""Lives that go through every change there is, on a platform that is being killed.

A life is told as a story is, by the helpers of the wire tests. Whatever it asks is sent again, with
the same request id, until the outcome is certain; or, where a life gives up, not any more: then the
change has happened wholly or not at all. What is written down about a life is tallied, without ids
and times, so that two lives can be compared.
"""

import asyncio
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from tests.wire import people
from tests.wire.people import (
    ACCEPT_DELIVERY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    CONSENT,
    FACE,
    OTHER_PASSWORD,
    PASSWORD,
    RESET_PASSWORD,
    TEXT_MESSAGE,
    VOUCHED,
    Caller,
    Channel,
    Person,
    World,
    new_id,
    person,
)
from tests.wire.people_channels import exit_channel, get_channel
from tests.wire.people_codes import PAYMENT, a_verifier, scan, show
from tests.wire.people_family import Home, register_recipient
from tests.wire.people_life import (
    allow,
    close_account,
    enable_card,
    lower_level,
    newest_card,
    open_account,
    raise_level,
    replace_card,
)
from tests.wire.people_services import State, Till, a_provider, catalogue_of, until

from essc.admin.v1 import catalogue_admin_service_pb2 as catalogue
from essc.admin.v1 import party_admin_service_pb2 as party_admin
from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.code.v1 import verification_service_pb2 as verification
from essc.directory.v1 import directory_pb2
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.password.v1 import password_service_pb2 as passwords
from essc.registry.v1 import physical_card_pb2
from essc.registry.v1 import registry_service_pb2 as registry
from essc.settlement.v1 import order_service_pb2 as orders
from essc_wire.clock import monotonic
from essc_wire.keys import new_key
from essc_wire.refusals import is_definite, reason_of

ATTEMPT_S = 2.0
PATIENCE_S = 60.0
# Receives what a third-generation card delivers, in every life.
DELIVERED_TO = "alipay"


class GivenUpError(Exception):
    """A change whose outcome was uncertain was not asked for again."""


@dataclass
class Told:
    """A change that was acknowledged: how it was sent, and its answer, byte for byte."""

    party_id: str
    send: Callable[[], Any]
    request: str
    answer: bytes


@dataclass
class Life:
    """One life, as it goes."""

    number: int
    chance: random.Random
    gives_up: bool = False
    told: list[Told] = field(default_factory=list)
    repeated: int = 0
    tally: Callable[[], object] | None = None
    """For the life that the others are compared with: it is tallied before each change."""
    tallies: list[object] = field(default_factory=list)
    is_given_up: bool = False

    @property
    def people(self) -> list[Person]:
        return [person(100 + 10 * self.number + place) for place in range(6)]


LIVING: ContextVar[Life] = ContextVar("living")


async def stubborn(self: Caller, method: Any, request: Any) -> Any:
    """In place of `Caller.do`: asks until the outcome is certain.

    A list is sent as a stream, whole each time. It is never given up: some of it may have happened.
    """
    is_stream = isinstance(request, list)
    kind = (request[0] if is_stream else request).DESCRIPTOR
    life, fields = LIVING.get(), kind.fields_by_name
    if "request_id" in fields and not request.request_id:
        request.request_id = new_id()
    is_change = is_stream or "request_id" in fields or "requests" in fields
    if is_change and life.tally is not None:
        life.tallies.append(life.tally())

    def send() -> Any:
        sent = iter(request) if is_stream else request
        return method(sent, **self.peer.options(timeout_s=ATTEMPT_S))

    end = monotonic() + PATIENCE_S
    while monotonic() < end:
        try:
            answer: Message = await send()
        except grpc.RpcError as error:
            if is_definite(error) and reason_of(error) != "PLATFORM_DRAINING":
                raise
            if is_change and not is_stream and life.gives_up and life.chance.random() < 0.5:
                life.is_given_up = True
                raise GivenUpError from None
            life.repeated += is_change
            await asyncio.sleep(0.05)
            continue
        if is_change:
            told = Told(self.party_id, send, kind.full_name, answer.SerializeToString())
            life.told.append(told)
        return answer
    raise AssertionError(f"no certain answer in {PATIENCE_S:.0f} s: {kind.name}")


async def lived(world: World, alipay: Channel, life: Life) -> None:
    """A life from its first to its last change, or to where it gives up."""
    LIVING.set(life)
    number = life.number
    try:
        pond, lake = [await world.channel(f"{name}{number}") for name in ("pond", "lake")]
        await _operate(world, pond, number)
        holder, member, *receivers = life.people[:4]
        await bring_in(world, imports_of(life.people[4:]))
        for someone in (holder, member):
            await world.enrol(someone)
            await world.issue(someone)
        await _receive(world, alipay, receivers)
        link = await pond.apply(holder)
        await lake.apply(member)
        unlinked = await lake.apply(holder)
        await _passwords(pond, holder, link)
        await open_account(world, holder)
        await lower_level(pond, await raise_level(pond, holder, link))
        await raise_level(pond, holder, link)
        await _shop(world, pond, holder, link, number)
        await _family(world, lake, Home(pond, holder, link), member)
        await lake.unlink(holder, unlinked)
        await _card(world, pond, holder, link)
        await world.cancel(await newest_card(world, member))
        cancel = registry.CancelCitizenRequest(
            id_number=holder.id_number,
            cause=registry.CancelCitizenRequest.CAUSE_DEATH,
        )
        await world.bureau.do(world.bureau.registry.CancelCitizen, cancel)
        await exit_channel(world, lake)

        async def is_out() -> bool:
            return not (await get_channel(world, lake.party_id)).links_left

        await until(is_out)
    except GivenUpError:
        return
    if life.tally is not None:
        life.tallies.append(life.tally())


async def _operate(world: World, pond: Channel, number: int) -> None:
    """What an operator does: services, keys of a party, a channel that rests."""
    operator = world.operator
    services = catalogue_of(operator)
    service = f"ferry{number}"
    await operator.do(
        services.AddService,
        catalogue.AddServiceRequest(
            service_id=service,
            name_zh="轮渡",
            name_en="Ferry",
            needed_level=card_pb2.LEVEL_QUERY,
            regions=[people.NANTONG],
        ),
    )
    which = {"service_id": service, "region": people.SUZHOU}
    await operator.do(services.OpenService, catalogue.OpenServiceRequest(**which))
    await operator.do(services.CloseService, catalogue.CloseServiceRequest(**which))
    key = new_key()
    await operator.do(
        operator.parties.AddPartyKey,
        party_admin.AddPartyKeyRequest(
            party_id=pond.party_id,
            key=party_pb2.PartyKey(key_id=key.key_id, public_key=key.public_bytes),
        ),
    )
    await operator.do(
        operator.parties.RemovePartyKey,
        party_admin.RemovePartyKeyRequest(party_id=pond.party_id, key_id=key.key_id),
    )
    await world.suspend(pond)
    await world.resume(pond)


def imports_of(newcomers: list[Person]) -> list[registry.ImportCitizensRequest]:
    """The items of a stream that brings people in, each with a card."""
    return [
        registry.ImportCitizensRequest(
            citizen=registry.RegisterCitizenRequest(
                request_id=new_id(),
                name=someone.name,
                id_number=someone.id_number,
                phone=someone.phone,
            ),
            physical_card=registry.IssuePhysicalCardRequest(
                request_id=new_id(),
                id_number=someone.id_number,
                region=people.NANTONG,
                generation=physical_card_pb2.GENERATION_SECOND,
                enabled=True,
            ),
        )
        for someone in newcomers
    ]


async def bring_in(world: World, items: list[registry.ImportCitizensRequest]) -> None:
    answer = await world.bureau.do(world.bureau.registry.ImportCitizens, items)
    assert answer.imported_count == len(items), answer.refusals


async def _receive(world: World, alipay: Channel, receivers: list[Person]) -> None:
    """Two people whose new cards are delivered: one accepts, one declines."""
    for someone, accepts in zip(receivers, (True, False), strict=True):
        await world.enrol(someone)
        await world.issue(someone, generation=3)
        find = cards.FindLinkRequest(
            name=someone.name,
            id_number=someone.id_number,
            identity_proof=await alipay.proof(someone, VOUCHED, people.FIND_LINK),
        )
        link = (await alipay.do(alipay.cards.FindLink, find)).link
        both: dict[str, Any] = {
            "link_id": link.link_id,
            "serial": link.serial,
            "identity_proof": await alipay.proof(someone, VOUCHED, ACCEPT_DELIVERY),
        }
        if accepts:
            accept = cards.AcceptDeliveryRequest(**both, consent_version=CONSENT)
            await alipay.do(alipay.cards.AcceptDelivery, accept)
        else:
            await alipay.do(alipay.cards.DeclineDelivery, cards.DeclineDeliveryRequest(**both))


async def _passwords(pond: Channel, holder: Person, link: card_pb2.Link) -> None:
    await pond.set_password(holder, link)
    change = passwords.ChangePasswordRequest(
        link_id=link.link_id,
        proof=await pond.proof(holder, CARD_PASSWORD, CHANGE_PASSWORD),
        new_password=OTHER_PASSWORD,
    )
    await pond.do(pond.passwords.ChangePassword, change)
    reset = passwords.ResetPasswordRequest(
        link_id=link.link_id,
        text_proof=await pond.proof(holder, TEXT_MESSAGE, RESET_PASSWORD),
        face_proof=await pond.proof(holder, FACE, RESET_PASSWORD),
        new_password=PASSWORD,
    )
    await pond.do(pond.passwords.ResetPassword, reset)


async def _shop(
    world: World, pond: Channel, holder: Person, link: card_pb2.Link, number: int
) -> None:
    """Codes at a verifier, one alone and one in a batch; a use, and orders with their money."""
    verifier = await a_verifier(world, f"gate{number}")
    clinic = await a_provider(world, f"clinic{number}", verifier_ids=(verifier.party_id,))
    check = await scan(verifier, (await show(pond, holder, link)).code, PAYMENT)
    code = (await show(pond, holder, link, is_known=True)).code
    one = verification.CheckCodeRequest(request_id=new_id(), code=code, usage=PAYMENT)
    batch = verification.BatchCheckCodesRequest(requests=[one])
    await verifier.do(verifier.verification.BatchCheckCodes, batch)
    till = Till(pond, holder, link)
    await till.switch(on=True)
    order = await till.order(clinic)
    await till.settled(await till.pay(order))
    await clinic.refund(order)
    await till.settled(order, State.STATE_REFUNDED)
    await clinic.do(
        clinic.orders.CreateOrder,
        orders.CreateOrderRequest(check_number=check.check_number, own_fen=1, insurance_fen=2),
    )
    use = (await clinic.redeem(await till.ticket())).use
    close = tickets.CloseUseRequest(use_id=use.use_id, outcome=directory_pb2.Use.OUTCOME_DONE)
    await clinic.do(clinic.tickets.CloseUse, close)


async def _family(world: World, lake: Channel, home: Home, member: Person) -> None:
    """A member twice bound, once removed and once gone by their own will; a certification."""
    await home.remove(await home.add(member))
    await home.add(member)
    find = cards.FindLinkRequest(
        name=member.name,
        id_number=member.id_number,
        identity_proof=await lake.proof(member, VOUCHED, people.FIND_LINK),
    )
    of_member = (await lake.do(lake.cards.FindLink, find)).link
    at_members = Home(lake, member, of_member)
    await at_members.leave((await at_members.binders())[-1])
    await register_recipient(world, home.holder)
    await home.certify(await home.own_proof())


async def _card(world: World, pond: Channel, holder: Person, link: card_pb2.Link) -> None:
    """All that befalls a physical card."""
    bureau = world.bureau
    card = await newest_card(world, holder)
    await world.report_loss(card, formal=False)
    await allow(pond, holder, link)
    await world.lift_loss(card)
    lock = registry.LockPhysicalCardRequest(physical_card_id=card)
    await bureau.do(bureau.registry.LockPhysicalCard, lock)
    unlock = registry.UnlockPhysicalCardRequest(physical_card_id=card)
    await bureau.do(bureau.registry.UnlockPhysicalCard, unlock)
    replaced = await replace_card(world, holder)
    await enable_card(world, replaced.physical_card.physical_card_id)
    await close_account(world, holder)


# What is said of a row beside that it is there; everything else is an id or a time.
SAID = {
    "links": "serial, state, level",
    "orders": "state, step, own_fen",
    "postings": "account, amount_fen",
    "passwords": "version, wrong_tries",
    "physical_cards": "status, generation",
    "bindings": "relation, end_time IS NULL",
    "memberships": "relation, end_time IS NULL",
    "tickets": "redeem_time IS NULL, close_time IS NULL",
    "codes": "use_time IS NULL",
    "proofs": "purpose, is_used",
    "challenges": "purpose, is_answered",
    "bank_accounts": "close_time IS NULL",
    "citizens": "cancel_time IS NULL",
}
# Kept by what follows from time and place, not by what was asked.
LEFT_OUT = {"events", "requests", "counters", "transfers", "photo_uses"}
BY_PARTY = {"parties": "party", "party_keys": "party", "channels": "party", "services": "service"}


def tally_of(folder: Path, keys: list[Any], number: int) -> dict[str, list[Any]]:
    """All that is written down about a life: rows by table, and its record in order."""
    found: dict[str, list[Any]] = {}
    with closing(sqlite3.connect(f"file:{folder / 'platform.db'}?mode=ro", uri=True)) as store:
        names = [
            name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for name in sorted(set(names) - LEFT_OUT):
            columns = [row[1] for row in store.execute(f"PRAGMA table_info({name})")]
            if "citizen" in columns:
                found[name] = [_rows(store, name, key) for key in keys]
            elif name in BY_PARTY:
                rows = store.execute(f"SELECT {BY_PARTY[name]} FROM {name}").fetchall()
                ending = re.compile(rf"[a-z]{number}$")
                found[name] = sorted(
                    who[: -len(str(number))] for (who,) in rows if ending.search(who)
                )
    return found


def _rows(store: sqlite3.Connection, name: str, key: Any) -> list[Any]:
    said = "kind, place" if name == "entries" else SAID.get(name, "1")
    order = " ORDER BY position" if name == "entries" else ""
    rows = store.execute(
        f"SELECT {said} FROM {name} WHERE bucket = ? AND citizen = ?{order}", tuple(key)
    ).fetchall()
    return rows if name == "entries" else sorted(rows)
