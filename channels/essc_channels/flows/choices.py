"""Choices: among what, and what is remembered of the one that was taken."""

from dataclasses import replace
from typing import Final

from essc_channels.core import flows as table
from essc_channels.core.card_errands import PAYABLE_STATES, Member, Order, Relation, Service
from essc_channels.core.channel_profiles import IdentityCheck, Offer
from essc_channels.core.flow_kinds import Check, Stage
from essc_channels.core.flow_records import SELF, Memory, Option, Step
from essc_channels.core.lines import member_words, order_words, relation_words
from essc_channels.core.records import Words
from essc_channels.core.texts import CHECK_LABELS, SELF_LABEL, region_words
from essc_channels.flows.settings import Entered, Setting
from essc_wire.refusals import Refusal

_REGIONS_MAX: Final = 10
_ORDER_PAGES_MAX: Final = 5

# What it means that there is nothing to choose from.
_NOTHING: Final[dict[Stage, str]] = {
    Stage.CHOOSE_REGION: "REGION_NEEDED",
    Stage.CHOOSE_RELATION: "PLACES_USED_UP",
    Stage.CHOOSE_MEMBER: "BINDING_NOT_FOUND",
    Stage.CHOOSE_BINDER: "BINDING_NOT_FOUND",
    Stage.CHOOSE_SERVICE: "SERVICE_NOT_FOUND",
    Stage.CHOOSE_ORDER: "ORDER_NOT_FOUND",
}


async def offer(
    at: Setting, stage: Stage, number: int, because: Refusal | None
) -> Entered | Refusal:
    """The step that asks to choose; a choice of one is taken and asks nothing."""
    options = await _options(at, stage, because)
    if isinstance(options, Refusal):
        return options
    if not options:
        return Refusal(_NOTHING[stage])
    if len(options) == 1:
        return Entered(memory=taken(at.flow.memory, stage, options[0]))
    return Entered(memory=at.flow.memory, step=Step(number=number, stage=stage, options=options))


def taken(memory: Memory, stage: Stage, option: Option) -> Memory:
    """What is remembered of a choice."""
    if stage is Stage.CHOOSE_CHECK:
        return replace(memory, check=Check[option.choice_id])
    if stage is Stage.CHOOSE_REGION:
        return replace(memory, region=option.choice_id)
    return memory.with_choice(stage, option)


async def _options(
    at: Setting, stage: Stage, because: Refusal | None
) -> tuple[Option, ...] | Refusal:
    match stage:
        case Stage.CHOOSE_CHECK:
            return _checks(at)
        case Stage.CHOOSE_REGION:
            return _regions(because)
        case Stage.CHOOSE_RELATION:
            return await _relations(at)
        case Stage.CHOOSE_PERSON:
            return await _people(at)
        case Stage.CHOOSE_MEMBER:
            return await _members(at)
        case Stage.CHOOSE_BINDER:
            return await _binders(at)
        case Stage.CHOOSE_SERVICE:
            return await _services(at)
        case _:
            assert stage is Stage.CHOOSE_ORDER, stage
            return await _orders(at)


def _checks(at: Setting) -> tuple[Option, ...]:
    own = tuple(map(_check, at.parties.profile.identity_checks))
    offered = table.offered_checks(own, at.flow.kind, at.flow.memory)
    return tuple(Option(choice_id=each.name, label=CHECK_LABELS[each]) for each in offered)


def _check(identity_check: IdentityCheck) -> Check:
    return Check(int(identity_check))


def _regions(because: Refusal | None) -> tuple[Option, ...]:
    """The regions are in the refusal's details, separated by commas."""
    named = because.details.get("regions", "") if because else ""
    regions = tuple(filter(None, (region.strip() for region in named.split(","))))
    if not 2 <= len(regions) <= _REGIONS_MAX:
        return ()
    return tuple(Option(choice_id=each, label=region_words(each)) for each in regions)


async def _relations(at: Setting) -> tuple[Option, ...] | Refusal:
    """Those that have places left (R40)."""
    family = await at.parties.family.get_family(at.flow.memory.link_id, at.ask)
    if isinstance(family, Refusal):
        return family
    known = {int(relation) for relation in Relation}
    options = []
    for places in family.places:
        if places.left and places.relation in known:
            words = relation_words(places.relation)
            label = Words(f"{words.zh}（剩 {places.left}）", f"{words.en} ({places.left} left)")
            options.append(Option(choice_id=Relation(places.relation).name, label=label))
    return tuple(options)


async def _people(at: Setting) -> tuple[Option, ...] | Refusal:
    """The holder, and the bound members where the channel offers family."""
    myself = Option(choice_id=SELF, label=SELF_LABEL)
    if Offer.FAMILY not in at.parties.profile.offers:
        return (myself,)
    members = await _members(at)
    return members if isinstance(members, Refusal) else (myself, *members)


async def _members(at: Setting) -> tuple[Option, ...] | Refusal:
    found = await _bound_members(at)
    if isinstance(found, Refusal):
        return found
    return tuple(
        Option(choice_id=each.binding_id, label=member_words(each.relation, each.masked_name))
        for each in found
    )


async def _bound_members(at: Setting) -> tuple[Member, ...] | Refusal:
    members = await at.parties.family.list_members(at.flow.memory.link_id, at.ask)
    if isinstance(members, Refusal):
        return members
    return tuple(member for member in members if member.is_bound)


async def _binders(at: Setting) -> tuple[Option, ...] | Refusal:
    binders = await at.parties.family.list_binders(at.flow.memory.link_id, at.ask)
    if isinstance(binders, Refusal):
        return binders
    return tuple(
        Option(choice_id=each.binding_id, label=Words(each.masked_name, each.masked_name))
        for each in binders
    )


async def _services(at: Setting) -> tuple[Option, ...] | Refusal:
    """The whole catalogue; what is not open for this card says so (R63)."""
    region = await _region(at)
    if isinstance(region, Refusal):
        return region
    services = await at.parties.errands.list_services(at.ask)
    if isinstance(services, Refusal):
        return services
    return tuple(
        Option(choice_id=each.service_id, label=_service_words(each, region)) for each in services
    )


def _service_words(service: Service, region: str) -> Words:
    if service.is_open_in(region):
        return service.name
    return Words(f"{service.name.zh}（本地区暂未开通）", f"{service.name.en} (not open here yet)")


async def _region(at: Setting) -> str | Refusal:
    """The region of the card of whoever uses the service."""
    memory = at.flow.memory
    if not memory.binding_id:
        return memory.card_region
    members = await _bound_members(at)
    if isinstance(members, Refusal):
        return members
    cards = {member.binding_id: member.card for member in members}
    card = cards.get(memory.binding_id)
    return card.region if card else ""


async def _orders(at: Setting) -> tuple[Option, ...] | Refusal:
    """Those that can be paid, newest first."""
    found: list[Order] = []
    page_token = ""
    for _ in range(_ORDER_PAGES_MAX):
        page = await at.parties.errands.list_orders(at.flow.memory.link_id, page_token, at.ask)
        if isinstance(page, Refusal):
            return page
        found += [order for order in page.orders if order.state in PAYABLE_STATES]
        page_token = page.next_page_token
        if not page_token:
            break
    return tuple(Option(choice_id=each.order_id, label=order_words(each)) for each in found)
