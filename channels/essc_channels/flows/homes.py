"""How the home panel comes about (R17): ask the platform, correct the copy, or let it speak."""

import asyncio
from dataclasses import dataclass, replace

from essc_channels.core import panels, shadows
from essc_channels.core.card_errands import Member
from essc_channels.core.panels import LOSSES, Panel
from essc_channels.core.records import Account, CardState, Holding, Shadow
from essc_channels.flows import links
from essc_channels.flows.parties import Parties
from essc_channels.ports import Ask
from essc_channels.store import shadows as shadow_store
from essc_wire.refusals import Refusal

_SECOND_US = 1_000_000
# A copy that was just confirmed is not written again for its age alone.
_AGE_WRITTEN_US = 30 * _SECOND_US
# Nobody is there to ask, or nobody has time: the copy speaks.
AWAY = ("PLATFORM_UNREACHABLE", "PLATFORM_BUSY", "CHANGES_CONFLICT")
_NO_ANSWER = "AUTHORITY_UNREACHABLE"
"""The platform is there; whoever says who the account belongs to is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at the card showed, and what it changes here. Nothing is saved yet."""

    panel: Panel
    account: Account
    holding: Holding | None = None
    shadow: Shadow | None = None
    is_from_platform: bool = True
    """Whether the platform spoke, so that what is known otherwise is older."""


async def look(parties: Parties, account: Account, ask: Ask, *, with_members: bool = False) -> Look:
    """The panel of an account: from the platform, else from the copy.

    The cards of bound members come along where somebody is going to see them.
    """
    if account.link_id is None:
        account = await links.meet_new_delivery(parties, account, ask)
    if account.link_id is None:
        return await _look_without_link(parties, account, ask)
    outcome, members = await asyncio.gather(
        parties.platform.get_card(account.link_id, ask, timeout_s=parties.profile.home_timeout_s),
        _members(parties, account, ask) if with_members else _nobody(),
    )
    with parties.database.read() as connection:
        known = shadow_store.find_shadow(connection, account.link_id)
        caught_up = shadow_store.caught_up_time(connection)
    if isinstance(outcome, Holding):
        is_consent_to_loss = _is_lost(outcome) and await parties.platform.is_consent_to_loss(ask)
        return _seen(
            parties, account, known, outcome, members, is_consent_to_loss=is_consent_to_loss
        )
    if outcome.reason == "LINK_NOT_FOUND":
        account = replace(account, link_id=None, displayed_serial=0)
    if outcome.reason in ("LINK_NOT_FOUND", "LINK_NOT_ACTIVE"):
        return _nothing_held(parties, account, known)
    if outcome.reason not in AWAY:
        return _unknown(outcome.reason, account)
    if known is None:
        return _unknown("PLATFORM_UNREACHABLE", account)
    as_of = max(known.as_of_time, caught_up)
    return _away(parties, account, known, as_of)


async def _look_without_link(parties: Parties, account: Account, ask: Ask) -> Look:
    """No link is known here; without the platform that is as true as the last events.

    A channel that could look for the person's card and never managed to does not even know that.
    """
    head = await parties.feed.head(ask, timeout_s=parties.profile.home_timeout_s)
    if not isinstance(head, Refusal) and not head.is_live:
        return _unknown("CHANNEL_NOT_LIVE", account)
    if links.is_in_the_dark(parties, account):
        return _unknown(head.reason if isinstance(head, Refusal) else _NO_ANSWER, account)
    if not isinstance(head, Refusal):
        return Look(panel=panels.fresh(None, None, 0, parties.profile), account=account)
    if head.reason not in AWAY:
        return _unknown(head.reason, account)
    with parties.database.read() as connection:
        caught_up = shadow_store.caught_up_time(connection)
    return _away(parties, account, None, caught_up)


async def _members(parties: Parties, account: Account, ask: Ask) -> tuple[Member, ...]:
    """The bound members, wherever they were added (R43); none where nothing can be said."""
    if account.displayed_serial == 0 or account.link_id is None:
        return ()
    members = await parties.family.list_members(
        account.link_id, ask, timeout_s=parties.profile.home_timeout_s
    )
    if isinstance(members, Refusal):
        return ()
    return tuple(member for member in members if member.is_bound)


async def _nobody() -> tuple[Member, ...]:
    return ()


def _is_lost(holding: Holding) -> bool:
    """Whether the one policy value matters that a panel depends on."""
    card = holding.card
    return card is not None and card.state is CardState.BLOCKED and card.blocked_reason in LOSSES


def _seen(
    parties: Parties,
    account: Account,
    known: Shadow | None,
    holding: Holding,
    members: tuple[Member, ...],
    *,
    is_consent_to_loss: bool,
) -> Look:
    now = parties.clock.now()
    shadow = shadows.observed(known, holding, now)
    panel = panels.fresh(
        holding.link,
        holding.card,
        account.displayed_serial,
        parties.profile,
        is_consent_to_loss=is_consent_to_loss,
    )
    is_displayed = account.displayed_serial == holding.link.serial
    return Look(
        panel=replace(panel, members=members) if panel.card and is_displayed else panel,
        account=account,
        holding=holding,
        shadow=shadow if _is_news(known, shadow) else None,
    )


def _is_news(known: Shadow | None, seen: Shadow) -> bool:
    if known is None or replace(known, as_of_time=seen.as_of_time) != seen:
        return True
    return seen.as_of_time - known.as_of_time > _AGE_WRITTEN_US


def _nothing_held(parties: Parties, account: Account, known: Shadow | None) -> Look:
    """The platform says so: the copy is corrected at once."""
    shadow = shadows.unlinked(known, parties.clock.now()) if known else None
    return Look(panel=panels.fresh(None, None, 0, parties.profile), account=account, shadow=shadow)


def _away(parties: Parties, account: Account, known: Shadow | None, as_of: int) -> Look:
    panel = panels.away(
        known.link if known else None,
        known.card if known else None,
        account.displayed_serial,
        parties.profile,
        as_of_time=as_of,
        now=parties.clock.now(),
        age_us_max=parties.profile.shadow_age_s_max * _SECOND_US,
    )
    return Look(panel=panel, account=account, is_from_platform=False)


def _unknown(reason: str, account: Account) -> Look:
    return Look(panel=panels.unknown(reason), account=account, is_from_platform=False)
