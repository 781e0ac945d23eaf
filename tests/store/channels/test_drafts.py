"""What a person typed is sealed with what only the phone has."""

import pytest
from cryptography.exceptions import InvalidTag

from essc_channels.core.flow_records import Draft
from essc_channels.flows.drafts import seal, unseal

DRAFT = Draft(name="王奶奶", id_number="99", card_photo=b"a card", face_photo=b"")


@pytest.mark.rule("R92")
def test_only_the_same_phone_in_the_same_flow_opens_a_draft() -> None:
    sealed = seal("secret", "flow", DRAFT)

    assert unseal("secret", "flow", sealed) == DRAFT
    assert unseal("secret", "flow", b"") == Draft()
    for secret, flow_id in (("another", "flow"), ("secret", "another")):
        with pytest.raises(InvalidTag):
            unseal(secret, flow_id, sealed)


@pytest.mark.rule("R92")
def test_a_sealed_draft_shows_nothing_and_is_another_each_time() -> None:
    first, second = seal("secret", "flow", DRAFT), seal("secret", "flow", DRAFT)

    assert first != second
    for part in (DRAFT.name.encode(), DRAFT.card_photo):
        assert part not in first
