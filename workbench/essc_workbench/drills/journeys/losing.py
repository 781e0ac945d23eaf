"""A physical card is reported lost at the bureau, and found again (R6)."""

from collections.abc import Mapping
from typing import Any, Final

from essc.registry.v1 import registry_service_pb2 as registry
from essc_workbench.drills.journeys.calls import Ask, Ended, Line, mixed_up
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn

_SERVICE: Final = "essc.registry.v1.RegistryService"
_CARD: Final = ("physical_card.physical_card_id", "physical_card.status")


class ReportLoss(Acted):
    """The card is reported lost for the time being, and the loss lifted.

    After a journey of which the end is not known the next one lifts a loss that may be there.
    """

    def __init__(
        self, ids: RequestIds, bureau: Line, circle: Taking, cards: Mapping[int, str]
    ) -> None:
        super().__init__(ids)
        self._circle, self._cards = circle, cards
        self._unsure = set[int]()
        self._report = Ask(
            bureau,
            f"{_SERVICE}/ReportLoss",
            registry.ReportLossResponse,
            asked=("physical_card_id", "kind"),
            told=_CARD,
            tell=_told,
        )
        self._lift = Ask(
            bureau,
            f"{_SERVICE}/LiftLoss",
            registry.LiftLossResponse,
            asked=("physical_card_id",),
            told=_CARD,
            tell=_told,
        )

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        with self._circle.taken(place) as found:
            if found in self._unsure:
                await self._lift_if_lost(turn, found)
            self._unsure.add(found)
            await self._reported(turn, found)
            await self._lifted(turn, found)
            self._unsure.discard(found)

    async def _reported(self, turn: Turn, place: int) -> None:
        card_id, request_id = self._cards[place], turn.request_id()
        kind = registry.ReportLossRequest.KIND_TEMPORARY
        request = registry.ReportLossRequest(
            request_id=request_id, physical_card_id=card_id, kind=kind
        )
        answer = await self._report(
            request.SerializeToString(), request_id, turn.deadline_s, (place,), (card_id, kind)
        )
        if answer.physical_card.physical_card_id != card_id:
            raise mixed_up()

    async def _lifted(self, turn: Turn, place: int) -> None:
        card_id, request_id = self._cards[place], turn.request_id()
        request = registry.LiftLossRequest(request_id=request_id, physical_card_id=card_id)
        answer = await self._lift(
            request.SerializeToString(), request_id, turn.deadline_s, (place,), (card_id,)
        )
        if answer.physical_card.physical_card_id != card_id:
            raise mixed_up()

    async def _lift_if_lost(self, turn: Turn, place: int) -> None:
        try:
            await self._lifted(turn, place)
        except Ended as ended:
            if not ended.is_refusal or ended.reason != "PHYSICAL_CARD_STATUS_FORBIDS":
                raise


def _told(answer: registry.ReportLossResponse | registry.LiftLossResponse) -> tuple[Any, ...]:
    return (answer.physical_card.physical_card_id, answer.physical_card.status)
