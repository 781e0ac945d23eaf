"""The named test people, the same in every environment (R94): one table.

What it says of a card, a bank account or a family, whoever fills a federation makes true through
the contract. What it says of faces, photos, phones and banks, the simulated ones do (`magic.py`).
"""

from datetime import date

from essc_platform.lab.people import (
    NANTONG_CARD,
    NO_CARD,
    PARENT,
    SPOUSE,
    Bound,
    persona,
)

_OF_CARDS = (
    persona(
        1,
        "zhang-san",
        "张三",
        date(1985, 3, 12),
        ("320600", 2, "normal"),
        ("A second-generation card in order; the person of most stories.", "二代卡，状态正常"),
        (
            "PASSWORD_NOT_SET",
            "BANK_ACCOUNT_NOT_OPEN",
            "CARD_NOT_LOST",
            "MEMBER_IS_HOLDER",
            "NOT_A_RECIPIENT",
            "CITIZEN_EXISTS",
            "PHYSICAL_CARD_EXISTS",
        ),
    ),
    persona(
        2,
        "li-si",
        "李四",
        date(1979, 11, 2),
        ("320600", 2, "lost"),
        ("The card is reported lost.", "社保卡已挂失"),
        ("PHYSICAL_CARD_LOST", "MEMBER_CARD_NOT_NORMAL"),
    ),
    persona(
        3,
        "wang-wu",
        "王五",
        date(1992, 6, 30),
        NO_CARD,
        ("No card yet: for issuing a third-generation one.", "尚无社保卡，用于申领三代卡"),
        ("PHYSICAL_CARD_NOT_FOUND",),
    ),
    persona(
        4,
        "zhao-liu",
        "赵六",
        date(1968, 1, 25),
        ("320500", 2, "temporarily_lost"),
        ("The card is temporarily lost; that lifts itself after 7 days.", "社保卡临时挂失"),
        ("PHYSICAL_CARD_TEMPORARILY_LOST",),
    ),
    persona(
        5,
        "sun-qi",
        "孙七",
        date(2001, 9, 9),
        ("320100", 2, "sealed"),
        ("The card is made but not enabled.", "社保卡封存，未启用"),
        ("PHYSICAL_CARD_SEALED",),
    ),
    persona(
        6,
        "zhou-ba",
        "周八",
        date(1990, 12, 1),
        ("320600", 2, "locked"),
        ("The card is locked.", "社保卡已锁定"),
        ("PHYSICAL_CARD_LOCKED",),
    ),
    persona(
        7,
        "wu-jiu",
        "吴九",
        date(1974, 4, 18),
        ("320600", 2, "cancelled"),
        ("The card is cancelled, without another.", "社保卡已注销"),
        ("PHYSICAL_CARD_CANCELLED", "PHYSICAL_CARD_STATUS_FORBIDS"),
    ),
    persona(
        8,
        "zheng-shi",
        "郑十",
        date(1988, 8, 8),
        ("431222", 2, "normal"),
        ("A card of another province in order.", "外省社保卡，状态正常"),
        ("REGION_DIFFERS",),
    ),
    persona(
        9,
        "chen-mei",
        "陈美",
        date(1995, 2, 14),
        ("320600", 3, "normal"),
        ("A third-generation card in order: delivered to Alipay at once.", "三代卡，状态正常"),
        ("LINK_NOT_ACTIVE",),
    ),
    persona(
        923,
        "ren-zhong",
        "任忠",
        date(1971, 7, 7),
        ("320600", 2, "lost"),
        (
            (
                "Linked at bureau-window, then reported lost: AllowWhileLost is refused under "
                "--loss block, and a second time under --loss holder_consent."
            ),
            (
                "已在人社窗口（bureau-window）关联，之后挂失：策略为 block 时不能放行，"
                "策略为 holder_consent 时不能再次放行"
            ),
        ),
        ("LOSS_POLICY_BLOCKS", "LOSS_ALLOWED_ALREADY"),
        is_linked=True,
    ),
)

