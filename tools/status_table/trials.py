"""A cell: one operation tried by the platform's rules, on people who passed every check."""

from collections.abc import Iterator
from dataclasses import replace

from operations import Operation
from standings import (
    CARD,
    CHANNEL,
    GOOD,
    ID_NUMBER,
    LATER,
    LONG_AGO,
    NOW,
    OTHER,
    POLICY,
    WHO,
    Standing,
)

from essc_platform.core import records
from essc_platform.core.decide import decide
from essc_platform.core.decisions import Rejected
from essc_platform.core.policy import BLOCK
from essc_platform.core.reads import reads_of
from essc_platform.core.records import Change, CitizenKey, Method, Purpose
from essc_platform.core.records import PhysicalCardStatus as S
from essc_platform.core.snapshot import Snapshot, View


def tried(operation: Operation, standing: Standing) -> tuple[str, set[str]]:
    """A cell, and the reason of a refusal."""
    is_own = operation.whose == WHO
    if standing.status is None and is_own and operation.link is not None:
        return "·", set()
    if standing.is_opened and operation.loss == BLOCK:
        return "·", set()
    decision = decide(
        operation.command,
        seen_by(operation, standing),
        replace(POLICY, loss=operation.loss),
    )
    if not isinstance(decision, Rejected):
        return "open", set()
    return "refused", {f"`{decision.reason.value}`"}


def seen_by(operation: Operation, standing: Standing) -> View:
    """Two people and a link, with what the operation needs and the card in question."""
    snapshot, reads = Snapshot(), reads_of(operation.command)
    for kind, key, is_prefix in reads:
        if is_prefix:
            snapshot.put_many(kind, key, ())
        else:
            snapshot.put_all(kind, {key: None})
    holder, other = (standing, GOOD) if operation.whose == WHO else (GOOD, standing)
    needs_card = operation.link is not None or holder.expire_time == NOW
    snapshot.absorb(person(WHO, holder, has_card=needs_card))
    snapshot.absorb(person(OTHER, other, has_card=other.status is not None))
    snapshot.absorb(in_channel(operation, is_opened=standing.is_opened))
    return snapshot.view(reads)


def person(key: CitizenKey, standing: Standing, *, has_card: bool) -> Iterator[Change]:
    yield records.Citizen(
        key=key,
        id_number=ID_NUMBER,
        name="某人",
        phone="11100000000",
        register_time=LONG_AGO,
        cancel_time=standing.cancel_time,
    )
    if standing.status is not None:
        yield records.PhysicalCard(
            citizen=key,
            number=CARD,
            region="320600",
            generation=records.Generation.THIRD,
            status=standing.status,
            issue_time=LONG_AGO,
            status_time=LONG_AGO,
            lift_time=LATER if standing.status is S.TEMPORARILY_LOST else None,
        )
        yield records.BankAccount(
            citizen=key,
            physical_card=CARD,
            bank_id="bank",
            reserved_phone="11100000000",
            open_time=LONG_AGO,
        )
    if has_card:
        yield records.Card(
            key=key, physical_card=CARD, issue_time=LONG_AGO, expire_time=standing.expire_time
        )


def in_channel(operation: Operation, *, is_opened: bool) -> Iterator[Change]:
    yield records.SigningKey(key_id="k1", public_key=b"", create_time=LONG_AGO, sign_time=LONG_AGO)
    yield records.Channel(
        key=CHANNEL,
        channel_class=1,
        state=records.ChannelState.LIVE,
        vouch_kinds=(),
        receives_new_cards=False,
        state_time=LONG_AGO,
    )
    if operation.link is not None:
        yield records.Link(
            citizen=WHO,
            channel=CHANNEL,
            number=1,
            serial=1,
            state=operation.link,
            level=operation.level,
            allow_time=NOW - 1 if is_opened else None,
        )
    if operation.has_password:
        yield records.Password(key=WHO, hash="old", version=1, change_time=LONG_AGO)
    for number, (purpose, method) in enumerate(operation.proofs, start=1):
        yield records.Proof(
            citizen=OTHER if purpose is Purpose.JOIN_FAMILY else WHO,
            number=number,
            channel=CHANNEL,
            method=method,
            purpose=purpose,
            expire_time=LATER,
            password_version=1 if method is Method.CARD_PASSWORD else None,
            account_open_time=LONG_AGO if purpose is Purpose.RAISE_LEVEL else None,
        )
    yield from operation.more
