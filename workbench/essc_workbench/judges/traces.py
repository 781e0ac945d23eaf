"""What an answer leaves behind: each acknowledged change against the platform's snapshot.

Lost: the answer said so, and the snapshot does not have it. Twice: the snapshot has more of it than
there were requests that may have been done. What a later request may have changed again is compared
only as far as that leaves it sure.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

from essc.card.v1.card_pb2 import Link
from essc.record.v1.record_service_pb2 import Record
from essc_workbench.judges.requests import Request, named, word
from essc_workbench.judges.snapshots import DAY_US, National, micros
from essc_workbench.judges.tallies import Tally

LINKED: Final = ("Apply", "AcceptDelivery")
ENDED: Final = ("Unlink", "DeclineDelivery")
CODES_KEPT_US: Final = DAY_US
"""How long a code is remembered at least (R31)."""
RENEWABLE_US: Final = 93 * DAY_US
"""A certification can be renewed in its last 90 days (R52); three more for the calendar."""
ENTRIES: Final = {
    Record.KIND_LINK_ACTIVATED: LINKED,
    Record.KIND_LINK_UNLINKED: ("Unlink",),
    Record.KIND_DELIVERY_DECLINED: ("DeclineDelivery",),
    Record.KIND_PASSWORD_SET: ("SetPassword",),
    Record.KIND_PASSWORD_CHANGED: ("ChangePassword",),
    Record.KIND_PASSWORD_RESET: ("ResetPassword",),
    Record.KIND_MEMBER_ADDED: ("AddMember",),
    Record.KIND_LEVEL_RAISED: ("RaiseLevel",),
    Record.KIND_CODE_ISSUED: ("IssueCode",),
    Record.KIND_TICKET_ISSUED: ("IssueTicket",),
    Record.KIND_ORDER_PAID: ("Pay",),
    Record.KIND_CERTIFIED: ("Certify",),
}
"""Which lines of people's records are made by which requests of a channel: one line by each, and
another one for a member for whom it was asked."""
ALWAYS: Final = frozenset(
    {
        Record.KIND_LINK_ACTIVATED,
        Record.KIND_PASSWORD_SET,
        Record.KIND_PASSWORD_CHANGED,
        Record.KIND_PASSWORD_RESET,
        Record.KIND_MEMBER_ADDED,
        Record.KIND_CODE_ISSUED,
        Record.KIND_TICKET_ISSUED,
        Record.KIND_ORDER_PAID,
    }
)
"""Those that each such request makes; others answer that it is so already."""


def judge(
    tally: Tally,
    platform: National,
    asked: tuple[Request, ...],
    accepted: AbstractSet[tuple[str, str]] | None,
) -> None:
    """Compares all of it. `accepted` are the requests, by caller and id, that the ledger has as
    done, where it has all of them: what nobody heard the end of is then done whole, or not at all.
    """
    _judge_links(tally, platform, asked)
    _judge_entries(tally, platform, asked, accepted)
    _judge_ids(tally, platform, asked)
    _judge_payments(tally, platform, asked)
    _judge_certifications(tally, platform)


def _judge_links(tally: Tally, platform: National, asked: tuple[Request, ...]) -> None:
    ending: dict[object, set[object]] = defaultdict(set)
    for each in named(asked, *ENDED):
        if each.may_be_done:
            ending[each.asked.get("link_id")].add(each.asked.get("serial"))
    left = {each.asked.get("channel_id") for each in named(asked, "ExitChannel")}
    for each in named(asked, *LINKED, *ENDED):
        if not each.is_done or each.source in left:
            continue
        link_id, serial = each.answer.get("link.link_id"), each.answer.get("link.serial")
        link = platform.links.get(str(link_id))
        if link is None or not isinstance(serial, int):
            kept = False
        elif link.serial != serial:
            kept = link.serial > serial
        elif each.method in ENDED or serial in ending[link_id]:
            kept = each.method in LINKED or link.state == Link.STATE_UNLINKED
        else:
            kept = link.state == Link.STATE_ACTIVE
        if not tally.holds(kept):
            _say_lost(tally, each, platform.alias(platform.owner(str(link_id))))


def _judge_entries(
    tally: Tally,
    platform: National,
    asked: tuple[Request, ...],
    accepted: AbstractSet[tuple[str, str]] | None,
) -> None:
    """What stands in people's records of what channels did: not fewer lines, and not more."""
    written: Counter[tuple[int, str]] = Counter(
        (each.kind, each.channel_id) for each in platform.snapshot.entries
    )
    channels = {each.source for each in asked}
    by_kind = {
        kind: [each for each in named(asked, *methods) if each.may_be_done]
        for kind, methods in ENTRIES.items()
    }
    for kind, made in by_kind.items():
        is_sure = accepted is not None
        done = made if accepted is None else _done(made, accepted)
        _judge_kind(tally, kind, written, done, channels, is_sure=is_sure)


