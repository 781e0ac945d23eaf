"""Codes for the store: plain ones, and ones with everything in them."""

from dataclasses import replace

from tests.store.stories import NOON, ZHANG

from essc_platform.core.records import Change, CitizenKey, Code, LinkCodes, Usage

WIDE = CitizenKey(1023, (1 << 63) - 1)
TAIL = (1 << 48) - 1

CODE = Code(
    citizen=ZHANG,
    number=700,
    channel="bank",
    serial=1,
    binding=None,
    member=None,
    issue_time=NOON,
    expire_time=NOON + 60_000_000,
)
LINK_CODES = LinkCodes(citizen=ZHANG, channel="bank", serial=1, newest=700, devices=())
RECORDS: list[Change] = [
    CODE,
    replace(
        CODE,
        citizen=WIDE,
        number=TAIL,
        binding=TAIL,
        member=ZHANG,
        use_time=NOON,
        verifier="hospital",
        usage=Usage.PAYMENT,
    ),
    LINK_CODES,
    replace(LINK_CODES, citizen=WIDE, serial=1 << 40, newest=TAIL, devices=("0a", "ff")),
]
