"""CodeService: codes for holders to show."""

import re
from collections.abc import Iterable

from essc.code.v1 import code_service_pb2 as pb
from essc_platform.clock import random_number
from essc_platform.core.codes import CodeName, GetCode, IssueCode
from essc_platform.core.deciding.codes import get_code, query_reads
from essc_platform.core.decisions import Rejected
from essc_platform.store.gateway import load
from essc_platform.wire import convert_codes
from essc_platform.wire.front import Front, PlatformCall, refusal
from essc_platform.wire.members import binding_name
from essc_wire.refusals import Refusal

_is_written_so = re.compile("[0-9a-f]{32}").fullmatch


async def names_of(front: Front, texts: Iterable[str]) -> dict[str, CodeName]:
    """What the platform knows of what was scanned; of what it did not issue, nothing."""
    places = {text: front.vault.read_id(text) for text in texts if _is_written_so(text)}
    known = await front.code_names.find(places.values())
    return {text: known[place] for text, place in places.items() if place in known}


class CodeServicer:
    """essc.code.v1.CodeService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def IssueCode(self, request: pb.IssueCodeRequest, call: PlatformCall) -> bytes | Refusal:
        channel = call.caller.party_id
        citizen, number = self._vault.read_id(request.link_id)
        command = IssueCode(
            at=self._front.clock.now(),
            channel=channel,
            citizen=citizen,
            link_number=number,
            binding=await binding_name(self._front, call, citizen, request.binding_id),
            device=self._vault.device_digest(channel, request.device_id),
            proof=self._front.proof_key(request.proof) if request.proof else None,
            new_number=random_number(),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.IssueCodeResponse(code=convert_codes.code(answer, self._vault)),
        )

    async def GetCode(
        self, request: pb.GetCodeRequest, call: PlatformCall
    ) -> pb.GetCodeResponse | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        query = GetCode(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            code=(await names_of(self._front, (request.code,))).get(request.code),
        )
        reads = query_reads(query)
        view = (await self._front.read(load, reads)).view(reads)
        found = get_code(query, view, self._front.policy)
        if isinstance(found, Rejected):
            return refusal(found)
        return pb.GetCodeResponse(code=convert_codes.code(found, self._vault))