_OF_FAMILIES = (
    persona(
        901,
        "qian-fang",
        "钱芳",
        date(1986, 7, 19),
        NANTONG_CARD,
        (
            "Zhang San's wife: to be bound as spouse, with her own live face.",
            "张三的配偶，本人人脸",
        ),
        ("MEMBER_FACE_NEEDED",),
    ),
    persona(
        902,
        "zhang-xiaobao",
        "张小宝",
        date(2018, 5, 1),
        NANTONG_CARD,
        ("Zhang San's child: under 16 until 2034-05-01.", "张三的子女，2034年5月1日满16周岁"),
        ("FACE_PHOTO_NEEDED",),
    ),
    persona(
        903,
        "li-xiulan",
        "李秀兰",
        date(1948, 5, 20),
        NANTONG_CARD,
        ("Chen Mei's grandmother, a recipient of benefits.", "陈美的祖母，待遇领取人员"),
        ("RECIPIENT_EXISTS",),
        is_recipient=True,
    ),
    persona(
        904,
        "zhou-xiaoyu",
        "周小雨",
        date(2011, 6, 15),
        NANTONG_CARD,
        ("15 years old from 2026-06-15 to 2027-06-14.", "2026年6月15日至2027年6月14日为15周岁"),
        ("FACE_PHOTO_NEEDED",),
    ),
    persona(
        905,
        "wu-xiaochen",
        "吴小辰",
        date(2014, 1, 1),
        NANTONG_CARD,
        (
            "Sixteen tomorrow on 2029-12-31: advance the platform's clock to that date.",
            "2030年1月1日满16周岁，可将平台时钟拨至前一日",
        ),
        ("FACE_PHOTO_NEEDED", "MEMBER_FACE_NEEDED"),
    ),
    persona(
        906,
        "lin-guoqiang",
        "林国强",
        date(1950, 10, 1),
        NANTONG_CARD,
        ("Bound by four holders already.", "已被4位持卡人绑定"),
        ("BINDERS_TOO_MANY",),
    ),
    *(
        persona(
            907 + place,
            persona_id,
            name,
            date(1980, 1, 5 + place),
            NANTONG_CARD,
            (
                "Has bound Lin Guoqiang as a parent; the card password is 135790.",
                "已绑定林国强，社保卡密码135790",
            ),
            ("MEMBER_BOUND_ALREADY", "MEMBER_CANNOT_PAY"),
            bindings=(Bound("lin-guoqiang", PARENT),),
        )
        for place, (persona_id, name) in enumerate(
            (("ma-yi", "马一"), ("ma-er", "马二"), ("ma-san", "马三"), ("ma-si", "马四"))
        )
    ),
    persona(
        911,
        "he-jun",
        "何军",
        date(1975, 3, 3),
        NANTONG_CARD,
        (
            "The spouse's place is used up by He Yan; the card password is 135790.",
            "配偶绑定次数已用完（何燕曾绑定后解绑），社保卡密码135790",
        ),
        ("PLACES_USED_UP",),
        bindings=(Bound("he-yan", SPOUSE, has_ended=True),),
    ),
    persona(
        912,
        "he-yan",
        "何燕",
        date(1977, 8, 21),
        NANTONG_CARD,
        ("Was bound by He Jun; the binding has ended.", "曾被何军绑定，已解绑"),
        ("BINDING_NOT_FOUND",),
    ),
)

_OF_BANKS_AND_REGIONS = (
    persona(
        913,
        "gao-yuan",
        "高远",
        date(1983, 9, 27),
        NANTONG_CARD,
        ("Normal cards of two provinces: applying needs a region.", "持两省社保卡，申领须选地区"),
        ("REGION_NEEDED",),
        other_regions=("431222",),
    ),
    persona(
        914,
        "xu-zhong",
        "徐忠",
        date(1940, 2, 11),
        NANTONG_CARD,
        ("Dead: the person is cancelled.", "已去世，人员已注销"),
        ("CITIZEN_CANCELLED",),
        is_cancelled=True,
    ),
    persona(
        915,
        "tang-jin",
        "唐进",
        date(1991, 4, 4),
        NANTONG_CARD,
        (
            "The card's bank account is open at Jianghai Bank (bank-east).",
            "社保卡已在江海银行开通账户",
        ),
        ("BANK_ACCOUNT_OPEN_ALREADY", "BANK_DIFFERS"),
        bank_id="bank-east",
    ),
    persona(
        900,
        "luo-wen",
        "罗文",
        date(1985, 3, 12),
        NANTONG_CARD,
        (
            "The bank moves none of this person's money: orders stay unpaid.",
            "银行拒绝划款，订单支付失败",
        ),
        ("ORDER_UNPAID",),
        bank_id="bank-east",
    ),
)

_OF_AUTHORITIES = (
    persona(
        916,
        "shen-ying",
        "沈影",
        date(1989, 12, 12),
        NANTONG_CARD,
        ("Every face is judged to be another person's.", "人脸始终比对不符"),
        ("FACE_MISMATCH",),
    ),
    persona(
        917,
        "han-jing",
        "韩静",
        date(1993, 5, 30),
        NANTONG_CARD,
        ("No face is ever alive.", "活体检测始终不通过"),
        ("LIVENESS_FAILED",),
    ),
    persona(
        918,
        "feng-wu",
        "冯雾",
        date(1982, 10, 10),
        NANTONG_CARD,
        ("No photo can be read.", "照片始终无法识别"),
        ("PHOTO_UNREADABLE",),
    ),
    persona(
        919,
        "cao-ming",
        "曹明",
        date(1987, 3, 8),
        NANTONG_CARD,
        ("Every photo shows somebody else.", "照片始终与人员不符"),
        ("PHOTO_MISMATCH",),
    ),
    *(
        persona(
            place,
            persona_id,
            name,
            date(1999, 11, 11),
            NANTONG_CARD,
            (
                "A twin: photos of the one pass for the other's, so that a used one is seen.",
                "双胞胎，照片可互相通过比对，用于重复使用照片的情形",
            ),
            ("PHOTO_USED",),
            looks_like=twin,
        )
        for place, persona_id, name, twin in (
            (921, "liu-da", "刘大", "liu-xiao"),
            (922, "liu-xiao", "刘小", "liu-da"),
        )
    ),
    persona(
        920,
        "peng-yuan",
        "彭远",
        date(1996, 6, 6),
        NANTONG_CARD,
        ("Text messages are sent and never arrive.", "短信始终收不到"),
        ("MESSAGE_LOST",),
    ),
)

PERSONAS = (*_OF_CARDS, *_OF_FAMILIES, *_OF_BANKS_AND_REGIONS, *_OF_AUTHORITIES)
