"""VerificationService: codes as verifiers check them, one by one or many at once."""

from essc.code.v1 import verification_service_pb2 as pb
from essc_platform.batch import Answer, Submission
from essc_platform.core import checks
from essc_platform.core.checks import CheckAnswer, CheckCode
from essc_platform.core.codes import CodeName
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Instant, Usage
from essc_platform.store.views_codes import seen_check
from essc_platform.wire import convert_codes
from essc_platform.wire.codes import names_of
from essc_platform.wire.front import Front, PlatformCall, refusal
from essc_wire.guard import invalid_message
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, proto_status

CHECK_CODE = "essc.code.v1.VerificationService.CheckCode"
"""What an item of a batch asks for too, so that either repeats the other."""

_USAGES = {int(each): each for each in Usage}


class VerificationServicer:
    """essc.code.v1.VerificationService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def CheckCode(self, request: pb.CheckCodeRequest, call: PlatformCall) -> bytes | Refusal:
        name = (await names_of(self._front, (request.code,))).get(request.code)
        command = _command(request, call, name, self._front.clock.now())
        return await self._front.change(call, request.request_id, command, self._checked)

    async def BatchCheckCodes(
        self, request: pb.BatchCheckCodesRequest, call: PlatformCall
    ) -> pb.BatchCheckCodesResponse | Refusal:
        items = list(request.requests)
        invalid = [invalid_message(item) for item in items]
        good = [item for item, refused in zip(items, invalid, strict=True) if refused is None]
        answers = await self._front.collector.submit_together(await self._submissions(good, call))
        busy = _busy(answers)
        if busy is not None:
            return refusal(busy)
        following = iter(answers)
        response = pb.BatchCheckCodesResponse()
        for refused in invalid:
            result = response.results.add()
            answer = next(following) if refused is None else refused
            if isinstance(answer, bytes):
                result.response.MergeFromString(answer)
            else:
                why = answer if isinstance(answer, Refusal) else refusal(answer)
                result.refusal.CopyFrom(proto_status(why, PLATFORM_DOMAIN))
        return response

    async def GetHolder(
        self, request: pb.GetHolderRequest, call: PlatformCall
    ) -> pb.GetHolderResponse | Refusal:
        citizen, number = self._vault.read_check_number(request.check_number)
        found = await self._front.read(seen_check, citizen, number)
        if found is None or found.verifier != call.caller.party_id:
            return Refusal("CHECK_NOT_FOUND")
        if not checks.is_good(found.use_time, self._front.clock.now(), self._front.policy):
            return Refusal("CHECK_NOT_FOUND")
        verifier_class = call.caller.verifier_class
        assert verifier_class is not None, "a verifier is registered with its class"
        return convert_codes.holder(found, verifier_class)

    async def _submissions(
        self, items: list[pb.CheckCodeRequest], call: PlatformCall
    ) -> list[Submission]:
        """The items as if each had come by itself, at one moment."""
        single = call._replace(method=CHECK_CODE)
        names = await names_of(self._front, [item.code for item in items])
        at = self._front.clock.now()
        return [
            self._front.submission(
                single,
                item.request_id,
                _command(item, call, names.get(item.code), at),
                self._checked,
                content=item.SerializeToString(),
            )
            for item in items
        ]

    def _checked(self, answer: CheckAnswer) -> pb.CheckCodeResponse:
        return convert_codes.checked(answer, self._vault)


def _command(
    request: pb.CheckCodeRequest,
    call: PlatformCall,
    name: CodeName | None,
    at: Instant,
) -> CheckCode:
    (region,) = call.caller.regions
    return CheckCode(
        at=at,
        verifier=call.caller.party_id,
        region=region,
        code=name,
        usage=_USAGES[request.usage],
    )


def _busy(answers: tuple[Answer, ...]) -> Rejected | None:
    """Why nothing was judged, if too much waits: said of the whole call."""
    first = answers[0] if answers else None
    if isinstance(first, Rejected) and first.reason is Reason.PLATFORM_BUSY:
        return first
    return None
