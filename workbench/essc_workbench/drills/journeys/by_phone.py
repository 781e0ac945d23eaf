"""The journeys as people play them: phones in channels, which call the platform in turn.

A verifier and a provider call the platform as ever. Nobody reports a loss by phone: that is done at
a bureau's desk.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel, Step
from essc.code.v1.code_pb2 import USAGE_QUERY
from essc.family.v1.family_pb2 import Relation
from essc_workbench.answers import Conduct, Mistake, erring
from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.families import ADDINGS
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.scanning import Scanner
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn
from essc_workbench.drills.journeys.walking import Phones, persona_of
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.families import CARD_PASSWORD
from essc_workbench.seeding.people import HOUSEHOLD

QUICK: Final = ("FACE", "WALLET_PASSWORD")
"""The checks that take no text message, where there is a choice."""
HONEST: Final = Conduct(card_password=CARD_PASSWORD, preferences=("self", *QUICK))
_WRONG: Final = erring(Mistake.WRONG_PASSWORD, conduct=HONEST)
_WRONG_MAX: Final = 4


class OfPhones(Acted):
    """A journey of phones."""

    def __init__(self, ids: RequestIds, phones: Mapping[str, Phones]) -> None:
        super().__init__(ids)
        self._phones = phones


class OpenPanel(OfPhones):
    """The home page is opened; what it shows is the platform's word, or a copy that says so."""

    def __init__(self, ids: RequestIds, phones: Mapping[str, Phones], rest: range) -> None:
        super().__init__(ids, phones)
        self._rest = rest

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        found = place if place in self._rest else self._rest[place % len(self._rest)]
        panel = await self._phones[channel].panel(turn, found)
        if panel.state != Panel.STATE_USABLE:
            name = Panel.State.Name(panel.state).removeprefix("STATE_")
            raise Ended(Outcome.REFUSED, panel.reason or f"PANEL_{name}")


class OfCircle(OfPhones):
    """A journey of a circle, one at a time for each person: a phone shows one flow of a kind."""

    def __init__(self, ids: RequestIds, phones: Mapping[str, Phones], circle: Taking) -> None:
        super().__init__(ids, phones)
        self._circle = circle


class ShowCode(OfCircle):
    """A code is shown."""

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        with self._circle.taken(place) as found:
            await self._shown(turn, channel, found)

    async def _shown(self, turn: Turn, name: str, place: int) -> str:
        kind = channel.FLOW_KIND_SHOW_CODE
        walk = await self._phones[name].walk(turn, place, kind, HONEST)
        if not walk.code:
            raise Ended(Outcome.FAILED, "NO_CODE_SHOWN")
        return walk.code


class ShowAndScan(ShowCode):
    """A code is shown, and a verifier scans it."""

    def __init__(
        self, ids: RequestIds, phones: Mapping[str, Phones], circle: Taking, scanner: Scanner
    ) -> None:
        super().__init__(ids, phones, circle)
        self._scanner = scanner

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        with self._circle.taken(place) as found:
            code = await self._shown(turn, channel, found)
            await self._scanner.scan(turn, found, code, USAGE_QUERY)


class Apply(OfPhones):
    """A person without a link gets one: everybody once in each channel, one after the other."""

    def __init__(self, ids: RequestIds, phones: Mapping[str, Phones], people: Taking) -> None:
        super().__init__(ids, phones)
        self._people, self._next = people.places, dict.fromkeys(phones, 0)

    async def act(self, place: int, name: str, turn: Turn) -> None:
        number = self._next[name]
        if number >= len(self._people):
            raise Ended(Outcome.NOT_SENT, "NOBODY_WITHOUT_LINK")
        self._next[name] = number + 1
        phones, applicant = self._phones[name], self._people[number]
        await phones.sign_in(turn, applicant)
        await phones.walk(turn, applicant, channel.FLOW_KIND_APPLY, HONEST)


