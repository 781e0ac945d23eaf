"""`essc verify-card`: a card in a file against keys in a file, and what its status says."""

import asyncio
import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from tests.wire.people import World, a_world
from tests.wire.people_channels import compromise, published, rotate
from typer.testing import CliRunner

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.trust.v1 import trust_service_pb2 as trust
from essc_workbench.cli import app

VALID, NOT_VALID, NO_USE = 0, 1, 2


class Files:
    """A card that was issued, and the keys as they were published then."""

    def __init__(
        self, folder: Path, got: cards.GetCardResponse, keys: trust.ListKeysResponse
    ) -> None:
        self.folder, self.got, self.published = folder, got, keys
        self.card = self.write("card.json", json_format.MessageToJson(got))
        self.keys = self.write("keys.json", json_format.MessageToJson(keys))

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def signed(self, **changes: object) -> Path:
        """A serialised signed card, spoilt."""
        card = card_pb2.SignedCard(
            **({f.name: getattr(self.got.signed_card, f.name) for f in _FIELDS} | changes)
        )
        return self.write("signed.bin", card.SerializeToString())


_FIELDS = card_pb2.SignedCard.DESCRIPTOR.fields


def verify(*arguments: object) -> tuple[int, str]:
    """What the command says, and its status."""
    result = CliRunner().invoke(app, ["verify-card", *map(str, arguments)])
    text = result.output
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return getattr(result.exception, "status", -1), str(result.exception)
    return result.exit_code, text


async def _issued(folder: Path) -> tuple[cards.GetCardResponse, trust.ListKeysResponse]:
    async with a_world(folder / "platform") as world:
        return await _of(world)


async def _of(world: World) -> tuple[cards.GetCardResponse, trust.ListKeysResponse]:
    bank = await world.channel("bank")
    link = await bank.apply(await world.citizen(1))
    return await bank.get(link), await published(world)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("cards")
    return Files(folder, *asyncio.run(_issued(folder)))


@pytest.mark.rule("R8")
def test_what_get_card_answered_is_valid_and_the_text_says_what_that_proves(files: Files) -> None:
    status, text = verify(files.card, "--keys", files.keys)

    assert status == VALID
    assert text.startswith("valid 有效\n")
    assert files.got.card.masked_name in text
    assert "not that it may be used now" in text
    assert "不证明其当前可用" in text


@pytest.mark.rule("R8")
def test_a_signed_card_is_read_in_every_form(files: Files) -> None:
    signed = files.got.signed_card
    plain = json_format.MessageToJson(signed)
    snake = json_format.MessageToJson(files.got, preserving_proto_field_name=True)

    for name, content in (
        ("plain.json", plain),
        ("snake.json", "\n" + snake),
        ("newer.json", json.dumps(json.loads(plain) | {"fromTheFuture": 1})),
        ("signed.bin", signed.SerializeToString()),
    ):
        assert verify(files.write(name, content), "--keys", files.keys)[0] == VALID, name


@pytest.mark.rule("R8")
def test_any_changed_byte_makes_it_invalid(files: Files) -> None:
    signed = files.got.signed_card
    for place in (0, len(signed.payload) // 2, len(signed.payload) - 1):
        payload = bytearray(signed.payload)
        payload[place] ^= 1
        status, text = verify(files.signed(payload=bytes(payload)), "--keys", files.keys)
        assert status == NOT_VALID
        assert "the signature does not fit" in text
    status, text = verify(files.signed(signature=b"x" * 64), "--keys", files.keys)
    assert (status, "签名不符" in text) == (NOT_VALID, True)


@pytest.mark.rule("R8")
def test_an_unknown_key_another_platform_and_an_expired_card_are_not_valid(files: Files) -> None:
    status, text = verify(files.signed(key_id="k"), "--keys", files.keys)
    assert (status, "no published key" in text) == (NOT_VALID, True)

    other = trust.ListKeysResponse.FromString(files.published.SerializeToString())
    other.platform_id = "cn-other"
    keys = files.write("other.json", json_format.MessageToJson(other))
    status, text = verify(files.card, "--keys", keys)
    assert (status, "no card of this platform" in text) == (NOT_VALID, True)

    status, text = verify(files.card, "--keys", files.keys, "--at", "2137-01-01T00:00:00Z")
    assert (status, "it has expired" in text) == (NOT_VALID, True)
    assert files.got.card.masked_name in text


@pytest.mark.rule("R8")
def test_a_card_is_not_valid_before_it_was_issued(files: Files) -> None:
    issued = files.got.card.issue_time
    at = issued.ToJsonString()
    before = Timestamp()
    before.FromMicroseconds(issued.ToMicroseconds() - 1)

    status, text = verify(files.card, "--keys", files.keys, "--at", before.ToJsonString())

    assert status == NOT_VALID
    assert text.startswith("not valid 无效: it is issued in the future: not valid yet (")
    assert "尚未生效" in text
    assert f"issued {at}" in text
    assert verify(files.card, "--keys", files.keys, "--at", at)[0] == VALID


@pytest.mark.rule("R8")
async def test_keys_are_asked_of_the_platform_and_a_compromised_one_is_named(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path / "platform") as world:
        files = Files(tmp_path, *await _of(world))
        platform = ("--platform", world.address)
        assert (await asyncio.to_thread(verify, files.card, *platform))[0] == VALID
        await rotate(world)
        first = files.published.keys[0].key_id
        await compromise(world, first)

        status, text = await asyncio.to_thread(verify, files.card, *platform)

        assert (status, "compromised" in text, first in text) == (NOT_VALID, True, True)
        # Keys that were kept from before know nothing of it: they prove what they proved then.
        assert (await asyncio.to_thread(verify, files.card, "--keys", files.keys))[0] == VALID


@pytest.mark.rule("R8")
def test_a_file_of_no_use_has_its_own_status(files: Files) -> None:
    nothing = files.folder / "nothing"
    delivered = cards.GetCardResponse(link=files.got.link, card=files.got.card)
    bad: dict[str, str | bytes] = {
        "garbage": b"\xff\xfe garbage",
        "delivered.json": json_format.MessageToJson(delivered),
        "list.json": "[]",
        "wrong.json": '{"signedCard": {"payload": 5}}',
        "large": b" " * (256 * 1024 + 1),
        "empty": b"",
    }
    for name, content in bad.items():
        path = files.write(name, content)
        status, text = verify(path, "--keys", files.keys)
        assert (status, str(path) in text) == (NO_USE, True), name
        status, text = verify(files.card, "--keys", path)
        assert (status, str(path) in text) == (NO_USE, True), name
    assert verify(nothing, "--keys", files.keys)[0] == NO_USE
    assert verify(files.card, "--keys", nothing)[0] == NO_USE
    assert verify(files.card)[0] == NO_USE
    assert verify(files.card, "--keys", files.keys, "--platform", "h:1")[0] == NO_USE
    assert verify(files.card, "--keys", files.keys, "--at", "tomorrow")[0] == NO_USE
