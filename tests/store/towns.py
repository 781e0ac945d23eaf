"""A town in which every command can happen: the small country of the stories, and shops."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.store.errands import CHECKED, CLINIC, CODE, HOSPITAL, ORDER, SETTLED, TICKET, USE
from tests.store.stories import LI, NOON, REGIONS, ZHANG, link, seeds

from essc_platform.core import books
from essc_platform.core.records import (
    Change,
    CitizenKey,
    Code,
    Level,
    LinkCodes,
    Order,
    OrderState,
    Party,
    PartyKey,
    PartyKind,
    Recipient,
    Service,
    Ticket,
    Usage,
    VerifierClass,
)
from essc_platform.core.times import DAY, MINUTE


def everything() -> list[Change]:
    """The seeds of the stories, and what the other nouns need: a town where all can happen."""
    found: list[Change] = [
        *seeds(),
        _party(HOSPITAL, PartyKind.VERIFIER, verifier_class=VerifierClass.HOSPITAL),
        _party(CLINIC, PartyKind.PROVIDER, service_ids=("library",), verifier_ids=(HOSPITAL,)),
        Service(
            key="library",
            name_zh="图书借阅",
            name_en="Library",
            needed_level=Level.QUERY,
            regions=(),
            is_open_everywhere=True,
        ),
        Service(
            key="medical-settlement",
            name_zh="医保结算",
            name_en="Medical settlement",
            needed_level=Level.PAYMENT,
            regions=REGIONS[:1],
            is_open_everywhere=False,
        ),
        Recipient(key=LI, register_time=NOON),
    ]
    for key in (ZHANG, LI):
        found += _of_bank(key)
    for key_id in ("k1", "k2"):
        found.append(PartyKey(party=CLINIC, key_id=key_id, public_key=b"clinic"))
    return found


def _party(party_id: str, kind: PartyKind, **more: Any) -> Party:
    return Party(
        key=party_id,
        kind=kind,
        display_name=party_id,
        regions=REGIONS[:1],
        register_time=NOON,
        **more,
    )


def _of_bank(key: CitizenKey) -> Iterable[Change]:
    """What a citizen has in the bank's app: a link that may pay, and two of everything."""
    yield link(key, "bank", level=Level.PAYMENT)
    yield LinkCodes(citizen=key, channel="bank", serial=1, newest=CODE, devices=("d1",))
    here: dict[str, Any] = {"citizen": key, "channel": "bank", "serial": 1}
    nobody_else: dict[str, Any] = {"binding": None, "member": None}
    order = Order(
        **here,
        number=ORDER,
        provider=CLINIC,
        insurance_fen=700,
        own_fen=300,
        create_time=NOON,
        expire_time=NOON + DAY,
        state=OrderState.OPEN,
        state_time=NOON,
    )
    for copy in (0, 1):
        ticket = Ticket(
            **here,
            number=TICKET + copy,
            binding=None,
            service_id="library",
            issue_time=NOON,
            expire_time=NOON + 10 * MINUTE,
        )
        yield ticket
        yield replace(ticket, number=USE + copy, provider=CLINIC, redeem_time=NOON)
        code = Code(
            **here,
            **nobody_else,
            number=CODE + copy,
            issue_time=NOON,
            expire_time=NOON + MINUTE,
        )
        yield code
        yield replace(
            code, number=CHECKED + copy, use_time=NOON, verifier=HOSPITAL, usage=Usage.PAYMENT
        )
        yield replace(order, number=ORDER + copy)
    settled = replace(
        order,
        number=SETTLED,
        state=OrderState.SETTLED,
        step=2,
        bank_id="citybank",
        pay_time=NOON,
        settle_time=NOON,
    )
    yield settled
    yield from books.postings(replace(settled, step=1), "pay", NOON)
    yield from books.postings(settled, "settled", NOON)
