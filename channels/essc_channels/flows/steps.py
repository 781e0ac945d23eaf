"""Entering a stage: the step that the person is shown, or nothing where it asks nothing."""

from typing import Final

from essc_channels.core import flows as table
from essc_channels.core.flow_kinds import Check, Stage
from essc_channels.core.flow_records import Step
from essc_channels.core.paths import SHOWN
from essc_channels.core.records import Words
from essc_channels.core.texts import CONSENTS
from essc_channels.flows import checks, choices, showings
from essc_channels.flows.settings import Entered, Setting
from essc_wire.refusals import Refusal

# Which choice a consent's text names.
_NAMED: Final[dict[Stage, Stage]] = {
    Stage.CONSENT_TO_BIND: Stage.CHOOSE_RELATION,
    Stage.CONSENT_TO_REMOVE: Stage.CHOOSE_MEMBER,
    Stage.CONSENT_TO_LEAVE: Stage.CHOOSE_BINDER,
    Stage.CONSENT_TO_CERTIFY: Stage.CHOOSE_PERSON,
    Stage.CONSENT_TO_PAY: Stage.CHOOSE_ORDER,
}


async def enter(
    at: Setting, stage: Stage, number: int, because: Refusal | None = None
) -> Entered | Refusal:
    """What a stage shows. `because` is the refusal that led here, if one did."""
    memory = at.flow.memory
    if table.is_passed_over(stage, memory):
        return Entered(memory=memory)
    if table.is_choice(stage):
        return await choices.offer(at, stage, number, because)
    if stage in SHOWN:
        return await showings.show(at, stage, number)
    if table.is_consent(stage):
        return await _consent(at, stage, number)
    is_own_bank = at.parties.profile.vouches_for_bank_phone
    check = table.check_of(stage, memory, is_own_bank=is_own_bank)
    if check is None:
        return Entered(memory=memory, step=Step(number=number, stage=stage))
    if check is Check.REAL_NAME_ACCOUNT:
        proof = await checks.silent_proof(at, stage, check)
        if isinstance(proof, Refusal):
            return proof
        return Entered(memory=memory.with_proof(stage, proof))
    question = await checks.question(at, stage, check)
    return question if isinstance(question, Refusal) else Entered(memory=memory, step=question)


async def _consent(at: Setting, stage: Stage, number: int) -> Entered | Refusal:
    memory = at.flow.memory
    if not table.is_versioned(stage):
        text = CONSENTS[stage]
        if stage in _NAMED:
            label = memory.choice(_NAMED[stage]).label
            text = Words(text.zh.format(zh=label.zh), text.en.format(en=label.en))
        return Entered(memory=memory, step=Step(number=number, stage=stage, text=text))
    if stage is Stage.NOTICE:
        consent = await at.parties.family.get_notice(at.ask)
    else:
        consent = await at.parties.platform.get_consent(at.ask)
    if isinstance(consent, Refusal):
        return consent
    step = Step(number=number, stage=stage, text=consent.text, version=consent.version)
    return Entered(memory=memory, step=step)
