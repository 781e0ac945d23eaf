"""The ladder of a proof, from one that is bad in every way to a good one; the same everywhere."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.core.people import LI, NOW

from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Method, Proof, Purpose

Steps = Sequence[tuple[dict[str, Any], Decision]]


def proof_steps(
    command: Any,
    good: Proof,
    *,
    field: str = "proof",
    purpose: Purpose = Purpose.FIND_LINK,
    method: Method = Method.VOUCHED,
) -> Steps:
    """One step per refusal, the last one refused too; `purpose` and `method` are wrong ones."""
    worst = replace(
        good,
        citizen=LI,
        channel="alipay",
        is_used=True,
        expire_time=NOW,
        purpose=purpose,
        method=method,
    )
    theirs = replace(command, **{field: worst.key})
    of_this_channel = replace(worst, channel="wechat")
    unused = replace(of_this_channel, is_used=False)
    in_time = replace(unused, expire_time=NOW + 1)
    of_the_purpose = replace(in_time, purpose=good.purpose)
    of_the_method = replace(of_the_purpose, method=good.method)
    return (
        ({"command": theirs, field: None}, Rejected(Reason.PROOF_UNKNOWN)),
        ({field: worst}, Rejected(Reason.PROOF_UNKNOWN)),
        ({field: of_this_channel}, Rejected(Reason.PROOF_USED)),
        ({field: unused}, Rejected(Reason.PROOF_EXPIRED)),
        ({field: in_time}, Rejected(Reason.PROOF_FOR_OTHER_PURPOSE)),
        ({field: of_the_purpose}, Rejected(Reason.PROOF_OF_OTHER_METHOD)),
        ({field: of_the_method}, Rejected(Reason.PROOF_FOR_OTHER_PERSON)),
    )
