"""Records to rows and back, at the edge and nowhere else: one mapping per record type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Table

from essc_platform.core.records import (
    Card,
    Challenge,
    Change,
    Channel,
    ChannelState,
    Citizen,
    CitizenKey,
    Counters,
    Generation,
    Level,
    Licence,
    Link,
    LinkState,
    Method,
    Party,
    PartyKey,
    PartyKind,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
    Proof,
    Purpose,
)
from essc_platform.store import tables

R = TypeVar("R", bound=Change)
Row = tuple[Any, ...]

# Looking a member up costs a tenth of calling its class, and every loaded row has several.
GENERATIONS = {int(each): each for each in Generation}
STATUSES = {int(each): each for each in PhysicalCardStatus}
_LINK_STATES = {int(each): each for each in LinkState}
_LEVELS = {int(each): each for each in Level}
_METHODS = {int(each): each for each in Method}
_PURPOSES = {int(each): each for each in Purpose}


@dataclass(frozen=True, slots=True)
class Mapping(Generic[R]):
    """How a record type lies in its table. Rows are in the order of the table's columns."""

    kind: type[R]
    table: Table
    to_row: Callable[[R], Row]
    from_row: Callable[[Row], R]


def _citizen(r: Row) -> Citizen:
    return Citizen(
        key=CitizenKey(r[0], r[1]),
        id_number=r[2],
        name=r[3],
        phone=r[4],
        register_time=r[5],
        cancel_time=r[6],
    )


def _physical_card(r: Row) -> PhysicalCard:
    return PhysicalCard(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        region=r[3],
        generation=GENERATIONS[r[4]],
        status=STATUSES[r[5]],
        issue_time=r[6],
        status_time=r[7],
        lift_time=r[8],
    )


def _card(r: Row) -> Card:
    return Card(
        key=CitizenKey(r[0], r[1]),
        physical_card=r[2],
        issue_time=r[3],
        expire_time=r[4],
        is_expiry_noted=bool(r[5]),
    )


def link_from_row(r: Row) -> Link:
    """A link; its licence is absent unless it is active."""
    licence = None
    if r[10] is not None:
        licence = Licence(payload=r[10], signature=r[11], key_id=r[12])
    return Link(
        citizen=CitizenKey(r[0], r[1]),
        channel=r[2],
        number=r[3],
        serial=r[4],
        state=_LINK_STATES[r[5]],
        level=_LEVELS[r[6]],
        deliver_time=r[7],
        activate_time=r[8],
        unlink_time=r[9],
        licence=licence,
    )


def _link_row(link: Link) -> Row:
    licence = link.licence
    signed: Row = (None, None, None)
    if licence is not None:
        signed = (licence.payload, licence.signature, licence.key_id)
    return (
        *link.citizen,
        link.channel,
        link.number,
        link.serial,
        link.state,
        link.level,
        link.deliver_time,
        link.activate_time,
        link.unlink_time,
        *signed,
    )


def _password(r: Row) -> Password:
    return Password(
        key=CitizenKey(r[0], r[1]),
        hash=r[2],
        version=r[3],
        change_time=r[4],
        wrong_tries=r[5],
        unlock_time=r[6],
    )


def _challenge(r: Row) -> Challenge:
    return Challenge(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        channel=r[3],
        method=_METHODS[r[4]],
        purpose=_PURPOSES[r[5]],
        expire_time=r[6],
        tries_left=r[7],
        is_answered=bool(r[8]),
    )


def _proof(r: Row) -> Proof:
    return Proof(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        channel=r[3],
        method=_METHODS[r[4]],
        purpose=_PURPOSES[r[5]],
        expire_time=r[6],
        is_used=bool(r[7]),
        password_version=r[8],
    )


def _party(r: Row) -> Party:
    return Party(
        key=r[0],
        kind=PartyKind(r[1]),
        display_name=r[2],
        regions=tuple(r[3].split()),
        register_time=r[4],
    )


def _channel(r: Row) -> Channel:
    return Channel(
        key=r[0],
        channel_class=r[1],
        state=ChannelState(r[2]),
        vouch_kinds=tuple(int(kind) for kind in r[3].split()),
        receives_new_cards=bool(r[4]),
        state_time=r[5],
    )


MAPPINGS: dict[type[Change], Mapping[Any]] = {
    each.kind: each
    for each in (
        Mapping(
            Citizen,
            tables.citizens,
            lambda c: (*c.key, c.id_number, c.name, c.phone, c.register_time, c.cancel_time),
            _citizen,
        ),
        Mapping(
            PhysicalCard,
            tables.physical_cards,
            lambda c: (
                *c.citizen,
                c.number,
                c.region,
                c.generation,
                c.status,
                c.issue_time,
                c.status_time,
                c.lift_time,
            ),
            _physical_card,
        ),
        Mapping(
            Card,
            tables.cards,
            lambda c: (*c.key, c.physical_card, c.issue_time, c.expire_time, c.is_expiry_noted),
            _card,
        ),
        Mapping(Link, tables.links, _link_row, link_from_row),
        Mapping(
            Password,
            tables.passwords,
            lambda p: (*p.key, p.hash, p.version, p.change_time, p.wrong_tries, p.unlock_time),
            _password,
        ),
        Mapping(
            Counters,
            tables.counters,
            lambda c: (*c.key, c.day, c.text_messages, c.failed_faces),
            lambda r: Counters(
                key=CitizenKey(r[0], r[1]), day=r[2], text_messages=r[3], failed_faces=r[4]
            ),
        ),
        Mapping(
            Challenge,
            tables.challenges,
            lambda c: (
                *c.citizen,
                c.number,
                c.channel,
                c.method,
                c.purpose,
                c.expire_time,
                c.tries_left,
                c.is_answered,
            ),
            _challenge,
        ),
        Mapping(
            Proof,
            tables.proofs,
            lambda p: (
                *p.citizen,
                p.number,
                p.channel,
                p.method,
                p.purpose,
                p.expire_time,
                p.is_used,
                p.password_version,
            ),
            _proof,
        ),
        Mapping(
            Party,
            tables.parties,
            lambda p: (p.key, p.kind, p.display_name, " ".join(p.regions), p.register_time),
            _party,
        ),
        Mapping(
            PartyKey,
            tables.party_keys,
            lambda k: (k.party, k.key_id, k.public_key, k.is_removed),
            lambda r: PartyKey(party=r[0], key_id=r[1], public_key=r[2], is_removed=bool(r[3])),
        ),
        Mapping(
            Channel,
            tables.channels,
            lambda c: (
                c.key,
                c.channel_class,
                c.state,
                " ".join(map(str, c.vouch_kinds)),
                c.receives_new_cards,
                c.state_time,
            ),
            _channel,
        ),
    )
}
