"""Codes and checks as the contract shows them; see `convert.py`."""

from essc.code.v1 import code_pb2
from essc.code.v1 import verification_service_pb2 as pb
from essc_platform.core.checks import CheckAnswer, holder_seen
from essc_platform.core.codes import CodeAnswer
from essc_platform.core.records import VerifierClass
from essc_platform.store.views_codes import SeenCheck
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp, to_timestamp, write_time


def code(answer: CodeAnswer, vault: Vault) -> code_pb2.Code:
    """A code, as the channel that issued it shows it."""
    record = answer.code
    return code_pb2.Code(
        code=vault.write_id(record.citizen, record.number),
        state=int(answer.state),  # type: ignore[arg-type]
        issue_time=to_timestamp(record.issue_time),
        expire_time=to_timestamp(record.expire_time),
        use_time=optional_timestamp(record.use_time),
    )


def checked(answer: CheckAnswer, vault: Vault) -> pb.CheckCodeResponse:
    """A verdict."""
    used = answer.used
    response = pb.CheckCodeResponse(
        verdict=answer.verdict.value,  # type: ignore[arg-type]
        check_number="" if used is None else vault.write_check_number(used.citizen, used.number),
    )
    write_time(response.check_time, answer.check_time)
    return response


def holder(found: SeenCheck, verifier_class: VerifierClass) -> pb.GetHolderResponse:
    """The person behind a code, masked as the verifier's class wants it."""
    seen = holder_seen(found.name, found.id_number, verifier_class)
    return pb.GetHolderResponse(
        name=seen.name,
        is_name_masked=seen.is_name_masked,
        id_number=seen.id_number,
        is_id_number_masked=seen.is_id_number_masked,
        region=found.region,
        is_member=bool(found.is_member),
        usage=int(found.usage),  # type: ignore[arg-type]
    )
