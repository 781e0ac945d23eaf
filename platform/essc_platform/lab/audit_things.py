"""What a snapshot tells of what people do with a card, and of the platform itself: codes, tickets,
the books, feeds, the ledger of requests, parties, signing keys.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from essc.event.v1 import event_pb2
from essc.lab.v1 import audit_platform_pb2 as pb
from essc_platform.core.records import Code, Order, Posting, SigningKey, Ticket
from essc_platform.lab.audit_keys import Keys
from essc_platform.lab.audit_people import Read
from essc_platform.store.audit import AuditStore
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp, to_timestamp


def _codes(store: AuditStore, _vault: Vault, keys: Keys) -> Iterator[pb.AuditCode]:
    for code in store.records(Code):
        yield pb.AuditCode(
            citizen=keys.citizen(code.citizen),
            code_key=keys.thing("code", code.citizen, code.number),
            channel_id=code.channel,
            serial=code.serial,
            issue_time=to_timestamp(code.issue_time),
            expire_time=to_timestamp(code.expire_time),
            use_time=optional_timestamp(code.use_time),
        )


def _checks(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditCheck]:
    """A check is a part of the code that it used up."""
    for code in store.records(Code):
        if code.verifier and code.use_time is not None:
            yield pb.AuditCheck(
                citizen=keys.citizen(code.citizen),
                check_number=vault.write_check_number(code.citizen, code.number),
                code_key=keys.thing("code", code.citizen, code.number),
                verifier_id=code.verifier,
                check_time=to_timestamp(code.use_time),
            )


def _tickets(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditTicket]:
    for ticket in store.records(Ticket):
        is_redeemed = ticket.redeem_time is not None
        yield pb.AuditTicket(
            citizen=keys.citizen(ticket.citizen),
            ticket_key=keys.thing("ticket", ticket.citizen, ticket.number),
            channel_id=ticket.channel,
            service_id=ticket.service_id,
            issue_time=to_timestamp(ticket.issue_time),
            provider_id=ticket.provider,
            redeem_time=optional_timestamp(ticket.redeem_time),
            use_id=vault.write_use_id(ticket.citizen, ticket.number) if is_redeemed else "",
            close_time=optional_timestamp(ticket.close_time),
        )


def _orders(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditOrder]:
    for order in store.records(Order):
        yield pb.AuditOrder(
            citizen=keys.citizen(order.citizen),
            order_id=vault.write_id(order.citizen, order.number),
            provider_id=order.provider,
            channel_id=order.channel,
            insurance_fen=order.insurance_fen,
            own_fen=order.own_fen,
            state=int(order.state),  # type: ignore[arg-type]
            step=order.step,
            pay_time=optional_timestamp(order.pay_time),
        )


def _postings(store: AuditStore, vault: Vault, keys: Keys) -> Iterator[pb.AuditPosting]:
    for posting in store.records(Posting):
        yield pb.AuditPosting(
            citizen=keys.citizen(posting.citizen),
            order_id=vault.write_id(posting.citizen, posting.order),
            step=posting.step,
            account=posting.account.value,
            party_id=posting.party,
            amount_fen=posting.amount_fen,
        )


def _events(store: AuditStore, vault: Vault, _keys: Keys) -> Iterator[pb.AuditEvent]:
    """As the feed tells them: the body as it is kept, and the cursor of its place."""
    for line in store.events():
        cursor = vault.write_cursor(line.channel, line.position)
        event = event_pb2.Event.FromString(line.body)
        event.cursor = cursor
        yield pb.AuditEvent(channel_id=line.channel, cursor=cursor, event=event)


def _requests(store: AuditStore, _vault: Vault, _keys: Keys) -> Iterator[pb.AuditRequest]:
    for line in store.requests():
        reason = "" if line.rejection is None else json.loads(line.rejection)[0]
        yield pb.AuditRequest(
            caller_id=line.caller,
            request_id=line.request_id,
            is_accepted=line.rejection is None,
            reason=reason,
            answer_time=to_timestamp(line.at),
        )


def _parties(store: AuditStore, _vault: Vault, _keys: Keys) -> Iterator[pb.AuditParty]:
    for party, channel in store.parties():
        yield pb.AuditParty(
            party_id=party.key,
            kind=int(party.kind),  # type: ignore[arg-type]
            channel_state=int(channel.state) if channel else 0,  # type: ignore[arg-type]
            parent_channel_id=channel.parent if channel else "",
        )


def _signing_keys(store: AuditStore, _vault: Vault, _keys: Keys) -> Iterator[pb.AuditSigningKey]:
    for key in store.records(SigningKey):
        yield pb.AuditSigningKey(
            key_id=key.key_id,
            create_time=to_timestamp(key.create_time),
            sign_time=to_timestamp(key.sign_time),
            compromise_time=optional_timestamp(key.compromise_time),
        )


LISTS: Final[Mapping[str, Read]] = {
    "codes": _codes,
    "checks": _checks,
    "tickets": _tickets,
    "orders": _orders,
    "postings": _postings,
    "events": _events,
    "requests": _requests,
    "parties": _parties,
    "signing_keys": _signing_keys,
}
