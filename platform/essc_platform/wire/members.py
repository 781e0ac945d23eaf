"""Bindings as requests name them: ids that differ in every channel, and on either side (R14).

Whose a binding is never changes, so it is looked up here, before the batch. One that is unknown, or
another holder's, gets a member who is nobody: the rule then refuses it like any other.
"""

from essc_platform.core import cancellations
from essc_platform.core.acting import BindingName, is_named
from essc_platform.core.records import Binding, CitizenKey, Link, Membership
from essc_platform.core.snapshot import many, one
from essc_platform.store.gateway import load
from essc_platform.vault import Vault
from essc_platform.wire.front import Front, PlatformCall
from essc_wire.refusals import Refusal

NOBODY = CitizenKey(-1, -1)


async def binding_name(
    front: Front, call: PlatformCall, holder: CitizenKey, binding_id: str
) -> BindingName | None:
    """The binding that a request of this holder names; None if it names none."""
    if not binding_id:
        return None
    scope = _holders_scope(call.caller.party_id)
    owner, number = front.vault.read_scoped_id(scope, binding_id)
    if owner != holder:
        return BindingName(number, NOBODY)
    reads = frozenset({one(Binding, (*holder, number))})
    binding = (await front.read(load, reads)).view(reads).one(Binding, (*holder, number))
    return BindingName(number, NOBODY if binding is None else binding.member)


async def binder_name(
    front: Front, call: PlatformCall, member: CitizenKey, binding_id: str
) -> tuple[int, CitizenKey]:
    """The binding that a request of its member names: its number, and whose it is."""
    scope = _members_scope(call.caller.party_id)
    owner, number = front.vault.read_scoped_id(scope, binding_id)
    if owner != member:
        return number, NOBODY
    found = await _memberships(front, member)
    return number, next((each.holder for each in found if each.number == number), NOBODY)


async def binders_of(front: Front, member: CitizenKey) -> tuple[CitizenKey, ...]:
    """Who has bound a person, and not ended it."""
    holders = {each.holder for each in await _memberships(front, member) if each.is_good}
    return tuple(sorted(holders))


async def bound_with(front: Front, citizen: CitizenKey) -> tuple[CitizenKey, ...]:
    """Who is bound with a person, on either side."""
    reads = frozenset({many(Binding, citizen), many(Membership, citizen)})
    seen = (await front.read(load, reads)).view(reads)
    found = cancellations.bound_with(seen.many(Binding, citizen), seen.many(Membership, citizen))
    return tuple(sorted(found))


async def _memberships(front: Front, member: CitizenKey) -> tuple[Membership, ...]:
    reads = frozenset({many(Membership, member)})
    return (await front.read(load, reads)).view(reads).many(Membership, member)


def binding_id(vault: Vault, channel: str, holder: CitizenKey, number: int) -> str:
    """A binding's id for its holder in a channel."""
    return vault.write_scoped_id(_holders_scope(channel), holder, number)


def binder_id(vault: Vault, channel: str, member: CitizenKey, number: int) -> str:
    """The same binding's id for its member in a channel."""
    return vault.write_scoped_id(_members_scope(channel), member, number)


def _holders_scope(channel: str) -> str:
    return f"binding:{channel}"


def _members_scope(channel: str) -> str:
    return f"membership:{channel}"


async def own_holder(front: Front, call: PlatformCall, link_id: str) -> CitizenKey | Refusal:
    """Who reads through a link: the holder of the channel's own active link."""
    citizen, number = front.vault.read_id(link_id)
    key = (*citizen, call.caller.party_id)
    reads = frozenset({one(Link, key)})
    link = (await front.read(load, reads)).view(reads).one(Link, key)
    if link is None or link.number != number:
        return Refusal("LINK_NOT_FOUND")
    return citizen if link.is_active else Refusal("LINK_NOT_ACTIVE")


async def subject(
    front: Front, call: PlatformCall, link_id: str, binding_id: str
) -> CitizenKey | Refusal:
    """Whom a reader asks about through a link: the holder, or a bound member."""
    holder = await own_holder(front, call, link_id)
    if isinstance(holder, Refusal):
        return holder
    name = await binding_name(front, call, holder, binding_id)
    if name is None:
        return holder
    reads = frozenset({one(Binding, (*holder, name.number))})
    binding = (await front.read(load, reads)).view(reads).one(Binding, (*holder, name.number))
    return name.member if is_named(binding, name) else Refusal("BINDING_NOT_FOUND")
