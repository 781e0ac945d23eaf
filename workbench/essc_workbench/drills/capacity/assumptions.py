"""What no drill can tell: how many people there are, what they do in a day, how full is too full.

Each has a default that anybody may replace. They are printed with every answer, since an answer is
worth no more than they are.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from essc_workbench.drills.results import Words
from essc_workbench.failures import UsageError


@dataclass(frozen=True, slots=True)
class Assumption:
    """One number that has to be assumed."""

    default: float
    least: float
    most: float
    words: Words


def _of(default: float, least: float, most: float, zh: str, en: str) -> Assumption:
    return Assumption(default, least, most, Words(zh=zh, en=en))


ASSUMPTIONS: Final[Mapping[str, Assumption]] = {
    "cards": _of(1.07e9, 1, 1e11, "电子社保卡数量", "cards"),
    "channels": _of(432, 1, 1e5, "渠道数量", "channels"),
    "users": _of(8.4e6, 1, 1e10, "高峰日用户数", "users on a peak day"),
    "times": _of(10, 0.001, 1e4, "按该用户数的倍数规划", "times as many users are planned for"),
    "journeys_per_user": _of(3, 0.01, 1e3, "每名用户当日办事次数", "journeys of a user in a day"),
    "peak_hour": _of(0.15, 1 / 24, 1, "最忙一小时占全天比例", "share of a day in its busiest hour"),
    "burst": _of(1.5, 1, 100, "最忙时刻与该小时平均之比", "busiest moment by the mean of its hour"),
    "utilisation": _of(0.6, 0.05, 0.95, "进程占用单核的上限", "share of a core a process may use"),
    "headroom": _of(0.3, 0, 10, "故障与增长余量", "reserve for failures and growth"),
    "cores": _of(32, 1, 4096, "每台机器核数", "cores of a machine"),
    "reserved_cores": _of(2, 0, 64, "其中系统保留核数", "cores of it left to the system"),
    "writes_per_shard": _of(1000, 1, 1e6, "每个分片每秒写入", "writes a second of one shard"),
    "shard_gib": _of(256, 1, 1e6, "每个分片容量 (GiB)", "GiB of one shard"),
    "history_days": _of(365, 1, 36_500, "记录保留天数", "days for which journeys are kept"),
    "citizen_bytes": _of(
        1500, 1, 1e7, "每人磁盘字节（演练未测出时）", "bytes of a citizen, if no drill tells"
    ),
    "write_bytes": _of(
        400, 1, 1e7, "每次写入磁盘字节（演练未测出时）", "bytes of a write, if no drill tells"
    ),
    "average_day": _of(0.5, 0.001, 1, "平均日与高峰日之比", "an average day by a peak day"),
    "calls_at_once": _of(2000, 1, 1e6, "一个进程同时调用与事件流上限", "calls and streams at once"),
}
WRITES: Final[Mapping[str, float]] = {
    "apply": 5,
    "panel": 0,
    "show_code": 1,
    "show_and_scan": 2,
    "unlink_and_link": 8,
    "wrong_password": 2,
    "family": 8,
    "certify": 3,
    "pay": 5,
    "report_loss": 2,
}
"""How many changes a journey asks of the platform, a settlement included; each is a durable commit,
shared with what else is in its batch."""


def assumed(given: Iterable[str]) -> dict[str, float]:
    """All assumptions, with those given as NAME=VALUE. Raises UsageError."""
    values = {name: assumption.default for name, assumption in ASSUMPTIONS.items()}
    for name, value in _pairs(given):
        if name not in ASSUMPTIONS:
            raise UsageError(f"{name}: nothing is assumed under this name; {_names(ASSUMPTIONS)}")
        kind = ASSUMPTIONS[name]
        if not kind.least <= value <= kind.most:
            raise UsageError(f"{name}={value:g}: it must be from {kind.least:g} to {kind.most:g}")
        values[name] = value
    if values["cores"] <= values["reserved_cores"]:
        raise UsageError("reserved_cores: a machine needs a core that is not reserved")
    return values


def mix_of(given: Iterable[str], counted: Mapping[str, float]) -> dict[str, float]:
    """Which share of all journeys each is: as given (NAME=WEIGHT), or as counted in a drill.

    Raises UsageError for one whose cost was not measured.
    """
    weights = dict(_pairs(given)) or dict(counted)
    for name, weight in weights.items():
        if name not in counted:
            raise UsageError(f"{name}: its cost was not measured; {_names(counted)}")
        if weight < 0:
            raise UsageError(f"{name}={weight:g}: a weight is not less than 0")
    whole = sum(weights.values())
    if whole <= 0:
        raise UsageError("a mix needs a journey with a weight above 0")
    return {name: weight / whole for name, weight in sorted(weights.items()) if weight}


def _pairs(given: Iterable[str]) -> list[tuple[str, float]]:
    pairs = []
    for text in given:
        name, mark, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if not mark or not math.isfinite(value):
            raise UsageError(f"{text}: it must be NAME=NUMBER")
        pairs.append((name.strip(), value))
    return pairs


def _names(known: Iterable[str]) -> str:
    return f"there are: {', '.join(known)}"
