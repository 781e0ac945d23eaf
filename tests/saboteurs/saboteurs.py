"""Broken parties: each is ours with other rules handed to it, and knows nothing of being watched.

Most decide as we do, and then lose or add something, or they see records that are not so (see
`handing.py`); a few have another store, another stream, or another copy.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import structlog
from tests.saboteurs import stories
from tests.saboteurs.handing import dream, hand_over
from tests.saboteurs.stand import Story

from essc_channels.core import shadows as channel_rules
from essc_channels.core.records import LinkState as HeldState
from essc_platform.core.challenges import AnswerChallenge
from essc_platform.core.checks import CheckCode
from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.family import RemoveMember
from essc_platform.core.joining import AddMember
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.payments import Pay
from essc_platform.core.physical_cards import ChangePhysicalCard
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    Citizen,
    Code,
    Event,
    EventKind,
    Link,
    LinkState,
    Membership,
    Posting,
    Proof,
    Ticket,
)
from essc_platform.core.snapshot import many
from essc_platform.core.tickets import RedeemTicket
from essc_platform.store import feed, gateway
from essc_platform.wire import convert
from essc_platform.wire.cards import CardServicer


@dataclass(frozen=True)
class Saboteur:
    """How a party is spoiled, the story that shows it, and the judges that must name it."""

    judges: tuple[str, ...]
    story: Story
    spoil: Callable[[pytest.MonkeyPatch], None]

    @property
    def name(self) -> str:
        return self.spoil.__name__


# --- links, statuses ---------------------------------------------------------------------------


def an_unlink_reaches_all_channels(patch: pytest.MonkeyPatch) -> None:
    def rule(command: Any, view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        others = [
            replace(each, state=LinkState.UNLINKED, unlink_time=command.at, licence=None)
            for each in view.many(Link, command.citizen)
            if each.channel != command.channel
        ]
        told = [
            Event(
                channel=each.channel,
                kind=EventKind.LINK_UNLINKED,
                at=command.at,
                citizen=each.citizen,
                link=each,
            )
            for each in others
        ]
        return replace(
            decision,
            changes=(*decision.changes, *others),
            events=(*decision.events, *told),
        )

    hand_over(patch, Unlink, rule, lambda command: [many(Link, command.citizen)])


def an_unlink_is_told_to_all_channels(patch: pytest.MonkeyPatch) -> None:
    def rule(command: Any, _view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        (told,) = decision.events
        other = replace(told, channel="alipay", kind=EventKind.FAMILY_CHANGED)
        return replace(decision, events=(told, other))

    hand_over(patch, Unlink, rule)


def a_loss_is_not_told_to_one_channel(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        told = tuple(each for each in decision.events if each.channel != "alipay")
        return replace(decision, events=told)

    hand_over(patch, ChangePhysicalCard, rule)


def a_channel_is_answered_from_before(patch: pytest.MonkeyPatch) -> None:
    ours = CardServicer._held
    kept: dict[str, Any] = {}

    async def held(self: Any, link_id: str, channel: str) -> Any:
        found = await ours(self, link_id, channel)
        return kept.setdefault(link_id, found) if channel == "alipay" else found

    patch.setattr(CardServicer, "_held", held)


# --- what was acknowledged ---------------------------------------------------------------------


def an_acknowledged_link_is_dropped(patch: pytest.MonkeyPatch) -> None:
    ours = gateway.save

    def save(connection: Any, changes: Any, *rest: Any, **more: Any) -> None:
        kept = [each for each in changes if not isinstance(each, Link) or each.channel != "alipay"]
        ours(connection, kept, *rest, **more)

    patch.setattr("essc_platform.batch.save", save)


def a_repeated_request_is_done_again(patch: pytest.MonkeyPatch) -> None:
    ours = gateway.save

    def save(
        connection: Any, changes: Any, entries: Any, events: Any, lines: Any, **more: Any
    ) -> None:
        known = looked_up(connection, [line.key for line in lines])
        new = [line for line in lines if line.key.digest not in known]
        ours(connection, changes, entries, events, new, **more)

    looked_up = gateway.load_requests
    patch.setattr("essc_platform.batch.load_requests", lambda _connection, _keys: {})
    patch.setattr("essc_platform.batch.save", save)


# --- what admits somebody ----------------------------------------------------------------------


def a_code_is_accepted_twice(patch: pytest.MonkeyPatch) -> None:
    dream(patch, CheckCode, Code, lambda code: replace(code, use_time=None))


def a_proof_is_accepted_twice(patch: pytest.MonkeyPatch) -> None:
    dream(patch, Unlink, Proof, lambda proof: replace(proof, is_used=False))


def a_ticket_is_redeemed_twice(patch: pytest.MonkeyPatch) -> None:
    dream(patch, RedeemTicket, Ticket, lambda ticket: replace(ticket, redeem_time=None))


def a_try_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    def rule(command: Any, _view: Any, decision: Decision) -> Decision:
        wrong = isinstance(decision, Rejected) and decision.reason is Reason.PASSWORD_WRONG
        return replace(decision, changes=()) if wrong and command.channel == "alipay" else decision

    hand_over(patch, AnswerChallenge, rule)


def a_failed_face_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    def rule(command: Any, _view: Any, decision: Decision) -> Decision:
        other = isinstance(decision, Rejected) and decision.reason is Reason.FACE_MISMATCH
        return replace(decision, changes=()) if other and command.channel == "alipay" else decision

    hand_over(patch, AnswerChallenge, rule)


# --- families, money ---------------------------------------------------------------------------


def a_place_more_than_there_are(patch: pytest.MonkeyPatch) -> None:
    dream(patch, AddMember, Binding, lambda _binding: None)


def a_binding_is_written_on_one_side(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        kept = tuple(each for each in decision.changes if not isinstance(each, Membership))
        return replace(decision, changes=kept)

    hand_over(patch, AddMember, rule)


def a_binding_ends_on_one_side(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        kept = tuple(each for each in decision.changes if not isinstance(each, Membership))
        return replace(decision, changes=kept)

    hand_over(patch, RemoveMember, rule)


def a_line_is_in_the_record_of_one_of_two(patch: pytest.MonkeyPatch) -> None:
    def rule(command: Any, _view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        kept = tuple(each for each in decision.entries if each.citizen != command.member)
        return replace(decision, entries=kept)

    hand_over(patch, AddMember, rule)


def a_posting_is_missing(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        booked = [each for each in decision.changes if isinstance(each, Posting)]
        kept = tuple(each for each in decision.changes if each not in booked[:1])
        return replace(decision, changes=kept)

    hand_over(patch, Pay, rule)


# --- feeds and copies --------------------------------------------------------------------------


def an_event_is_doubled(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        if isinstance(decision, Rejected):
            return decision
        return replace(decision, events=decision.events * 2)

    hand_over(patch, Apply, rule)


def an_event_is_never_written(patch: pytest.MonkeyPatch) -> None:
    def rule(_command: Any, _view: Any, decision: Decision) -> Decision:
        return decision if isinstance(decision, Rejected) else replace(decision, events=())

    hand_over(patch, Apply, rule)


def an_event_is_skipped_by_the_stream(patch: pytest.MonkeyPatch) -> None:
    ours = feed.events_after

    def events_after(connection: Any, channel: str, *bounds: int) -> Any:
        rows = list(ours(connection, channel, *bounds))
        return rows[:1] + rows[2:] if channel == "alipay" else rows

    patch.setattr("essc_platform.wire.events.events_after", events_after)


def two_events_are_turned_round_by_the_stream(patch: pytest.MonkeyPatch) -> None:
    ours = feed.events_after

    def events_after(connection: Any, channel: str, *bounds: int) -> Any:
        rows = list(ours(connection, channel, *bounds))
        places, bodies = [place for place, _ in rows], [body for _, body in rows]
        return list(zip(places, reversed(bodies), strict=True))

    patch.setattr("essc_platform.wire.events.events_after", events_after)


def a_copy_ignores_events(patch: pytest.MonkeyPatch) -> None:
    ours = channel_rules.absorb

    def absorb(shadow: Any, event: Any, as_of: Any) -> Any:
        after = ours(shadow, event, as_of)
        return None if after is not None and after.link.state is HeldState.UNLINKED else after

    patch.setattr(channel_rules, "absorb", absorb)


def a_copy_keeps_the_old_status(patch: pytest.MonkeyPatch) -> None:
    ours = channel_rules.absorb

    def absorb(shadow: Any, event: Any, as_of: Any) -> Any:
        after = ours(shadow, event, as_of)
        if shadow is None or after is None:
            return after
        return replace(after, card=shadow.card)

    patch.setattr(channel_rules, "absorb", absorb)


# --- what nobody should read -------------------------------------------------------------------


def a_name_is_logged(patch: pytest.MonkeyPatch) -> None:
    def rule(command: Any, view: Any, decision: Decision) -> Decision:
        citizen = view.one(Citizen, command.citizen)
        structlog.get_logger("links").warning("applied", name=citizen.name)
        return decision

    hand_over(patch, Apply, rule)


def an_event_names_another_channels_request(patch: pytest.MonkeyPatch) -> None:
    ours = convert.event_body

    def event_body(event: Any, origin: Any, vault: Any, policy: Any) -> bytes:
        return ours(event, origin._replace(party_id=event.channel), vault, policy)

    patch.setattr("essc_platform.server.event_body", event_body)


SABOTEURS = (
    Saboteur(
        ("link-independence", "linearizability"), stories.unlinking, an_unlink_reaches_all_channels
    ),
    Saboteur(("link-independence",), stories.unlinking, an_unlink_is_told_to_all_channels),
    Saboteur(("one-status",), stories.losing, a_loss_is_not_told_to_one_channel),
    Saboteur(("one-status", "linearizability"), stories.losing, a_channel_is_answered_from_before),
    Saboteur(("one-status",), stories.losing, a_copy_keeps_the_old_status),
    Saboteur(("acknowledged",), stories.linking, an_acknowledged_link_is_dropped),
    Saboteur(("acknowledged",), stories.repeating, a_repeated_request_is_done_again),
    Saboteur(("once", "linearizability"), stories.showing, a_code_is_accepted_twice),
    Saboteur(("once",), stories.proving, a_proof_is_accepted_twice),
    Saboteur(("once",), stories.visiting, a_ticket_is_redeemed_twice),
    Saboteur(("tries", "linearizability"), stories.guessing, a_try_is_not_counted),
    Saboteur(("tries",), stories.guessing, a_failed_face_is_not_counted),
    Saboteur(("places", "linearizability"), stories.marrying, a_place_more_than_there_are),
    Saboteur(("places", "joint-atomicity"), stories.marrying, a_binding_is_written_on_one_side),
    Saboteur(("joint-atomicity",), stories.parting, a_binding_ends_on_one_side),
    Saboteur(("joint-atomicity",), stories.marrying, a_line_is_in_the_record_of_one_of_two),
    Saboteur(("books",), stories.paying, a_posting_is_missing),
    Saboteur(("feeds",), stories.linking, an_event_is_doubled),
    Saboteur(("feeds",), stories.linking, an_event_is_never_written),
    Saboteur(("feeds",), stories.certifying, an_event_is_skipped_by_the_stream),
    Saboteur(("feeds",), stories.certifying, two_events_are_turned_round_by_the_stream),
    Saboteur(("shadows",), stories.unlinking, a_copy_ignores_events),
    Saboteur(("privacy",), stories.linking, a_name_is_logged),
    Saboteur(("privacy",), stories.linking, an_event_names_another_channels_request),
)
