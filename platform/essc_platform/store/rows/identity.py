"""Passwords, counters, challenges, proofs."""

from essc_platform.core.records import (
    Challenge,
    CitizenKey,
    Counters,
    Method,
    Password,
    Proof,
    Purpose,
)
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

_METHODS = {int(each): each for each in Method}
_PURPOSES = {int(each): each for each in Purpose}


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
        account_open_time=r[9],
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
        account_open_time=r[9],
    )


MAPPINGS = (
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
            c.method.value,
            c.purpose.value,
            c.expire_time,
            c.tries_left,
            c.is_answered,
            c.account_open_time,
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
            p.method.value,
            p.purpose.value,
            p.expire_time,
            p.is_used,
            p.password_version,
            p.account_open_time,
        ),
        _proof,
    ),
)