class UnlinkAndLink(OfCircle):
    """The link is given up, and applied for again.

    After a journey of which the end is not known the next one looks first what the panel shows.
    """

    def __init__(self, ids: RequestIds, phones: Mapping[str, Phones], circle: Taking) -> None:
        super().__init__(ids, phones, circle)
        self._unsure = {name: set[int]() for name in phones}

    async def act(self, place: int, name: str, turn: Turn) -> None:
        phones, unsure = self._phones[name], self._unsure[name]
        with self._circle.taken(place) as found:
            is_linked = True
            if found in unsure:
                panel = await phones.panel(turn, found)
                is_linked = panel.state != Panel.STATE_NOT_OPENED
            unsure.add(found)
            if is_linked:
                await phones.walk(turn, found, channel.FLOW_KIND_UNLINK, HONEST)
            await phones.walk(turn, found, channel.FLOW_KIND_APPLY, HONEST)
            unsure.discard(found)


class WrongPassword(OfCircle):
    """One wrong card password where it is to be changed; after four of them the right one."""

    def __init__(self, ids: RequestIds, phones: Mapping[str, Phones], circle: Taking) -> None:
        super().__init__(ids, phones, circle)
        self._wrong: Counter[int] = Counter()

    async def act(self, place: int, name: str, turn: Turn) -> None:
        with self._circle.taken(place) as found:
            if self._wrong[found] >= _WRONG_MAX:
                await self._entered(turn, name, found, HONEST)
                self._wrong[found] = 0
            self._wrong[found] += 1
            if await self._entered(turn, name, found, _WRONG) != "PASSWORD_WRONG":
                raise Ended(Outcome.FAILED, "PASSWORD_TAKEN_WRONG")

    async def _entered(self, turn: Turn, name: str, place: int, conduct: Conduct) -> str:
        """Enters it once, and leaves. Why it was not good; empty if it was."""
        phones, kind = self._phones[name], channel.FLOW_KIND_CHANGE_PASSWORD
        walk = await phones.walk(turn, place, kind, conduct, until=_was_entered)
        await phones.cancel(turn, place, walk.flow)
        return walk.step.last_reason


class Certify(OfCircle):
    """A pension certification."""

    async def act(self, place: int, name: str, turn: Turn) -> None:
        with self._circle.taken(place) as found:
            kind = channel.FLOW_KIND_CERTIFY
            await self._phones[name].walk(turn, found, kind, HONEST)


class BindFamily(OfPhones):
    """A member is bound and released."""

    def __init__(
        self,
        ids: RequestIds,
        phones: Mapping[str, Phones],
        people: People,
        households: Sequence[int],
    ) -> None:
        super().__init__(ids, phones)
        self._people, self._free = people, list(reversed(households))
        self._added = dict.fromkeys(households, 0)

    async def act(self, place: int, name: str, turn: Turn) -> None:
        if not self._free:
            raise Ended(Outcome.NOT_SENT, "NOBODY_FREE")
        household = self._free.pop()
        adding = ADDINGS[self._added[household]]
        self._added[household] += 1
        phones, first = self._phones[name], household * HOUSEHOLD
        holder = first + adding.holder
        relation = Relation.Name(adding.relation).removeprefix("RELATION_")
        conduct = Conduct(
            card_password=CARD_PASSWORD,
            preferences=(relation, "FACE"),
            companion=persona_of(self._people.person(first + adding.member)),
        )
        await phones.walk(turn, holder, channel.FLOW_KIND_ADD_MEMBER, conduct)
        await phones.walk(turn, holder, channel.FLOW_KIND_REMOVE_MEMBER, HONEST)
        if self._added[household] < len(ADDINGS):
            self._free.insert(0, household)


def _was_entered(step: Step) -> bool:
    """Whether the old password was judged: asked for again, or the new one is asked for."""
    return bool(step.last_reason) or step.card_password.is_new
