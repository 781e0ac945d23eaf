"""The federation as processes: started again, killed, restarted; what was true stays true."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel
from essc_workbench.answers import Conduct, Mistake, erring
from essc_workbench.demo.checks import settled
from essc_workbench.failures import WorkbenchError
from essc_workbench.federation import Federation
from essc_workbench.folders import DataFolder
from essc_workbench.programs import platform_init
from essc_workbench.routes import PLATFORM
from essc_workbench.templates import Template
from essc_workbench.testing import federation, meet

APPLY = channel.FLOW_KIND_APPLY


@pytest.mark.rule("R91")
async def test_a_federation_is_found_again_as_it_was_left(tmp_path: Path) -> None:
    async with federation(tmp_path, channels=("wechat",)) as first:
        phone = first.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        assert (await phone.walk(APPLY)).is_completed
        address = first.federation.state.channels["wechat"].address

    async with federation(tmp_path, channels=("wechat", "alipay")) as second:
        phone = second.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        panel = await phone.home()
        other = second.citizen("zhang-san").phone("alipay")
        await other.sign_in()
        applied = await other.walk(APPLY)

        assert panel.state == Panel.STATE_USABLE
        assert second.federation.state.channels["wechat"].address == address
        assert applied.is_completed


@pytest.mark.rule("R16", "R17")
async def test_killed_parties_come_back_and_carry_on(tmp_path: Path, template: Template) -> None:
    async with federation(tmp_path, channels=("wechat",), template=template) as f:
        phone = f.citizen("zhang-san").phone("wechat")
        await phone.sign_in()
        started = await phone.walk(APPLY, until=lambda step: step.WhichOneof("kind") == "face")

        f.federation.kill("wechat")
        f.federation.kill(PLATFORM)
        await f.federation.restart("wechat")
        await f.federation.restart(PLATFORM)
        unlink_not_offered = await settled(phone.home, lambda p: p.state == Panel.STATE_NOT_OPENED)
        applied = await phone.walk(APPLY)

        assert started.flow.state == channel.Flow.STATE_OPEN
        assert unlink_not_offered.state == Panel.STATE_NOT_OPENED
        assert applied.is_completed


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (Mistake.OTHER_FACE, "FACE_MISMATCH"),
        (Mistake.MISSING_ACTION, "LIVENESS_FAILED"),
        (Mistake.WRONG_CODE, "TEXT_CODE_WRONG"),
    ],
)
async def test_a_wrong_answer_is_told_and_may_be_given_again(
    running: Federation, mistake: Mistake, reason: str
) -> None:
    async with meet(running) as f:
        phone = f.citizen("zhang-san").phone("wechat")
        await phone.sign_in()

        walk = await phone.walk(APPLY, erring(mistake))
        left = await phone.walk(channel.FLOW_KIND_UNLINK)

        assert walk.is_completed
        assert walk.reasons == (reason,)
        assert left.is_completed


async def test_who_declines_ends_the_flow(running: Federation) -> None:
    async with meet(running) as f:
        phone = f.citizen("zhang-san").phone("wechat")
        await phone.sign_in()

        walk = await phone.walk(APPLY, erring(Mistake.DECLINES))

        assert walk.reasons == ("CONSENT_DECLINED",)


@pytest.mark.rule("R21")
@pytest.mark.parametrize(
    ("channel_id", "conduct"),
    [("wechat", Conduct(preferences=("Payment password",))), ("bank-east", Conduct())],
)
async def test_a_channels_own_check_can_fail_and_pass(
    running: Federation, channel_id: str, conduct: Conduct
) -> None:
    async with meet(running) as f:
        phone = f.citizen("zhang-san").phone(channel_id)
        await phone.sign_in()

        walk = await phone.walk(APPLY, erring(Mistake.WRONG_VOUCHING, conduct=conduct))
        left = await phone.walk(channel.FLOW_KIND_UNLINK)

        assert walk.reasons == ("VOUCHING_FAILED",)
        assert walk.is_completed
        assert left.is_completed


@pytest.mark.rule("R24", "R93")
async def test_every_password_flow_is_walked_by_the_same_phone(running: Federation) -> None:
    async with meet(running) as f:
        phone = f.citizen("zhang-san").phone("alipay")
        await phone.sign_in()
        await phone.walk(APPLY)

        walks = [
            await phone.walk(kind, conduct)
            for kind, conduct in (
                (channel.FLOW_KIND_SET_PASSWORD, Conduct(new_card_password="258036")),
                (
                    channel.FLOW_KIND_CHANGE_PASSWORD,
                    Conduct(card_password="258036", new_card_password="741852"),
                ),
                (channel.FLOW_KIND_RESET_PASSWORD, Conduct(new_card_password="258036")),
            )
        ]
        kinds = [entry.kind for entry in await phone.records()]

        assert [walk.reasons for walk in walks] == [(), (), ()]
        assert all(walk.is_completed for walk in walks)
        assert {"KIND_PASSWORD_SET", "KIND_PASSWORD_CHANGED", "KIND_PASSWORD_RESET"} <= set(kinds)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Iterator[Federation]:
    """Processes for the whole module; each test opens connections of its own."""
    folder = DataFolder(tmp_path_factory.mktemp("federation"))
    federation = Federation(folder, channels=("wechat", "alipay", "bank-east"), template=template)
    with asyncio.Runner() as runner:
        try:
            runner.run(federation.start())
            yield federation
        finally:
            runner.run(federation.stop())


def test_a_start_that_was_interrupted_keeps_the_operators_key(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.make()
    key_file = folder.key("operator")

    made = platform_init(folder, "cn-essc", key_file)
    again = platform_init(folder, "cn-essc", key_file)

    assert made == again == key_file.read_bytes()
    key_file.unlink()
    with pytest.raises(WorkbenchError, match="initialised already"):
        platform_init(folder, "cn-essc", key_file)
