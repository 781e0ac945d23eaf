import pytest
from tests.core.people import LI, NOW, ZHANG, channel, proof

from essc_platform.core import full_views
from essc_platform.core.full_views import ViewFully
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Channel, Method, Proof, Purpose

QUERY = ViewFully(at=NOW, channel="portal", citizen=ZHANG)
PORTAL = channel(key="portal", shows_all_channels=True)
GOOD = proof(channel="portal", method=Method.FACE, purpose=Purpose.VIEW_RECORDS)


@pytest.mark.rule("R23", "R93")
@pytest.mark.parametrize(
    ("caller", "shown", "reason"),
    [
        (channel(), None, Reason.CALLER_NOT_ALLOWED),
        (PORTAL, None, Reason.PROOF_UNKNOWN),
        (PORTAL, proof(channel="portal", is_used=True, expire_time=NOW), Reason.PROOF_USED),
        (PORTAL, proof(channel="portal", expire_time=NOW), Reason.PROOF_EXPIRED),
        (PORTAL, proof(channel="portal", citizen=LI), Reason.PROOF_FOR_OTHER_PURPOSE),
        (
            PORTAL,
            proof(channel="portal", citizen=LI, purpose=Purpose.VIEW_RECORDS),
            Reason.PROOF_OF_OTHER_METHOD,
        ),
        (
            PORTAL,
            proof(channel="portal", citizen=LI, purpose=Purpose.VIEW_RECORDS, method=Method.FACE),
            Reason.PROOF_FOR_OTHER_PERSON,
        ),
        (PORTAL, GOOD, None),
    ],
)
def test_all_names_are_shown_after_a_face_check_where_the_registration_allows(
    caller: Channel, shown: Proof | None, reason: Reason | None
) -> None:
    refused = full_views.refusal(QUERY, caller, shown)

    assert (refused.reason if refused else None) is reason
