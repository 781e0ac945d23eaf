"""What admits somebody admits once: codes, proofs, tickets (R23, R30, R31, R61)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.requests import Request, requests, tokens, word
from essc_workbench.judges.snapshots import PLATFORM, National, national
from essc_workbench.judges.tallies import Tally

SAYS_SO_ALREADY: Final = frozenset(
    {"Unlink", "RaiseLevel", "RemoveMember", "LeaveBinder", "IssueCode"}
)
"""Commands that look at no proof where what they want is so already, or the device is known."""

Use = tuple[str, Request]
"""A digest, and the request that used up what it stands for."""


class Once:
    """Codes, proofs and tickets are good once."""

    name = "once"
    rules = ("R23", "R30", "R31", "R61")
    text = Text(
        zh="二维码、认证凭据和服务凭证各只能用一次",
        en="A code, a proof and a ticket are each good once",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        asked = requests(evidence)
        kinds: tuple[tuple[str, str, Callable[[tuple[Request, ...]], Iterator[Use]]], ...] = (
            ("二维码", "code", codes_used),
            ("认证凭据", "proof", proofs_used),
            ("服务凭证", "ticket", tickets_used),
        )
        for name, kind, used in kinds:
            _judge_uses(tally, name, kind, used(asked))
        platform = evidence.shared(national)
        if platform is None:
            tally.lacks(PLATFORM)
        else:
            _judge_snapshot(tally, platform)
        return tally.finding(self)


def codes_used(asked: tuple[Request, ...]) -> Iterator[Use]:
    """Each code with a request that found it valid, alone or among others."""
    for each in asked:
        for path, value in each.answer.items():
            if not path.endswith("verdict") or word(value) != "VALID":
                continue
            place = path.split(".")[1] if path.startswith("results.") else ""
            code = each.asked.get(f"requests.{place}.code" if place else "code")
            if isinstance(code, str):
                yield code, each


def proofs_used(asked: tuple[Request, ...]) -> Iterator[Use]:
    """Each proof with a request that used it up."""
    wanted: set[tuple[object, ...]] = set()
    for each in asked:
        fields = ("link_id", "serial", "binding_id", "device_id")
        what = (each.method, *map(each.asked.get, fields))
        is_again = each.method in SAYS_SO_ALREADY and what in wanted
        if each.may_be_done:
            wanted.add(what)
        if each.is_done and not is_again:
            for proof in tokens(each.asked, "proof"):
                yield proof, each


def tickets_used(asked: tuple[Request, ...]) -> Iterator[Use]:
    """Each ticket with a request that redeemed it."""
    for each in asked:
        if each.method == "RedeemTicket" and each.is_done:
            for ticket in tokens(each.asked, "ticket"):
                yield ticket, each


def _judge_uses(tally: Tally, name: str, kind: str, uses: Iterator[Use]) -> None:
    by_digest: dict[str, list[Request]] = defaultdict(list)
    for digest, request in uses:
        by_digest[digest].append(request)
    for digest, users in by_digest.items():
        if not tally.holds(len(users) == 1):
            tally.broken(
                zh=f"同一{name}（{digest}）被接受了 {len(users)} 次",
                en=f"one {kind} ({digest}) was accepted {len(users)} times",
                calls=tuple(number for each in users for number in each.calls),
                citizen=users[-1].citizen,
                channel=users[-1].source,
                at_us=users[-1].end_us,
            )


def _judge_snapshot(tally: Tally, platform: National) -> None:
    """A code has one check at most, and whoever has a check is used up."""
    shot = platform.snapshot
    codes = {each.code_key: each for each in shot.codes}
    for code_key, count in Counter(each.code_key for each in shot.checks).items():
        code = codes.get(code_key)
        is_used = code is None or code.HasField("use_time")  # codes are kept less long than checks
        if not tally.holds(count == 1 and is_used):
            tally.broken(
                zh=f"平台上一个二维码有 {count} 次核验",
                en=f"at the platform one code has {count} checks",
                citizen=platform.alias(code.citizen) if code is not None else "",
                channel=code.channel_id if code is not None else "",
            )
