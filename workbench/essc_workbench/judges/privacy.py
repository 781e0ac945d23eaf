"""No personal data leaks (R92), and no channel learns of another one (R14).

Every file that a party wrote is read for the names, numbers, passwords, codes and proofs of the
run. What is found is never said again: a violation names the file and the line. What a channel's
feed tells is searched for other channels, and for requests that were not its own.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from google.protobuf.message import Message

from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.snapshots import PLATFORM, National, national
from essc_workbench.judges.tallies import Tally

LENGTH_MIN: Final = 6
"""Shorter ones may stand anywhere by chance; a name of two characters that is no ASCII may not."""
_AMONG_DIGITS: Final = r'(?<![0-9a-f.])(?<!": )(?:{})(?![0-9a-f])'
"""Not within longer digits, nor a fraction of a second, nor a number of JSON: those are times."""
PATTERN_MAX: Final = 2000
"""Secrets in one pattern."""


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
        secrets = sorted(_worth_looking_for(evidence.secrets))
        patterns = list(_patterns(secrets))
        for party, paths in evidence.files.items():
            for path in paths:
                _judge_file(tally, party, path, patterns)
        platform = national(evidence)
        if platform is None:
            tally.lacks(PLATFORM)
        else:
            _judge_feeds(tally, platform, evidence, patterns)
        return tally.finding(self)


def _worth_looking_for(secrets: Iterable[str]) -> set[str]:
    return {each for each in secrets if len(each) >= LENGTH_MIN or (each and not each.isascii())}


def _patterns(secrets: list[str]) -> Iterator[re.Pattern[str]]:
    """Each secret plainly, and as JSON writes it. Digits within longer digits tell nothing."""
    written = sorted({form for each in secrets for form in (each, json.dumps(each)[1:-1])})
    digits = [re.escape(each) for each in written if each.isdigit()]
    others = [re.escape(each) for each in written if not each.isdigit()]
    for forms, frame in ((digits, _AMONG_DIGITS), (others, "{}")):
        for begin in range(0, len(forms), PATTERN_MAX):
            yield re.compile(frame.replace("{}", "|".join(forms[begin : begin + PATTERN_MAX])))


def _judge_file(tally: Tally, party: str, path: Path, patterns: list[re.Pattern[str]]) -> None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = _found(file, patterns)
            number = next(lines, 0)
    except OSError:
        tally.lacks(f"{party}: {path.name}")
        return
    if not patterns:
        return
    if not tally.holds(number == 0):
        tally.broken(
            zh=f"{party} 的文件 {path.name} 第 {number} 行有个人信息",
            en=f"line {number} of {party}'s file {path.name} holds personal data",
            channel=party,
        )


def _found(lines: Iterable[str], patterns: list[re.Pattern[str]]) -> Iterator[int]:
    """The numbers of the lines that hold a secret."""
    for number, line in enumerate(lines, start=1):
        if any(pattern.search(line) for pattern in patterns):
            yield number


def _judge_feeds(
    tally: Tally, platform: National, evidence: Evidence, patterns: list[re.Pattern[str]]
) -> None:
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
        is_own = not each.event.request_id or each.event.request_id in own.get(each.channel_id, ())
        is_named = any(pattern.search(text) for pattern in patterns for text in told)
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
