"""A code is shown and scanned for payment, a provider bills, and the person pays by phone."""

from collections.abc import Mapping
from dataclasses import replace

from essc.channel.v1 import channel_pb2 as channel
from essc.code.v1.code_pb2 import USAGE_PAYMENT
from essc_workbench.drills.journeys.by_phone import HONEST, OfCircle
from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.paying import Biller
from essc_workbench.drills.journeys.scanning import Scanner
from essc_workbench.drills.journeys.turns import RequestIds, Turn
from essc_workbench.drills.journeys.walking import Phones
from essc_workbench.drills.outcomes import Outcome


class PayByPhone(OfCircle):
    """A payment of a fen, without the card password."""

    def __init__(
        self,
        ids: RequestIds,
        phones: Mapping[str, Phones],
        circle: Taking,
        scanner: Scanner,
        biller: Biller,
    ) -> None:
        super().__init__(ids, phones, circle)
        self._scanner, self._biller = scanner, biller

    async def act(self, place: int, name: str, turn: Turn) -> None:
        phones = self._phones[name]
        with self._circle.taken(place) as found:
            shown = await phones.walk(turn, found, channel.FLOW_KIND_SHOW_CODE, HONEST)
            if not shown.code:
                raise Ended(Outcome.FAILED, "NO_CODE_SHOWN")
            check = await self._scanner.scan(turn, found, shown.code, USAGE_PAYMENT)
            order_id = await self._biller.bill(turn, found, check_number=check)
            conduct = replace(HONEST, preferences=(order_id,))
            await phones.walk(turn, found, channel.FLOW_KIND_PAY, conduct)