def _done(made: Iterable[Request], accepted: AbstractSet[tuple[str, str]]) -> list[Request]:
    return [each for each in made if each.is_done or (each.source, each.request_id) in accepted]


def _judge_kind(
    tally: Tally,
    kind: int,
    written: Counter[tuple[int, str]],
    made: list[Request],
    channels: set[str],
    *,
    is_sure: bool,
) -> None:
    """`is_sure` says that all these requests were done."""
    by_channel: dict[str, list[Request]] = defaultdict(list)
    for each in made:
        by_channel[each.source].append(each)
    for channel in sorted(channels | set(by_channel)):
        here = by_channel[channel]
        found = written[(kind, channel)]
        if not here and not found:
            continue
        surely = sum(is_sure or each.is_done for each in here) if kind in ALWAYS else 0
        most = sum(2 if "binding_id" in each.asked else 1 for each in here)
        if tally.holds(surely <= found <= most):
            continue
        name = word(Record.Kind.Name(kind))  # type: ignore[arg-type]
        tally.broken(
            zh=f"{channel} 的 {name} 在记录中有 {found} 条，应在 {surely} 至 {most} 条之间",
            en=f"{name} in {channel} stands {found} times in the record, not {surely} to {most}",
            calls=tuple(number for each in here for number in each.calls),
            channel=channel,
        )


def _judge_ids(tally: Tally, platform: National, asked: tuple[Request, ...]) -> None:
    """What was given an id is there under it, once."""
    shot = platform.snapshot
    kinds: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("CreateOrder", "order.order_id", (each.order_id for each in shot.orders)),
        ("CheckCode", "check_number", (each.check_number for each in shot.checks)),
        ("RedeemTicket", "use.use_id", (each.use_id for each in shot.tickets if each.use_id)),
        (
            "IssuePhysicalCard",
            "physical_card.physical_card_id",
            (each.physical_card_id for each in shot.physical_cards),
        ),
    )
    for method, path, ids in kinds:
        count = Counter(ids)
        for each in named(asked, method):
            given = each.answer.get(path)
            if given is None or (method == "CheckCode" and _may_be_forgotten(each, platform)):
                continue
            if not tally.holds(str(given) in count):
                _say_lost(tally, each)
        for number in count.values():
            if not tally.holds(number == 1):
                tally.broken(
                    zh=f"{method} 的一个结果存在 {number} 份",
                    en=f"one result of {method} is there {number} times",
                )


def _may_be_forgotten(check: Request, platform: National) -> bool:
    """Whether a code's check may be gone, with its code (R31)."""
    at_us = check.answer.get("check_time")
    return isinstance(at_us, int) and platform.now_us - at_us >= CODES_KEPT_US


def _judge_payments(tally: Tally, platform: National, asked: tuple[Request, ...]) -> None:
    orders = {each.order_id: each for each in platform.snapshot.orders}
    for each in named(asked, "Pay"):
        order = orders.get(str(each.asked.get("order_id")))
        if each.is_done and not tally.holds(
            order is not None and order.step > 0 and order.HasField("pay_time")
        ):
            _say_lost(tally, each)


def _judge_certifications(tally: Tally, platform: National) -> None:
    """R52: the next one comes only when the last one is nearly over."""
    by_citizen = defaultdict(list)
    for each in platform.snapshot.certifications:
        by_citizen[each.citizen].append(each)
    for citizen, found in by_citizen.items():
        found.sort(key=lambda each: each.number)
        tally.holds(True)
        for last, following in pairwise(found):
            renewable = micros(last.expire_time) - RENEWABLE_US
            if not tally.holds(micros(following.certify_time) >= renewable):
                tally.broken(
                    zh="同一人在有效期内认证了两次",
                    en="one person was certified twice within one term",
                    citizen=platform.alias(citizen),
                )


def _say_lost(tally: Tally, request: Request, citizen: str = "") -> None:
    tally.broken(
        zh=f"{request.method} 已确认，平台上却没有",
        en=f"{request.method} was acknowledged, and the platform does not have it",
        calls=request.calls,
        citizen=citizen or request.citizen,
        channel=request.source,
        at_us=request.end_us,
    )
