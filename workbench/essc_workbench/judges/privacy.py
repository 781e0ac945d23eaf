"""No personal data leaks (R92), and no channel learns of another one (R14).

Every file that a party wrote is read for the names, numbers, passwords, codes and proofs of the
run. What is found is never said again: a violation names the file and the line. What a channel's
feed tells is searched for other channels, and for requests that were not its own.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TextIO

from google.protobuf.message import Message

from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.snapshots import PLATFORM, National, national
from essc_workbench.judges.tallies import Tally

LENGTH_MIN: Final = 6
"""Shorter ones may stand anywhere by chance; a name of two characters that is no ASCII may not."""
BLOCK_BYTES: Final = 1 << 20
"""How much of a file is read at once."""
_DIGITS: Final = re.compile(r'(?<![0-9a-f.])(?<!": )[0-9]+(?![0-9a-f])')
"""Not within longer digits, nor a fraction of a second, nor a number of JSON: those are times."""
_OPAQUE: Final = re.compile(r"[0-9a-f]{16,}")


class Privacy:
    """Nobody is named where nobody should be."""

    name = "privacy"
    rules = ("R92", "R14")
    text = Text(
        zh="日志、历史、报告中没有个人信息；渠道得不到其他渠道的消息",
        en="No personal data in logs, histories and reports; no channel learns of another one",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        secrets = _Secrets(evidence.secrets)
        for party, paths in evidence.files.items():
            for path in paths:
                _judge_file(tally, party, path, secrets)
        platform = evidence.shared(national)
        if platform is None:
            tally.lacks(PLATFORM)
        else:
            _judge_feeds(tally, platform, evidence, secrets)
        return tally.finding(self)


class _Secrets:
    """What to look for. Most are found by cutting a text into runs, so that many cost as few."""

    def __init__(self, secrets: Iterable[str]) -> None:
        wanted = {each for each in secrets if len(each) >= LENGTH_MIN or not each.isascii()} - {""}
        written = {form for each in wanted for form in (each, json.dumps(each)[1:-1])}
        self._digits = {each for each in written if each.isdigit()}
        self._opaque = {each for each in written if _OPAQUE.fullmatch(each)} - self._digits
        self._plain = sorted(written - self._digits - self._opaque)

    def __bool__(self) -> bool:
        return bool(self._digits or self._opaque or self._plain)

    def are_in(self, text: str) -> bool:
        """Whether one is there. Digits within longer digits, as of a time, tell nothing."""
        return (
            not self._digits.isdisjoint(_DIGITS.findall(text))
            or not self._opaque.isdisjoint(_OPAQUE.findall(text))
            or any(each in text for each in self._plain)
        )


def _judge_file(tally: Tally, party: str, path: Path, secrets: _Secrets) -> None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            number = _first_line(file, secrets)
    except OSError:
        tally.lacks(f"{party}: {path.name}")
        return
    if secrets and not tally.holds(number == 0):
        tally.broken(
            zh=f"{party} 的文件 {path.name} 第 {number} 行有个人信息",
            en=f"line {number} of {party}'s file {path.name} holds personal data",
            channel=party,
        )


def _first_line(file: TextIO, secrets: _Secrets) -> int:
    """The number of the first line that holds a secret; 0 if none does."""
    before = 0
    while lines := file.readlines(BLOCK_BYTES):
        if secrets.are_in("".join(lines)):
            places = (n for n, line in enumerate(lines, start=1) if secrets.are_in(line))
            return before + next(places, 1)
        before += len(lines)
    return 0


def _judge_feeds(tally: Tally, platform: National, evidence: Evidence, secrets: _Secrets) -> None:
    own: dict[str, set[str]] = {}
    for call in evidence.history.calls:
        own.setdefault(call.invoked.source, set()).add(call.invoked.request_id)
    channels = {each.channel_id for each in platform.snapshot.events} | set(evidence.channels)
    for each in platform.snapshot.events:
        told = set(_texts(each.event))
        foreign = {
            link_id
            for link_id in told & platform.links.keys()
            if platform.links[link_id].channel_id != each.channel_id
        }
        others = told & (channels - {each.channel_id})
        # What the window did before the run began passed no door, and is in no history; nor is
        # what a channel asked, where only its phones were listened to.
        is_own = (
            not each.event.request_id
            or each.channel_id not in evidence.channels
            or each.channel_id not in own
            or each.event.request_id in own[each.channel_id]
        )
        is_named = any(map(secrets.are_in, told))
        if not tally.holds(not foreign and not others and is_own and not is_named):
            tally.broken(
                zh=f"{each.channel_id} 的一个事件透露了其他渠道或个人信息",
                en=f"an event of {each.channel_id} tells of another channel or of a person",
                citizen=platform.alias(platform.owner(each.event.link.link_id)),
                channel=each.channel_id,
            )


def _texts(message: Message) -> Iterator[str]:
    """All texts of a message, however deep."""
    for descriptor, value in message.ListFields():
        for each in value if descriptor.is_repeated else (value,):
            if isinstance(each, Message):
                yield from _texts(each)
            elif isinstance(each, str):
                yield each
