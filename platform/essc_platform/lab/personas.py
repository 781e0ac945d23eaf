"""The named test people, the same in every environment (R94).

Every one is invented: the division 990000 exists nowhere, and no operator numbers begin with 111.
"""

from dataclasses import dataclass
from datetime import date

from essc_wire.id_numbers import SYNTHETIC_PHONE_PREFIX, synthetic


@dataclass(frozen=True, slots=True)
class Persona:
    """A test person; without a region there is no physical card."""

    persona_id: str
    name: str
    id_number: str
    phone: str
    region: str
    generation: int
    status: str
    text_en: str
    text_zh: str


def _persona(
    place: int,
    persona_id: str,
    name: str,
    birth: date,
    card: tuple[str, int, str],
    texts: tuple[str, str],
) -> Persona:
    region, generation, status = card
    return Persona(
        persona_id=persona_id,
        name=name,
        id_number=synthetic(birth, place),
        phone=f"{SYNTHETIC_PHONE_PREFIX}{place:08d}",
        region=region,
        generation=generation,
        status=status,
        text_en=texts[0],
        text_zh=texts[1],
    )


_NONE = ("", 0, "")

PERSONAS = (
    _persona(
        1,
        "zhang-san",
        "张三",
        date(1985, 3, 12),
        ("320600", 2, "normal"),
        ("A second-generation card in order; the person of most stories.", "二代卡，状态正常"),
    ),
    _persona(
        2,
        "li-si",
        "李四",
        date(1979, 11, 2),
        ("320600", 2, "lost"),
        ("The card is reported lost.", "社保卡已挂失"),
    ),
    _persona(
        3,
        "wang-wu",
        "王五",
        date(1992, 6, 30),
        _NONE,
        ("No card yet: for issuing a third-generation one.", "尚无社保卡，用于申领三代卡"),
    ),
    _persona(
        4,
        "zhao-liu",
        "赵六",
        date(1968, 1, 25),
        ("320500", 2, "temporarily_lost"),
        ("The card is temporarily lost; that lifts itself after 7 days.", "社保卡临时挂失"),
    ),
    _persona(
        5,
        "sun-qi",
        "孙七",
        date(2001, 9, 9),
        ("320100", 2, "sealed"),
        ("The card is made but not enabled.", "社保卡封存，未启用"),
    ),
    _persona(
        6,
        "zhou-ba",
        "周八",
        date(1990, 12, 1),
        ("320600", 2, "locked"),
        ("The card is locked.", "社保卡已锁定"),
    ),
    _persona(
        7,
        "wu-jiu",
        "吴九",
        date(1974, 4, 18),
        ("320600", 2, "cancelled"),
        ("The card is cancelled, without another.", "社保卡已注销"),
    ),
    _persona(
        8,
        "zheng-shi",
        "郑十",
        date(1988, 8, 8),
        ("431222", 2, "normal"),
        ("A card of another province in order.", "外省社保卡，状态正常"),
    ),
    _persona(
        9,
        "chen-mei",
        "陈美",
        date(1995, 2, 14),
        ("320600", 3, "normal"),
        ("A third-generation card in order: delivered to Alipay at once.", "三代卡，状态正常"),
    ),
)
