"""The table at the end of the demo, as wide and as narrow terminals show it."""

from io import StringIO

import pytest
from rich.console import Console

from essc.channel.v1.channel_pb2 import Panel
from essc_workbench.demo.command import panels_table

PEOPLE = {"zhang-san": "张三", "li-si": "李四"}
CHANNELS = {
    "wechat": "微信",
    "alipay": "支付宝",
    "bank-east": "江海银行",
    "nantong": "南通百通",
    "jiangsu": "江苏智慧人社",
    "portal": "国家政务服务平台",
}


def printed(width: int) -> str:
    panels = {
        (person, each): Panel(state=Panel.STATE_USABLE) for person in PEOPLE for each in CHANNELS
    }
    panels["li-si", "bank-east"] = Panel(state=Panel.STATE_NOT_OPENED)
    out = StringIO()
    console = Console(file=out, width=width)
    console.print(panels_table(PEOPLE, CHANNELS, panels, console.width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_name_is_cut_off(width: int) -> None:
    text = printed(width)

    assert "…" not in text
    for each in (*PEOPLE, *CHANNELS, "正常", "待开通"):
        assert each in text


def test_both_languages_where_there_is_room() -> None:
    assert "usable" in printed(120)
    assert "usable" not in printed(80)
