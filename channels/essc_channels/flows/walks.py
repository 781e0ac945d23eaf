"""A walk: what one call of a phone sets in motion in one flow.

The tables of the core (`paths`, `turns`, `flows`) say where it goes. The walk gathers what changes
and saves nothing: whoever began it saves flow, account and shadow copy together with the answer. If
a party cannot be reached on the way, nothing has changed here, and the same answer starts the same
walk again, with the same request ids.
"""

from dataclasses import replace

from essc_channels.core import flows as table
from essc_channels.core import turns
from essc_channels.core.dates import is_child
from essc_channels.core.flow_kinds import FlowState, Stage
from essc_channels.core.flow_records import Answer, Draft, Flow, Step, ended
from essc_channels.core.paths import COMMANDS, NEXT, SHOWN
from essc_channels.core.records import Account, Holding, Session
from essc_channels.core.turns import Turn
from essc_channels.flows import checks, choices, commands, drafts, forms, steps
from essc_channels.flows.parties import Parties
from essc_channels.flows.settings import Setting
from essc_channels.ports import Ask
from essc_wire.refusals import Refusal


class Walk:
    """One call's worth of a flow. `flow`, `account` and `holding` say what came of it."""

    def __init__(
        self, parties: Parties, flow: Flow, account: Account, session: Session, ask: Ask
    ) -> None:
        self.flow, self.account = flow, account
        self.holding: Holding | None = None
        self._parties, self._session, self._ask = parties, session, ask
        self._draft = drafts.unseal(session.secret, flow.flow_id, flow.sealed_draft)

    async def begin(self) -> Refusal | None:
        """Goes to the first step. A refusal means that nothing happened yet."""
        return await self._go_on(Stage.START)

    async def show_again(self) -> Refusal | None:
        """Shows once more what the current step shows and nobody keeps.

        A refusal that would have ended the flow before the first answer ends nothing now: there is
        just nothing to be shown any more.
        """
        step = self.flow.step
        assert step is not None, "only an open flow shows something"
        entered = await steps.enter(self._setting(), step.stage, step.number)
        if isinstance(entered, Refusal):
            is_open = turns.turn(step.stage, entered.reason, 0) is Turn.WAIT
            return entered if is_open else Refusal("FLOW_NOT_OFFERED")
        self.flow = replace(self.flow, step=entered.step)
        return None

    async def answer(self, answer: Answer) -> Refusal | None:
        """Judges a fitting answer to the current step and goes where it leads."""
        step = self.flow.step
        assert step is not None, "only an open flow is answered"
        if table.is_consent(step.stage) and not answer.is_yes:
            self._fail("CONSENT_DECLINED")
            return None
        if step.stage in SHOWN:
            return await self._read_on(step, answer)
        refusal = await self._judge(step, answer)
        if refusal is None:
            refusal = await self._run(step.stage, (step.number, step.attempt), answer)
        if refusal is not None:
            return await self._turn(step.stage, refusal)
        return await self._go_on(step.stage)

    async def _read_on(self, step: Step, answer: Answer) -> Refusal | None:
        """The next page, if there is one and it is wanted."""
        if not (answer.is_yes and step.next_page_token):
            return await self._go_on(step.stage)
        memory = replace(self.flow.memory, page_token=step.next_page_token)
        self.flow = replace(self.flow, memory=memory)
        return await self._go_to(step.stage)

    async def _judge(self, step: Step, answer: Answer) -> Refusal | None:
        """Takes in what the answer is worth."""
        memory = self.flow.memory
        if step.options:
            chosen = next(each for each in step.options if each.choice_id == answer.text)
            memory = choices.taken(memory, step.stage, chosen)
        elif step.stage is Stage.MEMBER_FORM:
            return self._take_form(step, answer)
        elif step.stage is Stage.CARD_PHOTO:
            self._take_draft(replace(self._draft, card_photo=answer.capture))
        elif step.stage is Stage.FACE_PHOTO:
            self._take_draft(replace(self._draft, face_photo=answer.capture))
        elif table.is_versioned(step.stage):
            memory = replace(memory, consent_version=step.version)
        elif step.check is not None:
            proof = await checks.proof(self._setting(), step, answer)
            if isinstance(proof, Refusal):
                return proof
            memory = memory.with_proof(step.stage, proof)
        # Kept even if the command is refused: asking for the region follows that refusal.
        self.flow = replace(self.flow, memory=memory)
        return None

    def _take_form(self, step: Step, answer: Answer) -> Refusal | None:
        values, faults = forms.read_member(answer.values)
        if faults:
            self.flow = replace(self.flow, step=replace(step, faults=faults))
            return Refusal("REQUEST_INVALID")
        name, id_number = values["name"], values["id_number"]
        self._take_draft(replace(self._draft, name=name, id_number=id_number))
        young = is_child(self._draft.id_number, self._parties.clock.now())
        self.flow = replace(self.flow, memory=replace(self.flow.memory, is_child=young))
        return None

    def _take_draft(self, draft: Draft) -> None:
        self._draft = draft
        sealed = drafts.seal(self._session.secret, self.flow.flow_id, draft)
        self.flow = replace(self.flow, sealed_draft=sealed)

    async def _run(
        self, stage: Stage, place: tuple[int, int], answer: Answer | None
    ) -> Refusal | None:
        """Runs the command that belongs to a stage, if one does."""
        command = COMMANDS.get((self.flow.kind, stage))
        if command is None:
            return None
        done = await commands.run(self._setting(), command, self.account, place, answer)
        if isinstance(done, Refusal):
            return done
        self._take(done)
        return None

    async def _turn(self, stage: Stage, refusal: Refusal) -> Refusal | None:
        """Follows what a refusal means at the step that was answered, or as a stage is entered."""
        step = self.flow.step
        is_answered = step is not None and step.stage is stage
        tries_left = _tries_left(refusal, step) if step and is_answered else 0
        match turns.turn(stage, refusal.reason, tries_left):
            case Turn.WAIT:
                return refusal
            case Turn.AGAIN if step and is_answered:
                again = replace(step, attempt=step.attempt + 1, last_reason=refusal.reason)
                self.flow = replace(self.flow, step=replace(again, tries_left=tries_left))
                return None
            case Turn.ANEW if is_answered:
                return await self._go_to(stage, refusal)
            case Turn.DETOUR:
                detour = turns.DETOURS[stage, refusal.reason]
                return await self._go_to(detour, refusal, is_told=False)
            case Turn.BACK:
                return await self._go_back(stage, refusal)
            case Turn.ADOPT:
                return await self._adopt(stage)
            case _:
                self._fail(refusal.reason)
                return None

    async def _go_back(self, stage: Stage, refusal: Refusal) -> Refusal | None:
        memory = self.flow.memory
        if memory.setbacks == turns.SETBACKS_MAX:
            self._fail(refusal.reason)
            return None
        young = turns.IS_CHILD.get(refusal.reason, memory.is_child)
        memory = replace(memory, setbacks=memory.setbacks + 1, is_child=young)
        self.flow = replace(self.flow, memory=memory)
        return await self._go_to(turns.BACK_TO[stage, refusal.reason], refusal)

    async def _adopt(self, stage: Stage) -> Refusal | None:
        done = await commands.adopt(self._setting(), self.account)
        if isinstance(done, Refusal):
            if turns.turn(stage, done.reason, 0) is Turn.WAIT:
                return done
            self._fail(done.reason)
            return None
        self._take(done)
        return await self._go_on(stage)

    async def _go_on(self, stage: Stage) -> Refusal | None:
        return await self._go_to(NEXT[self.flow.kind, stage])

    async def _go_to(
        self, stage: Stage, because: Refusal | None = None, *, is_told: bool = True
    ) -> Refusal | None:
        """Enters a stage, or the first one after it that asks something."""
        while stage is not Stage.DONE:
            number = self.flow.steps_taken + 1
            entered = await steps.enter(self._setting(), stage, number, because)
            if isinstance(entered, Refusal):
                self.flow = replace(self.flow, step=None)
                return await self._turn(stage, entered)
            self.flow = replace(self.flow, steps_taken=number, memory=entered.memory)
            self.holding = entered.holding or self.holding
            if entered.step is not None:
                reason = because.reason if because and is_told else ""
                self.flow = replace(self.flow, step=replace(entered.step, last_reason=reason))
                return None
            refusal = await self._run(stage, (number, 0), None)
            if refusal is not None:
                self.flow = replace(self.flow, step=None)
                return await self._turn(stage, refusal)
            stage = NEXT[self.flow.kind, stage]
        self.flow = ended(self.flow, FlowState.COMPLETED)
        return None

    def _setting(self) -> Setting:
        return Setting(
            parties=self._parties,
            flow=self.flow,
            session=self._session,
            draft=self._draft,
            ask=self._ask,
        )

    def _take(self, done: commands.Done) -> None:
        self.flow = replace(self.flow, memory=done.memory)
        self.account = done.account
        self.holding = done.holding or self.holding

    def _fail(self, reason: str) -> None:
        self.flow = ended(self.flow, FlowState.FAILED, reason)


def _tries_left(refusal: Refusal, step: Step) -> int:
    """What the refusal says is left; else one less than before."""
    said = refusal.details.get("tries_left", "")
    if said.isascii() and said.isdigit():
        return int(said)
    return max(step.tries_left - 1, 0)
