"""A walk: what one call of a phone sets in motion in one flow.

The tables of `essc_channels.core.flows` say where it goes. The walk gathers what changes and saves
nothing: whoever began it saves flow, account and shadow copy together with the answer. If a party
cannot be reached on the way, nothing has changed here, and the same answer starts the same walk
again, with the same request ids.
"""

from dataclasses import replace

from essc_channels.core import flows as table
from essc_channels.core.channel_profiles import IdentityCheck
from essc_channels.core.flow_records import (
    Answer,
    Check,
    Flow,
    FlowState,
    Option,
    Stage,
    Step,
    ended,
)
from essc_channels.core.flows import Turn
from essc_channels.core.records import Account, Holding, Words
from essc_channels.core.texts import CHECK_LABELS, CONSENTS
from essc_channels.flows import checks, commands
from essc_channels.flows.parties import Parties
from essc_channels.ports import Ask
from essc_wire.refusals import Refusal

_REGIONS_MAX = 10


class Walk:
    """One call's worth of a flow. `flow`, `account` and `holding` say what came of it."""

    def __init__(self, parties: Parties, flow: Flow, account: Account, ask: Ask) -> None:
        self.flow, self.account = flow, account
        self.holding: Holding | None = None
        self._parties, self._ask = parties, ask

    async def begin(self) -> Refusal | None:
        """Goes to the first step. A refusal means that nothing happened yet."""
        return await self._go_on(Stage.START)

    async def answer(self, answer: Answer) -> Refusal | None:
        """Judges a fitting answer to the current step and goes where it leads."""
        step = self.flow.step
        assert step is not None, "only an open flow is answered"
        if table.is_consent(step.stage) and not answer.is_yes:
            self._fail("CONSENT_DECLINED")
            return None
        refusal = await self._judge(step, answer)
        if refusal is not None:
            return await self._turn(step, refusal)
        return await self._go_on(step.stage)

    async def _judge(self, step: Step, answer: Answer) -> Refusal | None:
        """Takes in what the answer is worth, and runs the command that belongs to the stage."""
        memory = self.flow.memory
        if step.stage is Stage.CHOOSE_CHECK:
            memory = replace(memory, check=Check[answer.text])
        elif step.stage is Stage.CHOOSE_REGION:
            memory = replace(memory, region=answer.text)
        elif table.is_versioned(step.stage):
            memory = replace(memory, consent_version=step.version)
        elif step.check is not None:
            proof = await checks.proof(self._parties, self.flow, step, answer, self._ask)
            if isinstance(proof, Refusal):
                return proof
            memory = memory.with_proof(step.stage, proof)
        # Kept even if the command is refused: asking for the region follows that refusal.
        self.flow = flow = replace(self.flow, memory=memory)
        command = table.COMMANDS.get((flow.kind, step.stage))
        if command is None:
            return None
        done = await commands.run(
            self._parties, command, flow, self.account, step, answer, self._ask
        )
        if isinstance(done, Refusal):
            return done
        self._take(done)
        return None

    async def _turn(self, step: Step, refusal: Refusal) -> Refusal | None:
        """Follows what a refusal means at this step."""
        tries_left = _tries_left(refusal, step)
        match table.turn(step.stage, refusal.reason, tries_left):
            case Turn.WAIT:
                return refusal
            case Turn.AGAIN:
                again = replace(step, attempt=step.attempt + 1, last_reason=refusal.reason)
                self.flow = replace(self.flow, step=replace(again, tries_left=tries_left))
                return None
            case Turn.ANEW:
                return await self._go_to(table.renewed(step.stage), refusal)
            case Turn.CHOOSE_REGION:
                return await self._go_to(Stage.CHOOSE_REGION, refusal)
            case Turn.ADOPT:
                done = await commands.adopt(self._parties, self.flow, self.account, self._ask)
                if isinstance(done, Refusal):
                    return self._fail_unless_open(step.stage, done)
                self._take(done)
                return await self._go_on(step.stage)
            case Turn.FAIL:
                self._fail(refusal.reason)
                return None

    async def _go_on(self, stage: Stage) -> Refusal | None:
        return await self._go_to(table.NEXT[self.flow.kind, stage])

    async def _go_to(self, stage: Stage, because: Refusal | None = None) -> Refusal | None:
        """Enters a stage, or the first one after it that asks something."""
        while stage is not Stage.DONE:
            entered = await self._enter(stage, because)
            if isinstance(entered, Refusal):
                return self._fail_unless_open(stage, entered)
            self.flow = replace(self.flow, steps_taken=self.flow.steps_taken + 1)
            if entered is not None:
                reason = because.reason if because and stage is not Stage.CHOOSE_REGION else ""
                self.flow = replace(self.flow, step=replace(entered, last_reason=reason))
                return None
            stage = table.NEXT[self.flow.kind, stage]
        self.flow = ended(self.flow, FlowState.COMPLETED)
        return None

    async def _enter(self, stage: Stage, because: Refusal | None) -> Step | Refusal | None:
        """The step that a stage shows; nothing if it asks nothing."""
        number = self.flow.steps_taken + 1
        if stage is Stage.CHOOSE_CHECK:
            return self._choice_of_check(number)
        if stage is Stage.CHOOSE_REGION:
            return _choice_of_region(number, because)
        if stage is Stage.SHOW_CARD:
            return await self._shown_card(number)
        if table.is_consent(stage):
            return await self._consent(number, stage)
        check = table.check_of(stage, self.flow.memory)
        if check is None:
            return Step(number=number, stage=stage)
        if check is Check.REAL_NAME_ACCOUNT:
            return await self._pass_silently(stage, check)
        return await checks.question(self._parties, self.flow, stage, check, self._ask)

    def _choice_of_check(self, number: int) -> Step | None:
        memory = self.flow.memory
        own = tuple(map(_check, self._parties.profile.identity_checks))
        offered = table.offered_checks(own, self.flow.kind, memory)
        if len(offered) == 1:
            self.flow = replace(self.flow, memory=replace(memory, check=offered[0]))
            return None
        options = tuple(Option(choice_id=each.name, label=CHECK_LABELS[each]) for each in offered)
        return Step(number=number, stage=Stage.CHOOSE_CHECK, options=options)

    async def _consent(self, number: int, stage: Stage) -> Step | Refusal:
        if not table.is_versioned(stage):
            return Step(number=number, stage=stage, text=CONSENTS[stage])
        consent = await self._parties.platform.get_consent(self._ask)
        if isinstance(consent, Refusal):
            return consent
        return Step(number=number, stage=stage, text=consent.text, version=consent.version)

    async def _shown_card(self, number: int) -> Step | Refusal:
        holding = await self._parties.platform.get_card(self.flow.memory.link_id, self._ask)
        if isinstance(holding, Refusal):
            return holding
        self.holding = holding
        return Step(
            number=number,
            stage=Stage.SHOW_CARD,
            card=holding.card,
            signed_card=holding.signed_card,
        )

    async def _pass_silently(self, stage: Stage, check: Check) -> Refusal | None:
        kind = check.vouch_kind
        assert kind is not None, check
        proof = await checks.silent_proof(self._parties, self.flow, check, kind, self._ask)
        if isinstance(proof, Refusal):
            return proof
        self.flow = replace(self.flow, memory=self.flow.memory.with_proof(stage, proof))
        return None

    def _take(self, done: commands.Done) -> None:
        self.flow = replace(self.flow, memory=done.memory)
        self.account = done.account
        self.holding = done.holding or self.holding

    def _fail_unless_open(self, stage: Stage, refusal: Refusal) -> Refusal | None:
        if table.turn(stage, refusal.reason, 0) is Turn.WAIT:
            return refusal
        self._fail(refusal.reason)
        return None

    def _fail(self, reason: str) -> None:
        self.flow = ended(self.flow, FlowState.FAILED, reason)


def _check(identity_check: IdentityCheck) -> Check:
    return Check(int(identity_check))


def _tries_left(refusal: Refusal, step: Step) -> int:
    """What the refusal says is left; else one less than before."""
    said = refusal.details.get("tries_left", "")
    if said.isascii() and said.isdigit():
        return int(said)
    return max(step.tries_left - 1, 0)


def _choice_of_region(number: int, because: Refusal | None) -> Step | Refusal:
    """The regions are in the refusal's details, separated by commas."""
    named = because.details.get("regions", "") if because else ""
    regions = tuple(filter(None, (region.strip() for region in named.split(","))))
    if not 2 <= len(regions) <= _REGIONS_MAX:
        return Refusal("REGION_NEEDED")
    options = tuple(Option(choice_id=each, label=Words(each, each)) for each in regions)
    return Step(number=number, stage=Stage.CHOOSE_REGION, options=options)
