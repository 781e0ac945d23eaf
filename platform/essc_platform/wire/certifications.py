"""CertificationService: the eligibility for benefits, certified and listed."""

from essc.certification.v1 import certification_service_pb2 as pb
from essc_platform.core.certifications import Certify
from essc_platform.store.views_family import certifications_before
from essc_platform.wire import convert_family as convert
from essc_platform.wire.front import Front, PlatformCall
from essc_platform.wire.members import binding_name, subject
from essc_wire.refusals import Refusal

PAGE = 5
PAGE_MAX = 50

_NEWEST = (1 << 63) - 1


class CertificationServicer:
    """essc.certification.v1.CertificationService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def Certify(self, request: pb.CertifyRequest, call: PlatformCall) -> bytes | Refusal:
        citizen, link_number = self._vault.read_id(request.link_id)
        command = Certify(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=link_number,
            binding=await binding_name(self._front, call, citizen, request.binding_id),
            proof=self._front.proof_key(request.face_proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.CertifyResponse(
                certification=convert.certification(answer.certification, self._front.policy),
                is_new=answer.is_new,
            ),
        )

    async def ListCertifications(
        self, request: pb.ListCertificationsRequest, call: PlatformCall
    ) -> pb.ListCertificationsResponse | Refusal:
        person = await subject(self._front, call, request.link_id, request.binding_id)
        if isinstance(person, Refusal):
            return person
        scope = f"certifications:{call.caller.party_id}:{request.link_id}:{request.binding_id}"
        before = _NEWEST
        if request.page_token:
            place = self._vault.read_cursor(scope, request.page_token)
            if place is None:
                return Refusal("PAGE_TOKEN_INVALID")
            before = place
        size = min(request.page_size or PAGE, PAGE_MAX)
        # One more than asked for tells whether there is another page.
        ahead = await self._front.read(certifications_before, person, before, size + 1)
        found = ahead[:size]
        token = ""
        if len(ahead) > size:
            token = self._vault.write_cursor(scope, found[-1].number)
        return pb.ListCertificationsResponse(
            certifications=[convert.certification(each, self._front.policy) for each in found],
            next_page_token=token,
        )
