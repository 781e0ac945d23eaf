"""Parties, their keys, channels."""

from essc_platform.core.records import (
    Channel,
    ChannelState,
    Party,
    PartyKey,
    PartyKind,
    VerifierClass,
)
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row


def _party(r: Row) -> Party:
    return Party(
        key=r[0],
        kind=PartyKind(r[1]),
        display_name=r[2],
        regions=tuple(r[3].split()),
        register_time=r[4],
        verifier_class=None if r[5] is None else VerifierClass(r[5]),
        service_ids=tuple(r[6].split()),
        verifier_ids=tuple(r[7].split()),
    )


def _party_row(p: Party) -> Row:
    return (
        p.key,
        p.kind,
        p.display_name,
        " ".join(p.regions),
        p.register_time,
        p.verifier_class,
        " ".join(p.service_ids),
        " ".join(p.verifier_ids),
    )


def _channel(r: Row) -> Channel:
    return Channel(
        key=r[0],
        channel_class=r[1],
        state=ChannelState(r[2]),
        vouch_kinds=tuple(int(kind) for kind in r[3].split()),
        receives_new_cards=bool(r[4]),
        state_time=r[5],
        bank_id=r[6],
        tier=r[7],
        parent=r[8],
        shows_all_channels=bool(r[9]),
    )


MAPPINGS = (
    Mapping(Party, tables.parties, _party_row, _party),
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
            c.bank_id,
            c.tier,
            c.parent,
            c.shows_all_channels,
        ),
        _channel,
    ),
)
