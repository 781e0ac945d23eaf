"""Authentication within a flow: a question for the person, and a proof for the platform.

Some checks the platform judges itself. For the others the channel vouches: its own authority judges
the answer, and the channel then tells the platform that the check passed. Either way the end is a
proof, one per stage.
"""

from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.flow_records import Answer, Check, Flow, FlowKind, Stage, Step
from essc_channels.flows.parties import Parties
from essc_channels.ports import Ask, Question, Subject
from essc_wire.refusals import Refusal


async def question(
    parties: Parties, flow: Flow, stage: Stage, check: Check, ask: Ask
) -> Step | Refusal:
    """The step that asks the person."""
    number = flow.steps_taken + 1
    kind = check.vouch_kind
    if kind is not None:
        vouch_request = parties.request_id(flow, (number, 0), "start_vouch")
        vouch = await parties.vouching.start_vouch(vouch_request, flow.account, kind, ask)
        if isinstance(vouch, Refusal):
            return vouch
        return _step(number, stage, check, vouch, vouch_id=vouch.number)
    subject = await _subject(parties, flow, ask)
    if isinstance(subject, Refusal):
        return subject
    request_id = parties.request_id(flow, (number, 0), "start_challenge")
    challenge = await parties.platform.start_challenge(request_id, subject, flow.kind, check, ask)
    if isinstance(challenge, Refusal):
        return challenge
    return _step(number, stage, check, challenge, challenge_id=challenge.number)


async def proof(
    parties: Parties, flow: Flow, step: Step, answer: Answer, ask: Ask
) -> str | Refusal:
    """The proof that a right answer earns."""
    assert step.check is not None, step.stage
    place = (step.number, step.attempt)
    kind = step.check.vouch_kind
    if kind is None:
        request_id = parties.request_id(flow, place, "answer_challenge", answer)
        return await parties.platform.answer_challenge(request_id, step.challenge_id, answer, ask)
    request_id = parties.request_id(flow, place, "answer_vouch", answer)
    refusal = await parties.vouching.answer_vouch(request_id, step.vouch_id, answer.text, ask)
    if refusal is not None:
        return refusal
    return await _vouched(parties, flow, place, step.check, ask)


async def silent_proof(
    parties: Parties, flow: Flow, check: Check, kind: VouchKind, ask: Ask
) -> str | Refusal:
    """The proof of a check that asks the person nothing: being signed in is the check."""
    place = (flow.steps_taken + 1, 0)
    request_id = parties.request_id(flow, place, "start_vouch")
    vouch = await parties.vouching.start_vouch(request_id, flow.account, kind, ask)
    if isinstance(vouch, Refusal):
        return vouch
    request_id = parties.request_id(flow, place, "answer_vouch")
    refusal = await parties.vouching.answer_vouch(request_id, vouch.number, "", ask)
    if refusal is not None:
        return refusal
    return await _vouched(parties, flow, place, check, ask)


async def _vouched(
    parties: Parties, flow: Flow, place: tuple[int, int], check: Check, ask: Ask
) -> str | Refusal:
    subject = await _subject(parties, flow, ask)
    if isinstance(subject, Refusal):
        return subject
    request_id = parties.request_id(flow, place, "start_vouched")
    challenge = await parties.platform.start_challenge(request_id, subject, flow.kind, check, ask)
    if isinstance(challenge, Refusal):
        return challenge
    request_id = parties.request_id(flow, place, "answer_vouched")
    return await parties.platform.answer_challenge(request_id, challenge.number, None, ask)


async def _subject(parties: Parties, flow: Flow, ask: Ask) -> Subject | Refusal:
    """Who is asked: a person while there may be no link, the link's holder afterwards."""
    if flow.kind is not FlowKind.APPLY:
        return Subject(link_id=flow.memory.link_id)
    person = await parties.vouching.get_person(flow.account, ask)
    return person if isinstance(person, Refusal) else Subject(person=person)


def _step(
    number: int,
    stage: Stage,
    check: Check,
    asked: Question,
    *,
    vouch_id: str = "",
    challenge_id: str = "",
) -> Step:
    return Step(
        number=number,
        stage=stage,
        check=check,
        expire_time=asked.expire_time,
        tries_left=asked.tries_left,
        masked_phone=asked.masked_phone,
        actions=asked.actions,
        digits=asked.digits,
        vouch_id=vouch_id,
        challenge_id=challenge_id,
    )
