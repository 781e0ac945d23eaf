"""What a flow changes at the platform, once its steps have earned it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from essc_channels.core.card_errands import Relation
from essc_channels.core.flow_kinds import FlowKind, Stage
from essc_channels.core.flow_records import Answer, Memory
from essc_channels.core.paths import Command
from essc_channels.core.records import Account, Holding, Link
from essc_channels.flows.settings import Setting
from essc_channels.ports import Application, NewMember, NewPassword
from essc_wire.refusals import Refusal

Outcome: TypeAlias = Holding | Link | Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What is true after a command."""

    memory: Memory
    account: Account
    holding: Holding | None = None
    """What the platform said the person holds now; the shadow copy follows it."""


async def run(
    at: Setting, command: Command, account: Account, place: tuple[int, int], answer: Answer | None
) -> Done | Refusal:
    """Runs a command. Its request id names the step and the attempt, so a repeat is the same."""
    memory = at.flow.memory
    if command is Command.NOTE_DISPLAY_CONSENT:
        return Done(memory=memory, account=replace(account, displayed_serial=memory.serial))
    content = answer and replace(answer, capture=b"")  # not the face that earned the proof
    request_id = at.parties.request_id(at.flow, place, command, content)
    text = answer.text if answer else ""
    outcome = await _RUN[command](at, request_id, text)
    if isinstance(outcome, Refusal):
        return outcome
    if outcome is None:
        return Done(memory=memory, account=account)
    return _held(memory, account, Holding(link=outcome) if isinstance(outcome, Link) else outcome)


async def adopt(at: Setting, account: Account) -> Done | Refusal:
    """Finds the link that the person holds here already: with the proof, which is still unused."""
    person = await at.parties.vouching.get_person(at.flow.account, at.ask)
    if isinstance(person, Refusal):
        return person
    proof = at.flow.memory.proof(Stage.CHECK)
    link = await at.parties.platform.find_link(person, proof, at.ask)
    if isinstance(link, Refusal):
        return link
    return _held(at.flow.memory, account, Holding(link=link))


def _held(memory: Memory, account: Account, holding: Holding) -> Done:
    link = holding.link
    return Done(
        memory=replace(memory, link_id=link.link_id, serial=link.serial),
        account=replace(account, link_id=link.link_id),
        holding=holding,
    )


async def _apply(at: Setting, request_id: str, _: str) -> Outcome:
    memory = at.flow.memory
    application = Application(
        identity_proof=memory.proof(Stage.CHECK),
        face_proof=memory.proof(Stage.FACE),
        consent_version=memory.consent_version,
        region=memory.region,
    )
    return await at.parties.platform.apply(request_id, application, at.ask)


async def _accept_delivery(at: Setting, request_id: str, _: str) -> Outcome:
    memory = at.flow.memory
    return await at.parties.platform.accept_delivery(
        request_id, at.link, memory.proof(Stage.CHECK), memory.consent_version, at.ask
    )


async def _decline_delivery(at: Setting, request_id: str, _: str) -> Outcome:
    proof = at.flow.memory.proof(Stage.CHECK)
    return await at.parties.platform.decline_delivery(request_id, at.link, proof, at.ask)


async def _unlink(at: Setting, request_id: str, _: str) -> Outcome:
    proof = at.flow.memory.proof(Stage.CHECK)
    return await at.parties.platform.unlink(request_id, at.link, proof, at.ask)


_PASSWORD_PROOFS: Final = {
    FlowKind.SET_PASSWORD: (Stage.FACE,),
    FlowKind.CHANGE_PASSWORD: (Stage.OLD_PASSWORD,),
    FlowKind.RESET_PASSWORD: (Stage.TEXT_CODE, Stage.FACE),
}


async def _change_password(at: Setting, request_id: str, password: str) -> Outcome:
    memory, kind = at.flow.memory, at.flow.kind
    proofs = tuple(memory.proof(stage) for stage in _PASSWORD_PROOFS[kind])
    new = NewPassword(link_id=memory.link_id, proofs=proofs, password=password)
    return await at.parties.platform.change_password(request_id, kind, new, at.ask)


async def _raise_level(at: Setting, request_id: str, _: str) -> Outcome:
    proof = at.flow.memory.proof(Stage.BANK_PHONE)
    return await at.parties.platform.raise_level(request_id, at.link, proof, at.ask)


async def _lower_level(at: Setting, request_id: str, _: str) -> Outcome:
    return await at.parties.platform.lower_level(request_id, at.link, at.ask)


async def _allow_while_lost(at: Setting, request_id: str, _: str) -> Outcome:
    proof = at.flow.memory.proof(Stage.FACE)
    return await at.parties.platform.allow_while_lost(request_id, at.link, proof, at.ask)


async def _add_member(at: Setting, request_id: str, _: str) -> Outcome:
    memory = at.flow.memory
    new = NewMember(
        link_id=memory.link_id,
        password_proof=memory.proof(Stage.PASSWORD),
        notice_version=memory.consent_version,
        relation=int(Relation[memory.choice(Stage.CHOOSE_RELATION).choice_id]),
        draft=at.draft,
        member_proof=memory.proof_if_any(Stage.MEMBER_FACE),
    )
    return await at.parties.family.add_member(request_id, new, at.ask)


async def _remove_member(at: Setting, request_id: str, _: str) -> Outcome:
    memory = at.flow.memory
    binding_id = memory.choice(Stage.CHOOSE_MEMBER).choice_id
    return await at.parties.family.remove_member(
        request_id, memory.link_id, binding_id, memory.proof(Stage.CHECK), at.ask
    )


async def _leave_binder(at: Setting, request_id: str, _: str) -> Outcome:
    memory = at.flow.memory
    binding_id = memory.choice(Stage.CHOOSE_BINDER).choice_id
    return await at.parties.family.leave_binder(
        request_id, memory.link_id, binding_id, memory.proof(Stage.FACE), at.ask
    )


async def _password_free_on(at: Setting, request_id: str, _: str) -> Outcome:
    proof = at.flow.memory.proof(Stage.PASSWORD)
    return await at.parties.errands.set_password_free(
        request_id, at.link, proof, at.ask, enabled=True
    )


async def _password_free_off(at: Setting, request_id: str, _: str) -> Outcome:
    return await at.parties.errands.set_password_free(
        request_id, at.link, "", at.ask, enabled=False
    )


_RUN: Final[dict[Command, Callable[[Setting, str, str], Awaitable[Outcome]]]] = {
    Command.APPLY: _apply,
    Command.ACCEPT_DELIVERY: _accept_delivery,
    Command.DECLINE_DELIVERY: _decline_delivery,
    Command.UNLINK: _unlink,
    Command.SET_PASSWORD: _change_password,
    Command.CHANGE_PASSWORD: _change_password,
    Command.RESET_PASSWORD: _change_password,
    Command.RAISE_LEVEL: _raise_level,
    Command.LOWER_LEVEL: _lower_level,
    Command.ALLOW_WHILE_LOST: _allow_while_lost,
    Command.ADD_MEMBER: _add_member,
    Command.REMOVE_MEMBER: _remove_member,
    Command.LEAVE_BINDER: _leave_binder,
    Command.PASSWORD_FREE_ON: _password_free_on,
    Command.PASSWORD_FREE_OFF: _password_free_off,
}
