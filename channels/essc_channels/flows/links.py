"""How a delivered card meets its account (R5).

The platform delivers a card to a person; the channel knows accounts. Where being signed in is proof
enough, the channel looks for its own link of the account's person: when the account signs in, and
when a delivery has come that no account has met since it last looked. Finding nothing is normal.
"""

from dataclasses import replace

from essc_channels.core.flow_kinds import Check, Purpose
from essc_channels.core.records import NEVER_LOOKED, Account, Link, Person
from essc_channels.flows.parties import Parties
from essc_channels.ports import Ask, Subject
from essc_channels.store import accounts
from essc_wire.clock import monotonic, new_request_id
from essc_wire.refusals import Refusal

# There is nothing to find for this person now; anything else may be different at the next look.
_NOTHING_THERE = ("LINK_NOT_FOUND", "IDENTITY_MISMATCH")


def is_in_the_dark(parties: Parties, account: Account) -> bool:
    """Whether the channel could look for the person's card, and never managed to."""
    can_look = parties.profile.silent_vouch_kind is not None
    return can_look and account.link_id is None and account.looked_order == NEVER_LOOKED


async def meet_new_delivery(parties: Parties, account: Account, ask: Ask) -> Account:
    """The account after a look, if a delivery has come since the last one that was possible."""
    if account.link_id is not None or parties.profile.silent_vouch_kind is None:
        return account
    with parties.database.read() as connection:
        newest = accounts.unclaimed_order(connection)
    if newest <= account.looked_order:
        return account
    person = await parties.vouching.get_person(account.account, ask)
    if isinstance(person, Refusal):
        return account
    return await meet(parties, account, person, ask)


async def meet(parties: Parties, account: Account, person: Person, ask: Ask) -> Account:
    """The account after a look for its person's link: unchanged if the look was not possible."""
    kind = parties.profile.silent_vouch_kind
    if kind is None or account.link_id is not None:
        return account
    # A courtesy, not what was asked for: a silent platform must not hold a person up for long.
    ask = replace(ask, end=min(ask.end, monotonic() + parties.profile.home_timeout_s))
    with parties.database.read() as connection:
        newest = accounts.unclaimed_order(connection)
    found = await _find(parties, Check(int(kind)), person, ask)
    if isinstance(found, Link):
        return replace(account, link_id=found.link_id, looked_order=newest)
    if found.reason in _NOTHING_THERE:
        return replace(account, looked_order=newest)
    return account


async def _find(parties: Parties, check: Check, person: Person, ask: Ask) -> Link | Refusal:
    platform = parties.platform
    subject = Subject(person=person)
    # Nothing changes for anyone, so a fresh request id each time does no harm.
    question = await platform.start_challenge(
        new_request_id(), subject, Purpose.FIND_LINK, check, ask
    )
    if isinstance(question, Refusal):
        return question
    proof = await platform.answer_challenge(new_request_id(), question.number, None, ask)
    if isinstance(proof, Refusal):
        return proof
    return await platform.find_link(person, proof, ask)
