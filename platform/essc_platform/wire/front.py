"""What every servicer shares: the platform's parts, and the one way to make a change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.message import Message

from essc_platform.batch import Origin, Submission
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import CitizenKey
from essc_platform.directory import Caller, Directory
from essc_platform.paces import UNKNOWN_MS
from essc_platform.signing import Keyring
from essc_platform.store.connections import Reading
from essc_platform.store.gateway import RequestKey, load_requests
from essc_platform.store.views_codes import CodeNames
from essc_platform.vault import Vault
from essc_platform.watch import Watchers
from essc_wire.guard import Call
from essc_wire.refusals import Refusal, Violation

PlatformCall: TypeAlias = Call[Caller]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The platform's parts, as servicers use them."""

    vault: Vault
    clock: PartyClock
    collector: Collector
    read: Reading
    code_names: CodeNames
    directory: Directory
    watchers: Watchers
    head: Callable[[], Awaitable[int]]
    """The place in the feeds of what was committed last."""
    keyring: Keyring
    policy: Policy
    takes_any_id: bool

    def submission(
        self,
        call: PlatformCall,
        request_id: str,
        command: Command,
        encode: Callable[[Any], Message],
        *,
        content: bytes | None = None,
    ) -> Submission:
        """A change on its way, with its place in the ledger."""
        raw = call.raw if content is None else content
        if request_id != request_id.lower():
            # In upper case it is the same id, so that what came with it is the same content.
            raw = raw.replace(request_id.encode(), request_id.lower().encode())
        return Submission(
            command=command,
            at=command.at,
            encode=lambda answer: encode(answer).SerializeToString(),
            request=self._request_key(call, request_id),
            content=self.vault.content_digest(call.method, raw),
            origin=Origin(
                party_id=call.caller.party_id,
                request_id=request_id,
                traceparent=call.traceparent,
                trace=call.trace,
            ),
            end=call.end,
        )

    async def change(
        self,
        call: PlatformCall,
        request_id: str,
        command: Command,
        encode: Callable[[Any], Message],
    ) -> bytes | Refusal:
        """Makes a change and answers it: the bytes that were recorded with it, or a refusal."""
        answer = await self.collector.submit(self.submission(call, request_id, command, encode))
        return answer if isinstance(answer, bytes) else refusal(answer)

    async def is_recorded(self, call: PlatformCall, request_id: str) -> bool:
        """Whether the ledger has this request already, so that nothing need be found out anew."""
        return bool(await self.read(load_requests, [self._request_key(call, request_id)]))

    def _request_key(self, call: PlatformCall, request_id: str) -> RequestKey:
        bucket, digest = self.vault.request_digest(call.caller.party_id, request_id.lower())
        return RequestKey(bucket=bucket, digest=digest)

    def proof_key(self, proof: str) -> tuple[int, int, int]:
        """Where a proof lies. None was handed in: where nothing is."""
        if not proof:
            return (0, 0, 0)
        citizen, number = self.vault.read_id(proof)
        return (*citizen, number)

    def read_page_token(self, call: PlatformCall, token: str) -> tuple[CitizenKey, int] | None:
        """Where a page begins; None if this method gave this caller no such token."""
        scope, _, place = token.partition(".")
        wanted, blur = self._page_scope(call)
        if scope != wanted:
            return None
        try:
            citizen, number = self.vault.read_id(place)
        except ValueError:
            return None
        return citizen, number ^ blur

    def write_page_token(self, call: PlatformCall, citizen: CitizenKey, number: int = 0) -> str:
        """A token for the page behind a place, good for this method and caller only."""
        scope, blur = self._page_scope(call)
        return f"{scope}.{self.vault.write_id(citizen, number ^ blur)}"

    def _page_scope(self, call: PlatformCall) -> tuple[str, int]:
        """A token's scope, and what makes the same place another one in every scope (R14)."""
        digest = self.vault.request_digest(call.caller.party_id, call.method)[1]
        return digest[:16], int(digest[16:28], 16)


def refusal(rejected: Rejected) -> Refusal:
    """A rejection as it travels."""
    if rejected.reason is Reason.PLATFORM_BUSY:
        delay_ms = dict(rejected.details).get("retry_after_ms", UNKNOWN_MS)
        return Refusal(rejected.reason.value, retry_after_ms=int(delay_ms))
    return Refusal(rejected.reason.value, dict(rejected.details))


def invalid(field: str, text: str) -> Refusal:
    """A field that the contract's own rules cannot judge."""
    return Refusal("REQUEST_INVALID", violations=(Violation(field=field, text=text),))
