"""Lines to read: family, certifications, orders, uses and the record, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from essc_channels.core.card_errands import (
    Binder,
    Certification,
    Family,
    Member,
    Order,
    Places,
    Use,
)
from essc_channels.core.dates import china_date
from essc_channels.core.record_texts import OTHER_PLACE, OTHER_RECORD, PLACES, RECORDS
from essc_channels.core.records import CardState, Instant, RecordLine, Words

RELATIONS: Final[dict[int, Words]] = {
    1: Words("父母", "parent"),
    2: Words("子女", "child"),
    3: Words("配偶", "spouse"),
    4: Words("其他", "other"),
}
_OTHER_RELATION: Final = Words("亲情成员", "family member")

_CARD_STATES: Final[dict[CardState, Words]] = {
    CardState.USABLE: Words("电子社保卡正常", "the card may be used"),
    CardState.BLOCKED: Words("电子社保卡暂不可用", "the card may not be used now"),
    CardState.ENDED: Words("电子社保卡已终止", "the card is ended"),
}
_BINDING_ENDED: Final = Words("已解除", "ended")

ORDER_STATES: Final[dict[str, Words]] = {
    "STATE_OPEN": Words("待支付", "to be paid"),
    "STATE_SETTLING": Words("结算中", "settling"),
    "STATE_SETTLED": Words("已结算", "settled"),
    "STATE_UNPAID": Words("未支付成功", "not paid: the bank refused"),
    "STATE_REFUNDING": Words("退款中", "being given back"),
    "STATE_REFUNDED": Words("已退款", "given back"),
    "STATE_ENDED": Words("已失效", "ended"),
}
_OUTCOMES: Final[dict[str, Words]] = {
    "OUTCOME_UNSPECIFIED": Words("办理中", "under way"),
    "OUTCOME_DONE": Words("已办结", "done"),
    "OUTCOME_REFUSED": Words("未予办理", "refused by the provider"),
    "OUTCOME_ABANDONED": Words("已放弃", "given up"),
}
_OTHER_STATE: Final = Words("其他", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a step that is read."""

    text: Words
    note: Words | None = None
    time: Instant | None = None
    kind: str = ""


def relation_words(relation: int) -> Words:
    """A relation in words; one of a newer contract too."""
    return RELATIONS.get(relation, _OTHER_RELATION)


def member_words(relation: int, masked_name: str) -> Words:
    """Who a member is, as a person recognises one."""
    role = relation_words(relation)
    return Words(f"{masked_name}（{role.zh}）", f"{masked_name} ({role.en})")


def family_lines(family: Family) -> tuple[Line, ...]:
    """Members, then places, then binders (R40, R43, R44)."""
    return (
        *map(_member_line, family.members),
        *map(_places_line, family.places),
        *map(_binder_line, family.binders),
    )


def _member_line(member: Member) -> Line:
    note = _CARD_STATES[member.card.state] if member.card else None
    return Line(
        text=member_words(member.relation, member.masked_name),
        note=note if member.is_bound else _BINDING_ENDED,
        time=member.add_time if member.is_bound else member.end_time,
        kind="MEMBER" if member.is_bound else "MEMBER_ENDED",
    )


def _places_line(places: Places) -> Line:
    role = relation_words(places.relation)
    text = Words(
        f"{role.zh}名额 {places.total} 个，剩余 {places.left} 个",
        f"places for {role.en}: {places.left} of {places.total} left",
    )
    return Line(text=text, kind="PLACES")


def _binder_line(binder: Binder) -> Line:
    role = relation_words(binder.relation)
    text = Words(
        f"{binder.masked_name} 已将您添加为{role.zh}",
        f"{binder.masked_name} has bound you as {role.en}",
    )
    return Line(text=text, time=binder.add_time, kind="BINDER")


def certified_line(certification: Certification, *, is_new: bool) -> Line:
    """What came of certifying: a new certification, or the one that stands (R52)."""
    on = china_date(certification.certify_time).isoformat()
    text = Words("认证成功", "certified")
    if not is_new:
        text = Words(f"已于 {on} 认证", f"already certified on {on}")
    return Line(
        text=text,
        note=_validity(certification),
        time=certification.certify_time,
        kind="CERTIFIED" if is_new else "CERTIFIED_ALREADY",
    )


def certification_lines(certifications: Iterable[Certification]) -> tuple[Line, ...]:
    """Certifications, newest first."""
    own, by_binder = Words("本人认证", "certified"), Words("亲情成员代办", "certified by a binder")
    return tuple(
        Line(
            text=by_binder if each.is_by_binder else own,
            note=_validity(each),
            time=each.certify_time,
            kind="CERTIFICATION",
        )
        for each in certifications
    )


def _validity(certification: Certification) -> Words:
    until = china_date(certification.expire_time).isoformat()
    renewable = china_date(certification.renewable_time).isoformat()
    return Words(
        f"有效期至 {until}，{renewable} 起可再次认证",
        f"valid until {until}, renewable from {renewable}",
    )


def order_lines(orders: Iterable[Order]) -> tuple[Line, ...]:
    """Orders, newest first."""
    return tuple(
        Line(
            text=order_words(each),
            note=ORDER_STATES.get(each.state, _OTHER_STATE),
            time=each.create_time,
            kind=each.state,
        )
        for each in orders
    )


def order_words(order: Order) -> Words:
    """Whose order it is, and who pays what of it (R62)."""
    own, insurance = yuan(order.own_fen), yuan(order.insurance_fen)
    return Words(
        f"{order.provider_name} 个人支付 {own} 元，医保支付 {insurance} 元",
        f"{order.provider_name}: you pay {own} yuan, the insurance fund pays {insurance} yuan",
    )


def yuan(fen: int) -> str:
    """An amount as people write it; fen stay whole."""
    return f"{fen // 100}.{fen % 100:02d}"


def use_lines(uses: Iterable[Use], names: Mapping[str, Words]) -> tuple[Line, ...]:
    """What came of tickets, newest first."""
    for_member = Words("（亲情成员）", " (family member)")
    own = Words("", "")
    lines = []
    for use in uses:
        name = names.get(use.service_id, Words(use.service_id, use.service_id))
        whose = for_member if use.is_for_member else own
        lines.append(
            Line(
                text=Words(name.zh + whose.zh, name.en + whose.en),
                note=_OUTCOMES.get(use.outcome, _OTHER_STATE),
                time=use.redeem_time,
                kind=use.outcome,
            )
        )
    return tuple(lines)


def record_lines(entries: Iterable[RecordLine]) -> tuple[Line, ...]:
    """The own record, with the names of channels where they were told (R93)."""
    return tuple(
        Line(
            text=RECORDS.get(entry.kind, OTHER_RECORD),
            note=Words(entry.channel_name, entry.channel_name)
            if entry.channel_name
            else PLACES.get(entry.place, OTHER_PLACE),
            time=entry.record_time,
            kind=entry.kind,
        )
        for entry in entries
    )
