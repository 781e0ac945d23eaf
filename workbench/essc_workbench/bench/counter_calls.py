"""The measured calls of a counter: codes checked one by one and by fifty, tickets redeemed.

Each is prepared right before it is run: a code lives sixty seconds, and a newer one of the same
link replaces it, so those who check one by one and those who check by fifty have holders of their
own. Whether the calls of a round did what they should is looked at before the next.
"""

import uuid
from collections.abc import Iterable, Sequence

from essc.code.v1 import code_pb2 as code
from essc.code.v1 import code_service_pb2 as codes
from essc.code.v1 import verification_service_pb2 as verification
from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.identity.v1 import identity_pb2 as identity
from essc.identity.v1 import identity_service_pb2 as challenges
from essc_workbench.bench.calls import Caller, Holder
from essc_workbench.bench.load import answers, method
from essc_workbench.bench.pairs import Calls
from essc_workbench.failures import WorkbenchError
from essc_workbench.inboxes import Inbox

BATCH = 50
_DEVICE = "bench"
_MESSAGES = 200
"""Text messages that are read before more are sent: the lab keeps a bounded number."""
_SERVICE = "social-insurance-query"


class Counter:
    """A verifier and a provider at work, for holders of one channel."""

    def __init__(self, caller: Caller, holders: Sequence[Holder]) -> None:
        self._platform, self._holders = caller.platform, holders
        self._shown: list[tuple[Holder, str]] = []

    async def know_devices(self) -> None:
        """Every holder shows a first code, for which a new device needs a text message (R33)."""
        proofs: list[str] = []
        for begin in range(0, len(self._holders), _MESSAGES):
            proofs += await self._text_proofs(self._holders[begin : begin + _MESSAGES])
        await self._issue(proofs)

    async def _text_proofs(self, holders: Sequence[Holder]) -> list[str]:
        started = await self._ask(
            "/essc.identity.v1.IdentityService/StartChallenge",
            (
                challenges.StartChallengeRequest(
                    request_id=_request_id(),
                    subject=identity.Subject(link_id=holder.link_id),
                    method=identity.METHOD_TEXT_MESSAGE,
                    purpose=identity.PURPOSE_NEW_DEVICE,
                ).SerializeToString()
                for holder in holders
            ),
        )
        numbers = [
            challenges.StartChallengeResponse.FromString(raw).challenge.challenge_id
            for raw in started
        ]
        lab = self._platform.connections.platform_lab()
        answered = await self._ask(
            "/essc.identity.v1.IdentityService/AnswerChallenge",
            [
                challenges.AnswerChallengeRequest(
                    request_id=_request_id(),
                    challenge_id=number,
                    text_code=(await Inbox(lab, holder.person.phone).take()).digits,
                ).SerializeToString()
                for holder, number in zip(holders, numbers, strict=True)
            ],
        )
        return [challenges.AnswerChallengeResponse.FromString(raw).proof.proof for raw in answered]

    async def checks(self) -> Calls:
        """One code of each holder, each checked in a call of its own."""
        send = method(self._platform.verifier, "/essc.code.v1.VerificationService/CheckCode")
        return [(send, request.SerializeToString()) for request in await self._check_requests()]

    async def batches(self) -> Calls:
        """One code of each holder, checked by fifty."""
        send = method(self._platform.verifier, "/essc.code.v1.VerificationService/BatchCheckCodes")
        requests = await self._check_requests()
        return [
            (
                send,
                verification.BatchCheckCodesRequest(
                    requests=requests[begin : begin + BATCH]
                ).SerializeToString(),
            )
            for begin in range(0, len(requests), BATCH)
        ]

    async def redemptions(self) -> Calls:
        """One ticket of each holder, each redeemed in a call of its own."""
        issued = await self._ask(
            "/essc.directory.v1.DirectoryService/IssueTicket",
            (
                directory.IssueTicketRequest(
                    request_id=_request_id(), link_id=holder.link_id, service_id=_SERVICE
                ).SerializeToString()
                for holder in self._holders
            ),
        )
        send = method(self._platform.provider, "/essc.directory.v1.TicketService/RedeemTicket")
        return [
            (
                send,
                tickets.RedeemTicketRequest(
                    request_id=_request_id(),
                    ticket=directory.IssueTicketResponse.FromString(raw).ticket,
                ).SerializeToString(),
            )
            for raw in issued
        ]

    async def _check_requests(self) -> list[verification.CheckCodeRequest]:
        await self._check_last_round()
        shown = await self._issue([""] * len(self._holders))
        self._shown = list(zip(self._holders, shown, strict=True))
        return [
            verification.CheckCodeRequest(
                request_id=_request_id(), code=each, usage=code.USAGE_QUERY
            )
            for each in shown
        ]

    async def _check_last_round(self) -> None:
        """Every code of the last round was found valid, or its figures mean nothing."""
        found = await self._ask(
            "/essc.code.v1.CodeService/GetCode",
            (
                codes.GetCodeRequest(link_id=holder.link_id, code=each).SerializeToString()
                for holder, each in self._shown
            ),
        )
        states = {codes.GetCodeResponse.FromString(raw).code.state for raw in found}
        if states - {code.Code.STATE_USED}:
            raise WorkbenchError("a code of the last round was not found valid")

    async def _issue(self, proofs: Sequence[str]) -> list[str]:
        issued = await self._ask(
            "/essc.code.v1.CodeService/IssueCode",
            (
                codes.IssueCodeRequest(
                    request_id=_request_id(),
                    link_id=holder.link_id,
                    device_id=_DEVICE,
                    proof=proof,
                ).SerializeToString()
                for holder, proof in zip(self._holders, proofs, strict=True)
            ),
        )
        return [codes.IssueCodeResponse.FromString(raw).code.code for raw in issued]

    async def _ask(self, path: str, requests: Iterable[bytes]) -> list[bytes]:
        """As the channel asks; not measured."""
        peer = self._platform.channel
        return await answers(peer, method(peer, path), requests)


def _request_id() -> str:
    return str(uuid.uuid4())
