"""The signing keys: what operators do with them, and what anyone may read of them."""

import structlog

from essc.admin.v1 import key_admin_service_pb2 as pb
from essc.trust.v1 import trust_service_pb2 as trust_pb
from essc_platform.core.signing_keys import CompromiseKey, KeysAnswer, RotateKey
from essc_platform.store.views import signing_keys
from essc_platform.wire.convert_signing_keys import published_key, published_keys
from essc_platform.wire.front import Front, PlatformCall
from essc_wire.keys import PartyKeyPair
from essc_wire.refusals import Refusal, is_certain


class KeyAdminServicer:
    """essc.admin.v1.KeyAdminService."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def RotateKey(self, request: pb.RotateKeyRequest, call: PlatformCall) -> bytes | Refusal:
        new = self._new_key()
        if isinstance(new, Refusal):
            return new
        command = RotateKey(
            at=self._front.clock.now(),
            new_key_id=new.key_id,
            new_public_key=new.public_bytes,
            told=self._front.directory.watching(),
        )
        answer = await self._front.change(call, request.request_id, command, _rotated)
        if isinstance(answer, Refusal):
            return self._without(new, answer)
        if pb.RotateKeyResponse.FromString(answer).key.key_id != new.key_id:
            self._front.keyring.forget(new)
        return answer

    async def CompromiseKey(
        self, request: pb.CompromiseKeyRequest, call: PlatformCall
    ) -> bytes | Refusal:
        new = self._new_key()
        if isinstance(new, Refusal):
            return new
        command = CompromiseKey(
            at=self._front.clock.now(),
            key_id=request.key_id,
            new_key_id=new.key_id,
            new_public_key=new.public_bytes,
            told=self._front.directory.watching(),
        )
        answer = await self._front.change(call, request.request_id, command, _compromised)
        if isinstance(answer, Refusal):
            return self._without(new, answer)
        if pb.CompromiseKeyResponse.FromString(answer).signing_key.key_id != new.key_id:
            self._front.keyring.forget(new)
        return answer

    def _new_key(self) -> PartyKeyPair | Refusal:
        """A key whose file is on the disk before any command names it."""
        try:
            return self._front.keyring.create()
        except OSError as error:
            structlog.get_logger("store").error("no key could be made", error=str(error))
            return Refusal("STORE_UNAVAILABLE")

    def _without(self, new: PartyKeyPair, refusal: Refusal) -> Refusal:
        """A refusal; the key that was made for nothing goes, if it is certain that it was."""
        if is_certain(refusal):
            self._front.keyring.forget(new)
        return refusal


class TrustServicer:
    """essc.trust.v1.TrustService."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def ListKeys(
        self, request: trust_pb.ListKeysRequest, call: PlatformCall
    ) -> trust_pb.ListKeysResponse:
        keys = await self._front.read(signing_keys)
        return trust_pb.ListKeysResponse(
            platform_id=self._front.vault.platform_id,
            keys=published_keys(keys, self._front.clock.now()),
        )


def _rotated(answer: KeysAnswer) -> pb.RotateKeyResponse:
    return pb.RotateKeyResponse(key=published_key(answer.key))


def _compromised(answer: KeysAnswer) -> pb.CompromiseKeyResponse:
    return pb.CompromiseKeyResponse(
        key=published_key(answer.key), signing_key=published_key(answer.signing_key)
    )
