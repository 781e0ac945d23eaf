"""R92: personal data and secrets never appear in logs, errors or metadata.

Everything is logged here, at the finest level; every refusal is kept with all that it carries.
"""

import pytest
from tests.wire.canary import LI, ZHANG, Canary
from tests.wire.people import (
    APPLY,
    FACE,
    PASSWORD,
    TEXT_MESSAGE,
    World,
)

pytestmark = pytest.mark.rule("R92")


async def test_no_log_and_no_refusal_names_a_person_or_a_secret(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = Canary(world, await world.channel("bank"), await world.channel("wechat"))

    await canary.tell()
    with canary.listening():
        # A bug, made by breaking the store.
        await world.write("UPDATE links SET state = 9")
        await canary.hear(canary.bank.start(ZHANG.named, FACE, APPLY))
        await canary.hear(canary.bank.apply(ZHANG))
    logged = capfd.readouterr()

    assert len(canary.heard) > 80
    assert len(canary.secrets) > 25
    assert {ZHANG.name, LI.id_number, ZHANG.phone, PASSWORD} <= canary.secrets
    assert logged.out.count("refused") > 20
    assert "bug" in logged.out
    said = "\n".join([*canary.heard, logged.out, logged.err])
    assert canary.given_away(said) == []


async def test_the_store_holds_no_password_no_code_and_no_proof(world: World) -> None:
    bank = await world.channel("bank")
    await world.enrol(ZHANG)
    await world.issue(ZHANG)
    link = await bank.apply(ZHANG)
    await bank.set_password(ZHANG, link)
    challenge = await bank.start(ZHANG.named, TEXT_MESSAGE, APPLY)
    proof = await bank.answer(challenge, text_code=await world.code(ZHANG))

    rows = world.dump()
    ((_, _, hashed, *_rest),) = rows["passwords"]
    told = [value for name in rows if name != "requests" for row in rows[name] for value in row]

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in told
    assert proof not in told
    assert await world.code(ZHANG) not in told
    # The ledger keeps answers, and with them the proofs it would have to give again; no request.
    for _, _, content, _, answer, *_rest in rows["requests"]:
        assert len(content) == 16
        assert PASSWORD.encode() not in (answer or b"")


async def test_answers_to_channels_are_masked(world: World) -> None:
    bank = await world.channel("bank")
    await world.enrol(ZHANG)
    await world.issue(ZHANG)
    link = await bank.apply(ZHANG)

    seen = await bank.get(link)
    said = f"{seen}{await bank.links()}{await bank.feed()}{await bank.record(link)}"

    assert seen.card.masked_name == "张***"
    assert seen.card.masked_id_number == "*" * 16 + ZHANG.id_number[-2:]
    for secret in (ZHANG.name, ZHANG.id_number, ZHANG.phone):
        assert secret not in said
        assert secret.encode() not in seen.SerializeToString()


@pytest.mark.rule("R14")
async def test_a_channel_that_the_holder_has_left_learns_no_more_of_the_card(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    left, kept = await bank.apply(zhang), await wechat.apply(zhang)
    await bank.unlink(zhang, left)
    await wechat.set_password(zhang, kept)

    (of_bank,), (of_wechat,) = await bank.links(), await wechat.links()

    assert of_bank.link.link_id == left.link_id
    assert not of_bank.HasField("card")
    assert of_wechat.card.password_is_set
