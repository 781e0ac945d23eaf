"""What an event, an answer or a refusal does to the shadow copy (R16, R17).

The copy converges because events come in order and none is skipped. Two rules keep a late message
from doing harm on the way: an older serial never touches a newer link (R13), and within a serial a
link only goes forward.
"""

from dataclasses import replace

from essc_channels.core.records import Card, Event, Holding, Instant, Link, LinkState, Shadow


def absorb(shadow: Shadow | None, event: Event, as_of: Instant) -> Shadow | None:
    """The copy after an event, and no younger than that; None if the event does nothing to it."""
    if event.link is None:
        return None
    if shadow is not None and event.link.serial < shadow.link.serial:
        return None
    return _merged(shadow, event.link, event.card, as_of)


def observed(shadow: Shadow | None, holding: Holding, now: Instant) -> Shadow:
    """The copy after an answer of the platform about this very link."""
    if shadow is not None and holding.link.serial < shadow.link.serial:
        return shadow  # a late answer about an earlier serial
    return _merged(shadow, holding.link, holding.card, now)


def unlinked(shadow: Shadow, now: Instant) -> Shadow:
    """The copy after the platform refused because the link is not active: nothing is held."""
    link = replace(shadow.link, state=LinkState.UNLINKED)
    return Shadow(link=link, card=None, as_of_time=now)


def _merged(shadow: Shadow | None, link: Link, card: Card | None, as_of: Instant) -> Shadow:
    known = shadow if shadow and shadow.link.serial == link.serial else None
    if known and known.link.state > link.state:
        link = known.link
    if link.state is LinkState.UNLINKED:
        return Shadow(link=link, card=None, as_of_time=as_of)  # masks go with the link
    if card is None:
        return Shadow(link=link, card=known.card if known else None, as_of_time=as_of)
    if known and known.card and not card.masked_name:
        # The feed never carries names; what an answer told before is still the same person.
        card = replace(
            card,
            masked_name=known.card.masked_name,
            masked_id_number=known.card.masked_id_number,
        )
    return Shadow(link=link, card=card, as_of_time=as_of)
