"""Certifying a pension: that its recipient lives, by the live face (R50, R52).

Who is certified already is answered so, which is as good an end as the first time.
"""

from collections.abc import Mapping

from essc.certification.v1 import certification_service_pb2 as certification
from essc.identity.v1 import identity_pb2 as identity
from essc_workbench.drills.journeys.calls import Ask, Line
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn


class Certify(Acted):
    """A pension certification."""

    def __init__(
        self,
        ids: RequestIds,
        desks: Mapping[str, Desk],
        circle: Taking,
        lines: Mapping[str, Line],
    ) -> None:
        super().__init__(ids)
        self._desks, self._circle = desks, circle
        self._asks = {
            channel: Ask(
                line,
                "essc.certification.v1.CertificationService/Certify",
                certification.CertifyResponse,
                asked=("link_id", "face_proof"),
                told=("is_new",),
                tell=lambda answer: (answer.is_new,),
            )
            for channel, line in lines.items()
        }

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        desk = self._desks[channel]
        with self._circle.taken(place) as found:
            proof = await desk.checks.face(
                turn, desk.people.person(found), identity.PURPOSE_CERTIFY
            )
            link_id, request_id = desk.links.id_of(found), turn.request_id()
            request = certification.CertifyRequest(
                request_id=request_id, link_id=link_id, face_proof=proof
            )
            await self._asks[channel](
                request.SerializeToString(),
                request_id,
                turn.deadline_s,
                (found,),
                (link_id, desk.digest("proof", proof)),
            )
