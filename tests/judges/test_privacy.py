"""The judge of privacy sees a name wherever it stands, and says it nowhere."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.judges.telling import Telling, event, link, platform

from essc.event.v1.event_pb2 import Event
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.privacy import Privacy

NAME, NUMBER, PASSWORD = "张金丝雀", "110000198503120013", "135790"
SECRETS = (NAME, NUMBER, PASSWORD)


def found(written: str, path: Path, told: Telling | None = None, **lists: Any) -> Finding:
    path.write_text(written, encoding="utf-8")
    evidence = (told or Telling()).evidence(
        {"platform": platform(**lists)}, secrets=SECRETS, files={"wechat": [path]}
    )
    return Privacy().judge(evidence)


@pytest.mark.rule("R92")
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("written", [str, json.dumps])
def test_a_secret_in_a_file_is_told_by_its_line_and_not_said_again(
    secret: str, written: Any, tmp_path: Path
) -> None:
    lines = f"all is well\nhello {written(secret)}!\n"

    finding = found(lines, tmp_path / "wechat.log")

    (violation,) = finding.violations
    assert violation.text.en == "line 2 of wechat's file wechat.log holds personal data"
    assert not any(each in str(finding) for each in SECRETS)


def test_digits_within_longer_digits_tell_nothing(tmp_path: Path) -> None:
    finding = found(f"at 1{PASSWORD}22 us, id {PASSWORD}ab\n", tmp_path / "wechat.log")

    assert finding.ruling is Ruling.GOOD


def test_times_that_look_like_a_password_tell_nothing(tmp_path: Path) -> None:
    finding = found(f'{{"at_us": {PASSWORD}}} 11:55:35.{PASSWORD}Z\n', tmp_path / "wechat.log")

    assert finding.ruling is Ruling.GOOD


def test_a_file_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    evidence = Telling().evidence(
        {"platform": platform()}, secrets=SECRETS, files={"alipay": [tmp_path / "alipay.log"]}
    )

    finding = Privacy().judge(evidence)

    assert (finding.ruling, finding.not_judged) == (Ruling.NOT_JUDGED, ("alipay: alipay.log",))


def test_where_there_are_no_secrets_no_file_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "wechat.log"
    path.write_text("all is well\n", encoding="utf-8")

    finding = Privacy().judge(
        Telling().evidence({"platform": platform()}, files={"wechat": [path]})
    )

    assert finding.ruling is Ruling.NOT_JUDGED


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("about", "is_good"),
    [
        ({}, True),
        ({"request_id": "request-1"}, True),
        ({"request_id": "request-of-alipay"}, False),
        ({"traceparent": "alipay"}, False),
        ({"traceparent": "link-alipay-zhang"}, False),
        ({"traceparent": NAME}, False),
    ],
)
def test_an_event_tells_a_channel_of_nobody_elses_doings(
    about: dict[str, Any], is_good: bool, tmp_path: Path
) -> None:
    told = Telling()
    told.call("wechat", "Apply")
    own = event("wechat", Event.KIND_LINK_ACTIVATED, 1, **about)
    links = [link("wechat"), link("alipay")]

    finding = found("", tmp_path / "log", told, links=links, events=[own])

    assert (finding.ruling is Ruling.GOOD) is is_good


def test_where_only_phones_were_listened_to_it_is_not_known_what_a_channel_asked(
    tmp_path: Path,
) -> None:
    told = Telling()
    told.call("phone", "StartFlow", target="wechat")
    event_of_wechat = event("wechat", Event.KIND_LINK_ACTIVATED, 1, request_id="of-the-channel")

    finding = found("", tmp_path / "log", told, links=[link("wechat")], events=[event_of_wechat])

    assert finding.violations == ()
