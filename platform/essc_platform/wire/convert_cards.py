"""Links and cards as the contract shows them, written where they lie in an answer.

A message that is handed to another's constructor is serialised and parsed again, level by level;
the hottest answers there are consist of such messages.
"""

from essc.card.v1 import card_pb2
from essc_platform.core import acting, cards
from essc_platform.core.citizens import masked_id_number, masked_name
from essc_platform.core.holdings import HeldCard
from essc_platform.core.policy import Policy
from essc_platform.core.records import CardView, Instant, Licence, Link
from essc_platform.store.views import Held
from essc_wire.times import write_time


def write_link(
    place: card_pb2.Link, record: Link | Held, link_id: str, allow_until: Instant | None = None
) -> None:
    """A link, with the id by which it is known."""
    place.link_id = link_id
    place.serial = record.serial
    place.state = record.state  # type: ignore[assignment]
    place.level = record.level  # type: ignore[assignment]
    write_time(place.deliver_time, record.deliver_time)
    write_time(place.activate_time, record.activate_time)
    write_time(place.unlink_time, record.unlink_time)
    write_time(place.allow_until_time, allow_until)


def write_seen_link(
    place: card_pb2.Link, found: Held, link_id: str, at: Instant, policy: Policy
) -> None:
    """A link as it was read, with the id by which it was asked for."""
    allow_until = None
    if found.allow_time is not None and found.is_active:
        allow_until = acting.opened_until(found.allow_time, _loss_of(found, at), at, policy)
    write_link(place, found, link_id, allow_until)


def _loss_of(found: Held, at: Instant) -> Instant | None:
    """As `cards.loss_of`, from what was read."""
    if found.cancel_time is not None or at >= found.expire_time or found.status not in cards.LOST:
        return None
    is_lifted = found.lift_time is not None and at >= found.lift_time
    return None if is_lifted else found.status_time


def write_card(
    place: card_pb2.Card, view: CardView, masked_name: str = "", masked_id_number: str = ""
) -> None:
    """What a card is worth; with masks where the reader may see them."""
    _write_worth(place, view)
    place.masked_name = masked_name
    place.masked_id_number = masked_id_number
    place.region = view.region
    write_time(place.issue_time, view.issue_time)
    write_time(place.expire_time, view.expire_time)
    place.password_is_set = view.password_is_set
    place.bank_account_is_open = view.bank_account_is_open


def card(view: CardView, masked_name: str = "", masked_id_number: str = "") -> card_pb2.Card:
    """The same, as a message of its own."""
    place = card_pb2.Card()
    write_card(place, view, masked_name, masked_id_number)
    return place


def write_held_card(place: card_pb2.Card, held: HeldCard) -> None:
    """A card as its holder's channel sees it."""
    write_card(place, held.card, held.masked_name, held.masked_id_number)


def write_seen_card(place: card_pb2.Card, found: Held, at: Instant, *, with_names: bool) -> None:
    """What a channel may see of a card it holds: no names while it is only delivered."""
    now = cards.worth(found.status, found.lift_time, found.cancel_time, found.expire_time, at)
    _write_worth(place, now)
    if with_names:
        place.masked_name = masked_name(found.name)
        place.masked_id_number = masked_id_number(found.id_number)
    place.region = found.region
    write_time(place.issue_time, found.issue_time)
    write_time(place.expire_time, found.expire_time)
    place.password_is_set = found.password_version is not None
    place.bank_account_is_open = found.bank_open_time is not None


def write_licence(place: card_pb2.SignedCard, licence: Licence | None) -> None:
    """The signed bytes as they were signed."""
    if licence is not None:
        place.payload = licence.payload
        place.signature = licence.signature
        place.key_id = licence.key_id


def write_seen_licence(place: card_pb2.SignedCard, found: Held) -> None:
    """The signed bytes as they were signed; none unless the link is active."""
    if found.payload is not None:
        place.payload = found.payload
        place.signature = found.signature or b""
        place.key_id = found.key_id or ""


def _write_worth(place: card_pb2.Card, now: CardView | cards.Worth) -> None:
    place.state = _card_state(now.blocked_reason, is_ended=now.is_ended)
    place.physical_card_status = now.status  # type: ignore[assignment]
    place.blocked_reason = now.blocked_reason


def _card_state(blocked_reason: str, *, is_ended: bool) -> card_pb2.Card.State.ValueType:
    if is_ended:
        return card_pb2.Card.STATE_ENDED
    return card_pb2.Card.STATE_BLOCKED if blocked_reason else card_pb2.Card.STATE_USABLE
