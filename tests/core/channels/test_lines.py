"""Lines to read, and days as people in China count them."""

from datetime import UTC, date, datetime

import pytest

from essc_channels.core import lines
from essc_channels.core.card_errands import (
    Binder,
    Certification,
    Family,
    Member,
    Order,
    Places,
    Relation,
    Service,
    Use,
)
from essc_channels.core.dates import china_date, is_child
from essc_channels.core.record_texts import RECORDS
from essc_channels.core.records import Card, CardState, Level, RecordLine, Words


def at(*parts: int) -> int:
    """A moment of UTC in microseconds."""
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


NOON = at(2026, 3, 1, 4)
CARD = Card(state=CardState.USABLE, physical_card_status=2)


def member(relation: int = 1, **more: object) -> Member:
    values: dict[str, object] = {
        "binding_id": "b",
        "relation": relation,
        "masked_name": "王*",
        "masked_id_number": "*12",
        "add_time": NOON,
        "card": CARD,
    }
    return Member(**(values | more))  # type: ignore[arg-type]


def test_a_day_begins_at_midnight_in_china() -> None:
    assert china_date(at(2026, 2, 28, 15, 59, 59)) == date(2026, 2, 28)
    assert china_date(at(2026, 2, 28, 16)) == date(2026, 3, 1)


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("born", "now", "young"),
    [
        ("20100302", at(2026, 3, 1, 15, 59), True),
        ("20100302", at(2026, 3, 1, 16), False),  # midnight in China: the birthday itself
        ("20100301", at(2026, 3, 1, 4), False),
        ("20100228", at(2026, 3, 1, 4), False),
        ("20080229", at(2024, 2, 28, 4), True),
        ("20080229", at(2024, 2, 29, 4), False),
        ("20100229".replace("2010", "2012"), at(2028, 2, 28, 15, 59), True),
        ("19450102", at(2026, 3, 1, 4), False),
    ],
)
def test_the_sixteenth_birthday_itself_counts_as_sixteen(born: str, now: int, young: bool) -> None:
    assert is_child(f"990000{born}0017", now) is young


@pytest.mark.rule("R40", "R43", "R44")
def test_a_family_reads_as_members_places_and_binders() -> None:
    ended = member(2, end_time=NOON, card=None)
    blocked = member(9, card=None)
    family = Family(
        members=(member(), ended, blocked),
        places=(Places(relation=3, total=1, used=1),),
        binders=(Binder(binding_id="c", relation=2, masked_name="李*", add_time=NOON),),
    )

    read = lines.family_lines(family)

    assert [line.kind for line in read] == ["MEMBER", "MEMBER_ENDED", "MEMBER", "PLACES", "BINDER"]
    assert [line.text.zh for line in read] == [
        "王*（父母）",
        "王*（子女）",
        "王*（亲情成员）",
        "配偶名额 1 个，剩余 0 个",
        "李* 已将您添加为子女",
    ]
    assert [line.note.zh if line.note else "" for line in read] == [
        "电子社保卡正常",
        "已解除",
        "",
        "",
        "",
    ]
    assert set(lines.RELATIONS) == {int(relation) for relation in Relation}


@pytest.mark.rule("R52")
def test_a_certification_says_since_when_until_when_and_from_when_anew() -> None:
    certification = Certification(
        certify_time=NOON, expire_time=at(2027, 3, 1, 4), renewable_time=at(2026, 12, 1, 4)
    )

    new = lines.certified_line(certification, is_new=True)
    old = lines.certified_line(certification, is_new=False)
    own, by_binder = lines.certification_lines(
        [
            certification,
            Certification(
                certify_time=NOON, expire_time=NOON, renewable_time=NOON, is_by_binder=True
            ),
        ]
    )

    assert (new.kind, new.text.zh) == ("CERTIFIED", "认证成功")
    assert (old.kind, old.text.en) == ("CERTIFIED_ALREADY", "already certified on 2026-03-01")
    assert new.note == Words(
        "有效期至 2027-03-01，2026-12-01 起可再次认证",
        "valid until 2027-03-01, renewable from 2026-12-01",
    )
    assert (own.text.zh, by_binder.text.zh) == ("本人认证", "亲情成员代办")


@pytest.mark.rule("R62")
def test_an_order_says_who_pays_what_in_yuan_and_whole_fen() -> None:
    order = Order(
        order_id="o",
        state="STATE_SETTLED",
        provider_name="江海医院",
        insurance_fen=100_001,
        own_fen=5,
        create_time=NOON,
    )

    settled, newer = lines.order_lines(
        [
            order,
            Order(
                order_id="p",
                state="9",
                provider_name="x",
                insurance_fen=0,
                own_fen=0,
                create_time=None,
            ),
        ]
    )

    assert settled.text.zh == "江海医院 个人支付 0.05 元，医保支付 1000.01 元"
    assert (settled.note, settled.kind) == (Words("已结算", "settled"), "STATE_SETTLED")
    assert newer.note == Words("其他", "other")


@pytest.mark.rule("R61")
def test_a_use_is_called_by_its_service_and_says_what_came_of_it() -> None:
    names = {"library": Words("图书馆", "library")}

    done, unknown = lines.use_lines(
        [
            Use(service_id="library", outcome="OUTCOME_DONE", redeem_time=NOON),
            Use(service_id="gone", outcome="7", redeem_time=None, is_for_member=True),
        ],
        names,
    )

    assert (done.text.zh, done.note) == ("图书馆", Words("已办结", "done"))
    assert (unknown.text.zh, unknown.note) == ("gone（亲情成员）", Words("其他", "other"))


@pytest.mark.rule("R93")
def test_a_record_names_the_channel_where_it_was_told() -> None:
    told, untold, newer = lines.record_lines(
        [
            RecordLine(
                kind="KIND_LINK_UNLINKED",
                place="PLACE_ANOTHER_CHANNEL",
                record_time=NOON,
                channel_name="微信",
            ),
            RecordLine(kind="KIND_CERTIFIED", place="PLACE_ANOTHER_CHANNEL", record_time=NOON),
            RecordLine(kind="99", place="", record_time=NOON),
        ]
    )

    assert (told.text.zh, told.note) == ("解除关联", Words("微信", "微信"))
    assert untold.note == Words("其他渠道", "another channel")
    assert (newer.text.zh, newer.note) == ("其他变更", Words("其他", "elsewhere"))
    assert all(words.zh and words.en for words in RECORDS.values())


@pytest.mark.rule("R63")
def test_a_service_is_open_everywhere_or_in_its_regions() -> None:
    here = Service(
        service_id="a", name=Words("一", "a"), needed_level=Level.QUERY, regions=("320600",)
    )
    anywhere = Service(
        service_id="b", name=Words("二", "b"), needed_level=Level.QUERY, is_open_everywhere=True
    )

    assert here.is_open_in("320600")
    assert not here.is_open_in("431222")
    assert anywhere.is_open_in("")
