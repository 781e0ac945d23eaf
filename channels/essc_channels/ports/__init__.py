"""What the channel asks of others, in the channel's own words.

Two parties stand outside: the national platform, and the authority behind what this channel vouches
for. The wire speaks to both; the flows and the shadow know only these shapes. An answer is a value
or a `Refusal`. Whoever cannot be reached, or does not answer in time, is the refusal
PLATFORM_UNREACHABLE or AUTHORITY_UNREACHABLE: the outcome is open, and the same request id is the
way to find out.
"""

from essc_channels.ports.asking import (
    Application,
    Ask,
    Consent,
    Head,
    Heartbeat,
    LinkPage,
    NewPassword,
    Question,
    RecordPage,
    Subject,
)
from essc_channels.ports.errands import Bound, CertificationPage, Errands, OrderPage, UsePage
from essc_channels.ports.family import FamilyDesk, NewMember
from essc_channels.ports.platform import Feed, NationalPlatform, Vouching

__all__ = [
    "Application",
    "Ask",
    "Bound",
    "CertificationPage",
    "Consent",
    "Errands",
    "FamilyDesk",
    "Feed",
    "Head",
    "Heartbeat",
    "LinkPage",
    "NationalPlatform",
    "NewMember",
    "NewPassword",
    "OrderPage",
    "Question",
    "RecordPage",
    "Subject",
    "UsePage",
    "Vouching",
]
