"""The stage: what steps play on. Everything that a step does to the world goes through here.

    phone = await stage.phone("zhang-san", "wechat")   # an account and a session when first used
    stage.things.keep("my-code", walk.code)
    stage.expect("the panel in wechat", "LINKED", seen)

Steps may run at the same time; each is noted in the history when it begins and when it ends. What
cannot be done to a party that somebody else runs is said, noted and skipped.
"""

import random
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextvars import ContextVar
from typing import ClassVar, Protocol

import grpc

from essc.lab.v1.fault_pb2 import Fault, FaultStatus
from essc_wire.client import Peer
from essc_wire.refusals import Refusal
from essc_workbench.bureau import Bureau
from essc_workbench.citizens import Citizen, Phone
from essc_workbench.connections import Connections
from essc_workbench.counters import Provider, Verifier
from essc_workbench.enrolment import BUREAU, OPERATOR, PROVIDER, VERIFIER
from essc_workbench.failures import UsageError, WorkbenchError, told
from essc_workbench.federation import Federation
from essc_workbench.gate.effects import PARTIES
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.powers import party_of
from essc_workbench.history.journal import Journal
from essc_workbench.operators import Operator
from essc_workbench.population import WALLET_PASSWORD
from essc_workbench.report.verdicts import Expectation
from essc_workbench.scenarios.cast import Cast
from essc_workbench.scenarios.powers import Powers
from essc_workbench.scenarios.settling import WITHIN_S, Left, Settling
from essc_workbench.scenarios.things import Things
from essc_workbench.scenarios.unmet import NotPlayable, Unmet
from essc_workbench.trace import Traces

_INSIDE: ContextVar[int] = ContextVar("inside", default=0)
"""The number of the step that is being played."""


class Playable(Protocol):
    """A step, as the stage sees it."""

    verb: ClassVar[str]

    @property
    def line(self) -> int: ...
    def told(self) -> str: ...
    def inside(self) -> Iterator["Playable"]: ...
    def secrets(self) -> Iterator[str]: ...
    async def play(self, stage: "Stage") -> None: ...


