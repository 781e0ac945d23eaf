"""What a flow changes at the platform, once its steps have earned it."""

from dataclasses import dataclass, replace

from essc_channels.core.flow_records import Answer, Flow, FlowKind, Memory, Stage, Step
from essc_channels.core.flows import Command
from essc_channels.core.records import Account, Holding, Link
from essc_channels.flows.parties import Parties
from essc_channels.ports import Application, Ask, NewPassword
from essc_wire.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What is true after a command."""

    memory: Memory
    account: Account
    holding: Holding | None = None
    """What the platform said the person holds now; the shadow copy follows it."""


async def run(
    parties: Parties,
    command: Command,
    flow: Flow,
    account: Account,
    step: Step,
    answer: Answer,
    ask: Ask,
) -> Done | Refusal:
    """Runs a command. Its request id names the step and the attempt, so a repeat is the same."""
    memory = flow.memory
    request_id = parties.request_id(flow, (step.number, step.attempt), command, _content(answer))
    link = (memory.link_id, memory.serial)
    outcome: Holding | Link | Refusal | None
    match command:
        case Command.NOTE_DISPLAY_CONSENT:
            return Done(memory=memory, account=replace(account, displayed_serial=memory.serial))
        case Command.APPLY:
            outcome = await parties.platform.apply(request_id, _application(memory), ask)
        case Command.ACCEPT_DELIVERY:
            proof = memory.proof(Stage.CHECK)
            outcome = await parties.platform.accept_delivery(
                request_id, link, proof, memory.consent_version, ask
            )
        case Command.DECLINE_DELIVERY:
            outcome = await parties.platform.decline_delivery(
                request_id, link, memory.proof(Stage.CHECK), ask
            )
        case Command.UNLINK:
            outcome = await parties.platform.unlink(
                request_id, link, memory.proof(Stage.CHECK), ask
            )
        case Command.SET_PASSWORD | Command.CHANGE_PASSWORD | Command.RESET_PASSWORD:
            new = NewPassword(
                link_id=memory.link_id, proofs=_password_proofs(flow), password=answer.text
            )
            outcome = await parties.platform.change_password(request_id, flow.kind, new, ask)
    if isinstance(outcome, Refusal):
        return outcome
    if outcome is None:
        return Done(memory=memory, account=account)
    holding = Holding(link=outcome) if isinstance(outcome, Link) else outcome
    return _held(memory, account, holding)


async def adopt(parties: Parties, flow: Flow, account: Account, ask: Ask) -> Done | Refusal:
    """Finds the link that the person holds here already: with the proof, which is still unused."""
    person = await parties.vouching.get_person(flow.account, ask)
    if isinstance(person, Refusal):
        return person
    link = await parties.platform.find_link(person, flow.memory.proof(Stage.CHECK), ask)
    if isinstance(link, Refusal):
        return link
    return _held(flow.memory, account, Holding(link=link))


def _held(memory: Memory, account: Account, holding: Holding) -> Done:
    link = holding.link
    return Done(
        memory=replace(memory, link_id=link.link_id, serial=link.serial),
        account=replace(account, link_id=link.link_id),
        holding=holding,
    )


def _application(memory: Memory) -> Application:
    return Application(
        identity_proof=memory.proof(Stage.CHECK),
        face_proof=memory.proof(Stage.FACE),
        consent_version=memory.consent_version,
        region=memory.region,
    )


def _password_proofs(flow: Flow) -> tuple[str, ...]:
    stages = {
        FlowKind.SET_PASSWORD: (Stage.FACE,),
        FlowKind.CHANGE_PASSWORD: (Stage.OLD_PASSWORD,),
        FlowKind.RESET_PASSWORD: (Stage.TEXT_CODE, Stage.FACE),
    }
    return tuple(flow.memory.proof(stage) for stage in stages[flow.kind])


def _content(answer: Answer) -> Answer:
    """What of an answer belongs to a command: not the face or the code that earned the proof."""
    return replace(answer, capture=b"")
