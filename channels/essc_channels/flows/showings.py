"""What a flow shows: the card, a code, a ticket, what came of an errand, and lines to read.

Each is asked of the platform as its stage is entered, and nothing of it is kept (R92). Where that
makes something (a code, a ticket, a certification, a payment), the request id follows from what is
stored of the flow: entering again, for a repeated call, is the same request and gives the same.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from essc_channels.core import lines
from essc_channels.core.flow_kinds import Stage
from essc_channels.core.flow_records import Step
from essc_channels.core.lines import Line
from essc_channels.flows.settings import Entered, Setting
from essc_wire.refusals import Refusal

_RECORDS_PAGE_SIZE: Final = 20


async def show(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    """The step that shows what the stage is for."""
    return await _SHOW[stage](at, stage, number)


async def _card(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    holding = await at.parties.platform.get_card(at.flow.memory.link_id, at.ask)
    if isinstance(holding, Refusal):
        return holding
    step = Step(number=number, stage=stage, card=holding.card, signed_card=holding.signed_card)
    return Entered(memory=at.flow.memory, step=step, holding=holding)


async def _code(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory, whose = at.flow.memory, at.whose
    proof = memory.proof_if_any(Stage.NEW_DEVICE)
    request_id = at.parties.errand_id(at.flow, number, "issue_code", whose.binding_id, proof)
    code = await at.parties.errands.issue_code(request_id, whose, at.session.device, proof, at.ask)
    if isinstance(code, Refusal):
        return code
    step = Step(number=number, stage=stage, code=code, expire_time=code.expire_time)
    return Entered(memory=memory, step=step)


async def _ticket(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory, whose = at.flow.memory, at.whose
    service = memory.choice(Stage.CHOOSE_SERVICE)
    parts = (whose.binding_id, service.choice_id)
    request_id = at.parties.errand_id(at.flow, number, "issue_ticket", *parts)
    ticket = await at.parties.errands.issue_ticket(
        request_id, whose, service.choice_id, service.label, at.ask
    )
    if isinstance(ticket, Refusal):
        return ticket
    step = Step(number=number, stage=stage, code=ticket, expire_time=ticket.expire_time)
    return Entered(memory=memory, step=step)


async def _certified(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    whose, proof = at.whose, at.flow.memory.proof(Stage.PERSON_FACE)
    request_id = at.parties.errand_id(at.flow, number, "certify", whose.binding_id, proof)
    outcome = await at.parties.errands.certify(request_id, whose, proof, at.ask)
    if isinstance(outcome, Refusal):
        return outcome
    certification, is_new = outcome
    return _lines(at, stage, number, (lines.certified_line(certification, is_new=is_new),))


async def _paid(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory = at.flow.memory
    order_id = memory.choice(Stage.CHOOSE_ORDER).choice_id
    proof = memory.proof_if_any(Stage.PASSWORD)
    request_id = at.parties.errand_id(at.flow, number, "pay", order_id, proof)
    order = await at.parties.errands.pay(request_id, memory.link_id, order_id, proof, at.ask)
    if isinstance(order, Refusal):
        return order
    return _lines(at, stage, number, lines.order_lines([order]))


async def _certifications(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    token = at.flow.memory.page_token
    page = await at.parties.errands.list_certifications(at.whose, token, at.ask)
    if isinstance(page, Refusal):
        return page
    shown = lines.certification_lines(page.certifications)
    return _lines(at, stage, number, shown, page.next_page_token)


async def _family(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    family = await at.parties.family.get_family(at.flow.memory.link_id, at.ask)
    if isinstance(family, Refusal):
        return family
    return _lines(at, stage, number, lines.family_lines(family))


async def _orders(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory = at.flow.memory
    page = await at.parties.errands.list_orders(memory.link_id, memory.page_token, at.ask)
    if isinstance(page, Refusal):
        return page
    shown = lines.order_lines(page.orders)
    return _lines(at, stage, number, shown, page.next_page_token)


async def _uses(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory = at.flow.memory
    page = await at.parties.errands.list_uses(memory.link_id, memory.page_token, at.ask)
    if isinstance(page, Refusal):
        return page
    services = await at.parties.errands.list_services(at.ask)
    if isinstance(services, Refusal):
        return services
    names = {service.service_id: service.name for service in services}
    shown = lines.use_lines(page.uses, names)
    return _lines(at, stage, number, shown, page.next_page_token)


async def _records(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory = at.flow.memory
    page = await at.parties.platform.list_records(
        memory.link_id,
        _RECORDS_PAGE_SIZE,
        memory.page_token,
        at.ask,
        face_proof=memory.proof(Stage.FACE),
    )
    if isinstance(page, Refusal):
        return page
    shown = lines.record_lines(page.lines)
    return _lines(at, stage, number, shown, page.next_page_token)


def _lines(
    at: Setting, stage: Stage, number: int, shown: tuple[Line, ...], next_page_token: str = ""
) -> Entered:
    step = Step(number=number, stage=stage, lines=shown, next_page_token=next_page_token)
    return Entered(memory=at.flow.memory, step=step)


_SHOW: Final[dict[Stage, Callable[[Setting, Stage, int], Awaitable[Entered | Refusal]]]] = {
    Stage.SHOW_CARD: _card,
    Stage.CODE: _code,
    Stage.TICKET: _ticket,
    Stage.CERTIFIED: _certified,
    Stage.PAID: _paid,
    Stage.CERTIFICATIONS: _certifications,
    Stage.FAMILY: _family,
    Stage.ORDERS: _orders,
    Stage.USES: _uses,
    Stage.RECORDS: _records,
}
