"""Codes by text message: to a person's own phone, or to the one reserved at the bank account."""

import uuid

from essc.authority.v1 import authority_service_pb2 as authority
from essc.identity.v1 import identity_service_pb2 as pb
from essc_platform.core.deciding.common import person, person_of
from essc_platform.core.records import CitizenKey, Method
from essc_platform.store.gateway import load
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.front import Front
from essc_wire.refusals import Refusal

_TEXT = "【电子社保卡】{channel}：验证码 {code}，5分钟内有效，请勿告知他人。"


class TextCodes:
    """The codes of challenges, on their way to a phone."""

    def __init__(self, front: Front, authorities: Authorities) -> None:
        self._front, self._vault, self._authorities = front, front.vault, authorities

    async def send(self, answer: bytes, method: Method, channel: str) -> bytes | Refusal:
        """Sends the code once it is committed that there is one to send.

        The message's id follows from the challenge, so that a repeated request sends nothing twice,
        and one whose first message never left sends it now.
        """
        challenge_id = pb.StartChallengeResponse.FromString(answer).challenge.challenge_id
        citizen, _ = self._vault.read_id(challenge_id)
        phone = await self._phone(citizen, method)
        if phone is None:
            # The account was closed since: there is no phone, and nothing to answer it with.
            return answer
        is_sent = await self._authorities.send_text(
            authority.SendTextMessageRequest(
                request_id=str(uuid.uuid5(uuid.NAMESPACE_OID, challenge_id)),
                phone=phone,
                text=_TEXT.format(channel=channel, code=self._vault.text_code(challenge_id)),
            )
        )
        return answer if is_sent else Refusal("AUTHORITY_UNREACHABLE")

    async def _phone(self, citizen: CitizenKey, method: Method) -> str | None:
        reads = person_of(citizen)
        whose = person((await self._front.read(load, reads)).view(reads), citizen)
        assert whose.citizen is not None, "the challenge was just accepted"
        if method is Method.TEXT_MESSAGE:
            return whose.citizen.phone
        account = whose.bank_account
        return None if account is None else account.reserved_phone