class Stage:
    """Everything and everybody of one run."""

    def __init__(
        self,
        federation: Federation,
        connections: Connections,
        journal: Journal,
        cast: Cast,
        *,
        seed: int,
        powers: Powers,
        faults: FaultBook,
        traces: Traces,
        admitting: AbstractSet[str] = frozenset(),
    ) -> None:
        self.federation, self.connections, self.journal = federation, connections, journal
        self.cast, self.seed = cast, seed
        self.powers, self.faults, self.traces = powers, faults, traces
        self._admitting = admitting
        self.things = Things()
        self.expectations: list[Expectation] = []
        self.steps: list[Playable] = []
        """Every step, those inside others too; a step's number is its place, from 1."""
        self._numbers: dict[int, int] = {}
        self._plays: Counter[int] = Counter()

    # --- playing ------------------------------------------------------------------------------

    async def play(self, step: Playable) -> None:
        """Plays a step, noted. Raises Unmet where it did not go as it expects, or not at all."""
        number = self.number(step)
        self._plays[number] += 1
        outer = _INSIDE.get()
        self.journal.happened(
            "step-began",
            step=number,
            verb=step.verb,
            text=step.told(),
            line=step.line,
            inside=outer,
        )
        token = _INSIDE.set(number)
        ended = "failed"
        try:
            with self.traces.during(step=number):
                await step.play(self)
            ended = "done"
        except Unmet as unmet:
            ended = "unmet"
            self._note_unmet(number, unmet)
            raise
        except (grpc.RpcError, WorkbenchError) as error:
            if isinstance(error, NotPlayable):
                raise
            if isinstance(error, UsageError):
                raise NotPlayable(f"{step.line}: {error}" if step.line else str(error)) from error
            ended = "unmet"
            seen = told(error) if isinstance(error, grpc.RpcError) else str(error)
            found = Unmet("to be done", seen, about=step.told())
            self._note_unmet(number, found)
            raise found from error
        finally:
            _INSIDE.reset(token)
            self.journal.happened("step-ended", step=number, outcome=ended)

    def number(self, step: Playable) -> int:
        """A step's number. One that is new, and all inside it, get the next ones."""
        if id(step) not in self._numbers:
            self.steps.append(step)
            self._numbers[id(step)] = len(self.steps)
            for inner in step.inside():
                self.number(inner)
        return self._numbers[id(step)]

    def _note_unmet(self, number: int, unmet: Unmet) -> None:
        if not unmet.is_noted:
            self._note(number, unmet.about, unmet.expected, unmet.seen, is_met=False)
            unmet.is_noted = True
            unmet.step = self.steps[number - 1].told() if number else ""

    @property
    def step(self) -> int:
        """The number of the step that is being played; 0 outside of steps."""
        return _INSIDE.get()

    def chance(self, *names: object) -> random.Random:
        """A source of chance of its own, the same for the same seed and names."""
        return random.Random("/".join(map(str, (self.seed, *names))))

    def chance_of_step(self) -> random.Random:
        """The chance of the step that is being played, another one each time it is played."""
        return self.chance("step", self.step, self._plays[self.step])

    def expect(
        self, about: str, expected: object, seen: object, *, is_met: bool | None = None
    ) -> None:
        """Notes what was expected and what was seen. Raises Unmet if these are not equal.

        What is compared in another way says with `is_met` what came of it.
        """
        holds = expected == seen if is_met is None else is_met
        if not holds:
            unmet = Unmet(expected, seen, about=about)
            self._note_unmet(self.step, unmet)
            raise unmet
        self._note(self.step, about, str(expected), str(seen), is_met=True)

    def _note(self, number: int, about: str, expected: str, seen: str, *, is_met: bool) -> None:
        at_us = self.journal.now_us()
        self.journal.happened(
            "expected", step=number, about=about, expected=expected, seen=seen, is_met=is_met
        )
        self.expectations.append(
            Expectation(
                step=number, about=about, expected=expected, seen=seen, is_met=is_met, at_us=at_us
            )
        )

    # --- people and parties -------------------------------------------------------------------

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of this run."""
        return tuple(self.federation.channel_ids)

    def citizen(self, alias: str) -> Citizen:
        """A citizen of the scenario, or the persona of that name."""
        return self.cast.citizen(alias)

    async def phone(self, alias: str, channel: str, device: str = "phone") -> Phone:
        """A citizen's phone in a channel, with an account and signed in."""
        return await self.cast.phone(alias, channel, device)

    def peer(self, caller: str) -> Peer:
        """The platform as a party calls it; as nobody without a name."""
        return self.connections.platform(caller)

    @property
    def bureau(self) -> Bureau:
        """The card bureau's desk."""
        return Bureau(self.peer(BUREAU))

    @property
    def operator(self) -> Operator:
        """The operator's desk."""
        return Operator(self.peer(OPERATOR))

    def verifier(self, verifier_id: str = VERIFIER) -> Verifier:
        """A counter that scans codes."""
        return Verifier(self.peer(verifier_id))

    def provider(self, provider_id: str = PROVIDER) -> Provider:
        """A counter that serves and bills."""
        return Provider(self.peer(provider_id))

    def secrets(self) -> set[str]:
        """What must be found nowhere: who people are, their passwords, what admits them."""
        people = [
            text
            for each in self.cast.met.values()
            for text in (each.name, each.id_number, each.phone)
        ]
        told = [value for step in self.steps for value in step.secrets()]
        passwords = (WALLET_PASSWORD, *self.cast.passwords(), *told)
        return {*people, *passwords, *self.things.secrets, *self._admitting} - {""}

    # --- the world ----------------------------------------------------------------------------

    async def add_fault(self, fault: Fault) -> None:
        """Begins a fault; it ends with its lease, or before the run settles.

        What cannot be done to a party is skipped. Raises UsageError for a fault that fits nobody.
        """
        effect = fault.WhichOneof("effect") or ""
        if effect in PARTIES:
            party = party_of(effect, getattr(fault, effect))
            if not self.powers.may(effect, party):
                return
        _accepted(await self.faults.add(fault), fault.fault_id)

    async def end_fault(self, fault_id: str) -> None:
        """Ends a fault now. Raises UsageError if there never was one of that name."""
        _accepted(await self.faults.remove(fault_id), fault_id)

    async def be_kind(self) -> None:
        """Ends every fault; whoever stands still or is down goes on."""
        await self.faults.end_all()
        await self.powers.mend()

    async def settle(self, within_s: float = WITHIN_S) -> tuple[Left, ...]:
        """Waits until every consequence has arrived, or the time is over: what is pending.

        A foreign party without a lab port cannot be asked, and is not waited for.
        """
        asked = [name for name in self.channels if self.connections.has_lab(name)]
        for name in sorted({*self.channels} - {*asked}):
            self.powers.note_skipped(name, "settle", "it has no lab port here")
        left = await Settling(self.connections, asked).settle(within_s)
        pending = "; ".join(map(str, left))
        self.journal.happened("settled", step=self.step, pending=pending)
        return left


def _accepted(answer: FaultStatus | Refusal, fault_id: str) -> None:
    if isinstance(answer, Refusal):
        why = "; ".join(f"{each.field}: {each.text}" for each in answer.violations)
        raise UsageError(f"fault {fault_id}: {answer.reason}{': ' + why if why else ''}")
