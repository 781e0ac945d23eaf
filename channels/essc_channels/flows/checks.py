"""Authentication within a flow: a question for the person, and a proof for the platform.

Some checks the platform judges itself. For the others the channel vouches: its own authority judges
the answer, and the channel then tells the platform that the check passed. Either way the end is a
proof, one per stage.
"""

from essc_channels.core import flows as table
from essc_channels.core.flow_kinds import Check, FlowKind, Stage
from essc_channels.core.flow_records import Answer, Step
from essc_channels.core.paths import purpose_of
from essc_channels.core.records import Person
from essc_channels.flows.settings import Setting
from essc_channels.ports import Question, Subject
from essc_wire.refusals import Refusal


async def question(at: Setting, stage: Stage, check: Check) -> Step | Refusal:
    """The step that asks the person."""
    parties, flow, ask = at.parties, at.flow, at.ask
    number = flow.steps_taken + 1
    kind = check.vouch_kind
    if kind is not None:
        vouch_request = parties.request_id(flow, (number, 0), f"start_vouch/{check.name}")
        vouch = await parties.vouching.start_vouch(vouch_request, flow.account, kind, ask)
        if isinstance(vouch, Refusal):
            return vouch
        return _step(at, stage, check, vouch, vouch_id=vouch.number)
    subject = await _subject(at, stage)
    if isinstance(subject, Refusal):
        return subject
    request_id = parties.request_id(flow, (number, 0), f"start_challenge/{check.name}")
    purpose = purpose_of(flow.kind, stage)
    challenge = await parties.platform.start_challenge(request_id, subject, purpose, check, ask)
    if isinstance(challenge, Refusal):
        return challenge
    return _step(at, stage, check, challenge, challenge_id=challenge.number)


async def proof(at: Setting, step: Step, answer: Answer) -> str | Refusal:
    """The proof that a right answer earns."""
    assert step.check is not None, step.stage
    parties, flow, ask = at.parties, at.flow, at.ask
    place = (step.number, step.attempt)
    if step.check.vouch_kind is None:
        request_id = parties.request_id(flow, place, "answer_challenge", answer)
        return await parties.platform.answer_challenge(request_id, step.challenge_id, answer, ask)
    request_id = parties.request_id(flow, place, "answer_vouch", answer)
    refusal = await parties.vouching.answer_vouch(request_id, step.vouch_id, answer.text, ask)
    if refusal is not None:
        return refusal
    return await _vouched(at, step.stage, place, step.check)


async def silent_proof(at: Setting, stage: Stage, check: Check) -> str | Refusal:
    """The proof of a check that asks the person nothing: being signed in is the check."""
    parties, flow, ask = at.parties, at.flow, at.ask
    kind = check.vouch_kind
    assert kind is not None, check
    place = (flow.steps_taken + 1, 0)
    request_id = parties.request_id(flow, place, f"start_vouch/{check.name}")
    vouch = await parties.vouching.start_vouch(request_id, flow.account, kind, ask)
    if isinstance(vouch, Refusal):
        return vouch
    request_id = parties.request_id(flow, place, "answer_vouch")
    refusal = await parties.vouching.answer_vouch(request_id, vouch.number, "", ask)
    if refusal is not None:
        return refusal
    return await _vouched(at, stage, place, check)


async def _vouched(
    at: Setting, stage: Stage, place: tuple[int, int], check: Check
) -> str | Refusal:
    parties, flow, ask = at.parties, at.flow, at.ask
    subject = await _subject(at, stage)
    if isinstance(subject, Refusal):
        return subject
    request_id = parties.request_id(flow, place, "start_vouched")
    purpose = purpose_of(flow.kind, stage)
    challenge = await parties.platform.start_challenge(request_id, subject, purpose, check, ask)
    if isinstance(challenge, Refusal):
        return challenge
    request_id = parties.request_id(flow, place, "answer_vouched")
    return await parties.platform.answer_challenge(request_id, challenge.number, None, ask)


async def _subject(at: Setting, stage: Stage) -> Subject | Refusal:
    """Who is asked.

    A person while there may be no link, the link's holder afterwards; the member who is to be
    bound, by what was typed; a bound member where something is done for one.
    """
    memory = at.flow.memory
    if stage is Stage.MEMBER_FACE:
        return Subject(person=Person(name=at.draft.name, id_number=at.draft.id_number))
    if stage is Stage.PERSON_FACE:
        return Subject(link_id=memory.link_id, binding_id=memory.binding_id)
    if at.flow.kind is not FlowKind.APPLY:
        return Subject(link_id=memory.link_id)
    person = await at.parties.vouching.get_person(at.flow.account, at.ask)
    return person if isinstance(person, Refusal) else Subject(person=person)


def _step(
    at: Setting,
    stage: Stage,
    check: Check,
    asked: Question,
    *,
    vouch_id: str = "",
    challenge_id: str = "",
) -> Step:
    return Step(
        number=at.flow.steps_taken + 1,
        stage=stage,
        check=check,
        expire_time=asked.expire_time,
        tries_left=asked.tries_left,
        masked_phone=asked.masked_phone,
        actions=asked.actions,
        digits=asked.digits,
        is_of_member=table.is_of_member(stage, at.flow.memory),
        vouch_id=vouch_id,
        challenge_id=challenge_id,
    )
