"""Hashing and judging are slow: they come last, and no more wait for them than may."""

import asyncio
import threading
from typing import Any

import pytest
from tests.wire.people import (
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    FACE,
    MINUTE,
    PASSWORD,
    UNLINK,
    World,
    face,
    new_id,
    reason,
)

from essc.password.v1 import password_service_pb2 as passwords
from essc_platform.core.records import CitizenKey
from essc_platform.vault import Vault
from essc_platform.wire import hashing
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.hashing import PasswordPool
from essc_wire.refusals import Refusal

SOMEONE = CitizenKey(1, 2)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every slow check that is begun."""
    names: list[str] = []
    for owner, name in (
        (Vault, "hash_password"),
        (Vault, "is_password"),
        (Authorities, "judge_face"),
    ):
        original = getattr(owner, name)

        def noted(*values: Any, _name: str = name, _original: Any = original) -> Any:
            names.append(_name)
            return _original(*values)

        monkeypatch.setattr(owner, name, noted)
    return names


async def test_a_new_password_is_hashed_only_if_nothing_else_refuses_it(
    world: World, begun: list[str]
) -> None:
    bank, other = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    begun.clear()

    def request(link_id: str, proof: str, digits: str = PASSWORD) -> passwords.SetPasswordRequest:
        return passwords.SetPasswordRequest(
            request_id=new_id(), link_id=link_id, proof=proof, new_password=digits
        )

    for caller, wrong, why in (
        (bank, request("0" * 32, "0" * 32), "LINK_NOT_FOUND"),
        (other, request(link.link_id, "0" * 32), "LINK_NOT_FOUND"),
        (bank, request(link.link_id, "0" * 32), "PROOF_UNKNOWN"),
    ):
        assert await reason(caller.do(caller.passwords.SetPassword, wrong)) == why
    assert begun == []

    await bank.set_password(zhang, link)
    assert begun.count("hash_password") == 1
    proof = await bank.proof(zhang, CARD_PASSWORD, CHANGE_PASSWORD, link_id=link.link_id)
    change = passwords.ChangePasswordRequest(
        request_id=new_id(), link_id=link.link_id, proof=proof, new_password="246813"
    )
    first = await bank.do(bank.passwords.ChangePassword, change)
    again = await bank.do(bank.passwords.ChangePassword, change)

    assert again == first
    assert begun.count("hash_password") == 2


async def test_an_answer_that_comes_too_late_is_not_judged(world: World, begun: list[str]) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await bank.set_password(zhang, link)
    by_face = await bank.start(zhang.named, FACE, UNLINK)
    by_password = await bank.start(zhang.named, CARD_PASSWORD, UNLINK)
    await world.advance(30 * MINUTE)
    begun.clear()

    late = [
        await reason(bank.answer(by_face, face_capture=face(zhang, by_face))),
        await reason(bank.answer(by_password, card_password=PASSWORD)),
    ]

    assert late == ["CHALLENGE_EXPIRED"] * 2
    assert begun == []


async def test_more_than_may_wait_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "WAITING_MAX", 3)
    let_go = threading.Event()
    vault = Vault("cn-test", b"x" * 32)
    monkeypatch.setattr(vault, "hash_password", lambda *_: let_go.wait(10) and "hash")
    pool = PasswordPool(vault, {})
    waiting = [asyncio.create_task(pool.hashed("bank", SOMEONE, PASSWORD)) for _ in range(5)]
    await asyncio.sleep(0)

    refusal = await pool.hashed("bank", SOMEONE, PASSWORD)
    let_go.set()
    answers = await asyncio.gather(*waiting)

    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.retry_after_ms) == ("PLATFORM_BUSY", 200)
    assert answers == ["hash"] * 5
    assert await pool.hashed("bank", SOMEONE, PASSWORD) == "hash"
    pool.close()
