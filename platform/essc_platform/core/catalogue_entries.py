"""The catalogue as a new platform has it (R60): what the source texts name.

Where money moves, the payment level is needed. Medical settlement is open in some regions only, so
that everyone meets a service that is not open yet (R63).
"""

from essc_platform.core.records import Level, Service


def _service(
    service_id: str,
    name_zh: str,
    name_en: str,
    needed_level: Level = Level.QUERY,
    regions: tuple[str, ...] = (),
) -> Service:
    """An entry; open everywhere unless it names regions."""
    return Service(
        key=service_id,
        name_zh=name_zh,
        name_en=name_en,
        needed_level=needed_level,
        regions=tuple(sorted(regions)),
        is_open_everywhere=not regions,
    )


_PAYMENT = Level.PAYMENT

ENTRIES = (
    _service("employment-registration", "就业失业登记", "Employment and unemployment registration"),
    _service("unemployment-benefit", "失业保险金申领", "Unemployment benefit claim"),
    _service("social-insurance-query", "社保查询", "Social insurance query"),
    _service("benefit-certification", "社保待遇资格认证", "Benefit certification"),
    _service("pension-transfer", "养老保险关系转移", "Pension transfer"),
    _service("wage-arrears-report", "欠薪举报", "Wage arrears report"),
    _service(
        "medical-settlement",
        "医保结算",
        "Medical settlement",
        _PAYMENT,
        ("320100", "320500", "320600", "431222"),
    ),
    _service("professional-title", "职称申报", "Professional title application"),
    _service("labour-arbitration", "劳动仲裁申请", "Labour arbitration request"),
    _service("archive-query", "档案查询", "Archive query"),
    _service("contribution-estimate", "缴费测算", "Contribution estimate"),
    _service("shopping", "购物", "Shopping", _PAYMENT),
    _service("hotel-check-in", "酒店入住", "Hotel check-in", _PAYMENT),
    _service("public-transport", "公共交通", "Public transport", _PAYMENT),
    _service("library", "图书借阅", "Library"),
    _service("tourism", "旅游", "Tourism", _PAYMENT),
)
