"""Chapter 5. The same steps in a test suite: `pytest docs/examples/test_in_python.py`."""

import asyncio

from essc_workbench.scenario import Apply, ExpectPanel, Unlink, federation


async def unlink_in_one() -> str:
    async with federation(["wechat", "alipay"], seed=5) as f:
        await f.play(Apply(citizen="zhang-san", channel=("wechat", "alipay")))
        await f.together(
            Unlink(citizen="zhang-san", channel="wechat", choose="FACE"),
            ExpectPanel(citizen="zhang-san", channel="alipay", state="usable"),
        )
    return f.verdict.ruling


def test_unlinking_in_one_channel_leaves_the_other() -> None:
    assert asyncio.run(unlink_in_one()) == "good"
