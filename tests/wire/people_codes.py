"""Verifiers, and holders who show codes, for the wire tests."""

from typing import Any, TypeAlias

from tests.wire.people import (
    NANTONG,
    TEXT_MESSAGE,
    Caller,
    Channel,
    Person,
    World,
)

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.code.v1 import code_pb2, code_service_pb2, verification_service_pb2
from essc.identity.v1 import identity_pb2
from essc_platform.core.records import BankAccount, Binding, Change, Level, Membership, Relation
from essc_platform.store.gateway import save
from essc_platform.wire.members import binding_id
from essc_wire.keys import new_key

NEW_DEVICE = identity_pb2.PURPOSE_NEW_DEVICE
QUERY = code_pb2.USAGE_QUERY
PAYMENT = code_pb2.USAGE_PAYMENT
MEDICAL = code_pb2.USAGE_CROSS_REGION_MEDICAL
HOSPITAL = party_pb2.VERIFIER_CLASS_HOSPITAL
PHONE = "phone 1"
MINUTE = 60

Usage: TypeAlias = "code_pb2.Usage.ValueType"
VerifierClass: TypeAlias = "party_pb2.VerifierClass.ValueType"


async def a_verifier(
    world: World,
    party_id: str = "hospital",
    verifier_class: VerifierClass = HOSPITAL,
    region: str = NANTONG,
) -> Caller:
    """A registered verifier."""
    caller = world.caller(party_id, new_key())
    kind = party_pb2.PARTY_KIND_VERIFIER
    await world.register(caller, kind, [region], verifier_class=verifier_class)
    return caller


async def device_proof(channel: Channel, someone: Person, link: card_pb2.Link) -> str:
    """What makes a new device known."""
    return await channel.proof(someone, TEXT_MESSAGE, NEW_DEVICE, link_id=link.link_id)


async def show(
    channel: Channel,
    someone: Person,
    link: card_pb2.Link,
    *,
    device: str = PHONE,
    is_known: bool = False,
    **fields: Any,
) -> code_pb2.Code:
    """A holder shows a code; on a device that is not known yet, after a text message."""
    proof = "" if is_known else await device_proof(channel, someone, link)
    request = code_service_pb2.IssueCodeRequest(
        link_id=link.link_id, device_id=device, proof=proof, **fields
    )
    answer: code_service_pb2.IssueCodeResponse = await channel.do(channel.codes.IssueCode, request)
    return answer.code


async def look(channel: Channel, link: card_pb2.Link, code: str) -> code_pb2.Code:
    """What a channel sees of its code."""
    request = code_service_pb2.GetCodeRequest(link_id=link.link_id, code=code)
    answer: code_service_pb2.GetCodeResponse = await channel.do(channel.codes.GetCode, request)
    return answer.code


async def scan(
    verifier: Caller, code: str, usage: Usage = QUERY, request_id: str = ""
) -> verification_service_pb2.CheckCodeResponse:
    """A verifier checks a code."""
    request = verification_service_pb2.CheckCodeRequest(
        request_id=request_id, code=code, usage=usage
    )
    answer: verification_service_pb2.CheckCodeResponse = await verifier.do(
        verifier.verification.CheckCode, request
    )
    return answer


async def verdict(verifier: Caller, code: str, usage: Usage = QUERY) -> str:
    """Its verdict, as a word."""
    found = (await scan(verifier, code, usage)).verdict
    return code_pb2.Verdict.Name(found).removeprefix("VERDICT_")


async def holder(verifier: Caller, check_number: str) -> verification_service_pb2.GetHolderResponse:
    """The second hop."""
    request = verification_service_pb2.GetHolderRequest(check_number=check_number)
    answer: verification_service_pb2.GetHolderResponse = await verifier.do(
        verifier.verification.GetHolder, request
    )
    return answer


async def put(world: World, *records: Change) -> None:
    """Makes records true, whatever it takes to earn them."""

    def write(store: Any) -> None:
        with store.transaction():
            save(store, records, [], [], [])

    await world.running.collector.in_writer(write)


async def bind(world: World, channel: Channel, binder: Person, member: Person) -> str:
    """A family binding; its id in the channel."""
    citizen, of = (world.vault.citizen_key(each.id_number) for each in (binder, member))
    relation = Relation.PARENT
    await put(
        world,
        Binding(holder=citizen, number=600, member=of, relation=relation, add_time=0),
        Membership(member=of, holder=citizen, number=600, relation=relation, add_time=0),
    )
    return binding_id(world.vault, channel.party_id, citizen, 600)


async def unbind(world: World) -> None:
    await world.write("UPDATE bindings SET end_time = 1")


async def open_bank_account(world: World, someone: Person) -> None:
    """The physical card's bank account, and every link's level 2."""
    citizen = world.vault.citizen_key(someone.id_number)
    (physical_card_id,) = await world.bureau_view(someone)
    _, number = world.vault.read_id(physical_card_id)
    account = BankAccount(
        citizen=citizen,
        physical_card=number,
        bank_id="citybank",
        reserved_phone=someone.phone,
        open_time=0,
    )
    await put(world, account)
    await world.write("UPDATE links SET level = ?", int(Level.PAYMENT))
