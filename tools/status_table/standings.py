"""The columns: how it stands with the card in question, and whom all trials are about."""

from dataclasses import dataclass

from essc_platform.core import policy
from essc_platform.core.records import CitizenKey
from essc_platform.core.records import PhysicalCardStatus as S

POLICY = policy.Policy()
NOW = 1_800_000_000_000_000
LONG_AGO, LATER = NOW - 1_000_000_000_000, NOW + 1_000_000_000_000
CHANNEL, CARD = "here", 50
WHO, OTHER = CitizenKey(0, 1), CitizenKey(0, 2)
ID_NUMBER = "990000199001010014"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A column: how it stands with the card in question."""

    words: str
    status: S | None
    expire_time: int = LATER
    cancel_time: int | None = None
    is_opened: bool = False
    """Whether the holder opened this channel's link for the loss."""


GOOD = Standing(words="normal (正常)", status=S.NORMAL)
STANDINGS = (
    Standing(words="none on record (无卡)", status=None),
    Standing(words="sealed (封存)", status=S.SEALED),
    GOOD,
    Standing(words="temporarily lost (临时挂失)", status=S.TEMPORARILY_LOST),
    Standing(words="lost (挂失)", status=S.LOST),
    Standing(words="lost, and this link opened for it", status=S.LOST, is_opened=True),
    Standing(words="locked (锁定)", status=S.LOCKED),
    Standing(words="cancelled, no other (注销)", status=S.CANCELLED),
    Standing(words="normal, but past ten years", status=S.NORMAL, expire_time=NOW),
    Standing(words="the person cancelled (死亡、出国定居)", status=S.NORMAL, cancel_time=LONG_AGO),
)
