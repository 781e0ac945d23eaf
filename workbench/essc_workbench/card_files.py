"""`essc verify-card`: checks a signed card in a file, with nothing but the published keys.

The card's file is what `GetCard` answers, as JSON, or a serialised SignedCard; the keys' file is
what `ListKeys` answers, as JSON.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from essc.card.v1 import card_pb2
from essc.trust.v1 import trust_service_pb2 as trust
from essc.trust.v1.trust_service_pb2_grpc import TrustServiceStub
from essc_wire.client import Peer
from essc_wire.clock import wall_us
from essc_wire.signed_cards import Fault, Judgement, judge
from essc_wire.times import Instant, to_instant
from essc_workbench.failures import CHECK_FAILED, GOOD, UsageError

BYTES_MAX = 256 * 1024
PROVES = (
    "It proves that the platform issued this card, not that it may be used now: GetCard says that.",
    "签名只证明该证照由平台签发，不证明其当前可用；当前状态请查询 GetCard。",
)
_ZH = {
    Fault.KEY_UNKNOWN: "未知的签名密钥",
    Fault.KEY_COMPROMISED: "签名密钥已泄露作废",
    Fault.SIGNATURE_WRONG: "签名不符",
    Fault.PAYLOAD_STRANGE: "内容不是本平台的证照",
    Fault.NOT_YET: "签发时间在未来，尚未生效",
    Fault.EXPIRED: "证照已过期",
}

MessageT = TypeVar("MessageT", bound=Message)


def verify_card(
    path: Path, published: trust.ListKeysResponse, at: Instant
) -> tuple[list[str], int]:
    """What there is to say of the card in a file, and the exit status. Raises UsageError."""
    signed = read_card(path)
    judged = judge(signed, published, at)
    return _said(signed, judged), GOOD if judged.fault is None else CHECK_FAILED


def read_card(path: Path) -> card_pb2.SignedCard:
    """The signed card in a file. Raises UsageError."""
    raw = _read(path)
    document = _document(raw)
    if document is None:
        try:
            signed = card_pb2.SignedCard.FromString(raw)
        except DecodeError as error:
            raise UsageError(f"{path}: neither JSON nor a serialised SignedCard") from error
    else:
        inner = document.get("signedCard", document.get("signed_card", document))
        signed = _message(path, inner, card_pb2.SignedCard())
    if not (signed.payload and signed.signature and signed.key_id):
        raise UsageError(f"{path}: no signed card in it (a delivered card has none yet)")
    return signed


def read_keys(path: Path) -> trust.ListKeysResponse:
    """The published keys in a file. Raises UsageError."""
    document = _document(_read(path))
    if document is None:
        raise UsageError(f"{path}: no JSON as ListKeys answers it")
    published = _message(path, document, trust.ListKeysResponse())
    if not published.keys:
        raise UsageError(f"{path}: no published keys in it")
    return published


async def fetch_keys(address: str, authority: Path | None) -> trust.ListKeysResponse:
    """The published keys, asked of the platform once; anyone may. Raises UsageError, RpcError."""
    trusted = None if authority is None else _read(authority)
    try:
        peer = Peer(address, authority=trusted)
    except ValueError as error:
        raise UsageError(f"--platform: {error}") from None
    try:
        stub = TrustServiceStub(peer.channel)
        return await stub.ListKeys(trust.ListKeysRequest(), **peer.options())
    finally:
        await peer.close()


def instant_of(text: str) -> Instant:
    """A time on the command line; where there is none, wall time now. Raises UsageError."""
    if not text:
        return wall_us()
    time = Timestamp()
    try:
        time.FromJsonString(text)
    except ValueError as error:
        raise UsageError(f"{text}: no time; write it as 2030-01-31T08:00:00Z") from error
    return to_instant(time)


def _said(signed: card_pb2.SignedCard, judged: Judgement) -> list[str]:
    if judged.fault is not None:
        lines = [f"not valid 无效: {judged.fault.value} ({_ZH[judged.fault]})"]
        lines.append(f"  key {signed.key_id}")
    else:
        lines = ["valid 有效", f"  key {signed.key_id}, {_state(judged.key)}"]
    payload = judged.payload
    if payload is not None:
        issued, expires = payload.issue_time, payload.expire_time
        lines += [
            f"  platform {payload.platform_id}, card {payload.card_id}",
            f"  {payload.masked_name}, region {payload.region}",
            f"  issued {issued.ToJsonString()}, expires {expires.ToJsonString()}",
        ]
    return [*lines, *PROVES] if judged.fault is None else lines


def _state(key: trust.PublishedKey | None) -> str:
    state = key.state if key is not None else trust.PublishedKey.STATE_UNSPECIFIED
    return trust.PublishedKey.State.Name(state).removeprefix("STATE_").lower()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise UsageError(f"{path}: larger than {BYTES_MAX} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def _document(raw: bytes) -> dict[str, Any] | None:
    """A JSON object; None if it is none. No serialised card is one."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _message(path: Path, document: Any, message: MessageT) -> MessageT:
    try:
        # A newer platform may say more than we know.
        return json_format.ParseDict(document, message, ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise UsageError(f"{path}: not as the contract writes it: {error}") from error
