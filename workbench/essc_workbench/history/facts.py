"""What of a message may be told: its facts, by field path, without whoever they are about.

    reader = FactReader(key, people)
    reader.read(request).facts == {"link_id": "9f…", "serial": 2, "proof": "proof#1f0a22c7"}

A text is told only if its field is on one of three lists; one that no list knows is left out, so a
new field gives nobody away. Enums go by name, times and spans as microseconds, what a message does
not hold is not told at all.

    OPEN      ids and words of the contract itself, as they are
    SECRETS   what admits somebody: `<word>#<8 hex digits>` under a key of this run; the same value
              has the same digits, whatever field it stands in
    PERSONAL  who somebody is: the citizen's alias if it is known, else nothing
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2

from essc.card.v1.card_pb2 import SignedCard
from essc_wire.times import to_instant, to_span_us
from essc_workbench.history.items import Fact

FACTS_MAX: Final = 400
"""Facts of one message; how many more there were is told under `left_out`."""
TEXT_MAX: Final = 128
ADMITTING: Final = frozenset({"code", "proof", "session", "ticket"})
"""Words of what admits whoever has it."""
ADMITTING_LENGTH_MIN: Final = 9
ADMITTING_MAX: Final = 100_000

OPEN: Final = frozenset(
    {
        "after_cursor",
        "algorithm",
        "bank_id",
        "binding_id",
        "blocked_reason",
        "card_id",
        "challenge_id",
        "channel",
        "channel_id",
        "check_number",
        "choice_id",
        "consent_version",
        "cursor",
        "fault_id",
        "field_id",
        "flow_id",
        "key_id",
        "key_ids",
        "kind",
        "last_reason",
        "link_id",
        "notice_version",
        "order_id",
        "other_regions",
        "parent_channel_id",
        "party",
        "party_id",
        "physical_card_id",
        "physical_card_status",
        "platform_id",
        "provider_id",
        "reason",
        "region",
        "regions",
        "request_id",
        "service_id",
        "service_ids",
        "step_id",
        "transfer_id",
        "use_id",
        "verifier_id",
        "verifier_ids",
        "version",
        "vouch_id",
    }
)
SECRETS: Final = {
    "answer": "vouch_answer",
    "capture": "face_capture",
    "card_password": "password",
    "card_photo": "photo",
    "code": "code",
    "device_id": "device",
    "digits": "digits",
    "face_capture": "face_capture",
    "face_photo": "photo",
    "face_proof": "proof",
    "identity_proof": "proof",
    "member_proof": "proof",
    "new_password": "password",
    "next_page_token": "page_token",
    "page_token": "page_token",
    "password_proof": "proof",
    "photo": "photo",
    "proof": "proof",
    "session": "session",
    "text_code": "text_code",
    "text_proof": "proof",
    "ticket": "ticket",
    "vouch_answer": "vouch_answer",
    "wallet_password": "wallet_password",
}
PERSONAL: Final = frozenset({"account", "id_number", "name", "phone", "reserved_phone"})
REMEMBERED: Final = frozenset(
    {
        "binding_id",
        "card_id",
        "challenge_id",
        "check_number",
        "link_id",
        "order_id",
        "physical_card_id",
        "use_id",
    }
)
"""Ids by which a citizen is met again."""

_ID = re.compile(r"[A-Za-z0-9_.:/+=-]+")
# Whatever the field: what has the form of an ID number or of a phone is nobody's business.
_A_PERSONS = re.compile(r"(?<![0-9a-f])(?:[0-9]{17}[0-9x]|1[0-9]{10})(?![0-9a-f])", re.IGNORECASE)


class People:
    """Who is who: aliases by what names a person in messages. Grows while a run lasts."""

    def __init__(self) -> None:
        self._aliases: dict[str, str] = {}

    def add(self, alias: str, *what: str) -> None:
        """An alias for an ID number, a phone, a name, an account; empty ones are passed over."""
        self._aliases.update({each: alias for each in what if each})

    @property
    def aliases(self) -> frozenset[str]:
        """All citizens that are known."""
        return frozenset(self._aliases.values())

    def alias(self, value: str) -> str:
        """Whose it is; empty if it is nobody's that is known."""
        return self._aliases.get(value, "")


@dataclass(slots=True)
class Told:
    """What of one message may be told."""

    facts: dict[str, Fact] = field(default_factory=dict)
    citizens: list[str] = field(default_factory=list)
    """Aliases of those whom it names, in the order of its fields."""
    ids: list[str] = field(default_factory=list)
    """The ids in it by which a citizen is met again."""
    left_out: int = 0

    def add(self, path: str, value: Fact) -> None:
        """Adds a fact while there is room."""
        if len(self.facts) < FACTS_MAX:
            self.facts[path] = value
        else:
            self.left_out += 1

    def name(self, alias: str) -> None:
        """Adds a citizen, once."""
        if alias not in self.citizens:
            self.citizens.append(alias)


class FactReader:
    """Reads messages for one run."""

    def __init__(self, key: bytes, people: People) -> None:
        self._key, self._people = key, people
        self.admitting: set[str] = set()
        """What was read that admits somebody, as it is: in memory only, to be looked for in what
        parties wrote. Short ones, as text codes are, may stand anywhere by chance."""

    def read(self, message: Message) -> Told:
        """The facts of a message, whom it names, and the ids in it."""
        told = Told()
        self._read(message, "", told)
        if told.left_out:
            told.facts["left_out"] = told.left_out
        return told

    def digest(self, word: str, value: str | bytes) -> str:
        """A secret as it may be told."""
        raw = value.encode() if isinstance(value, str) else value
        return f"{word}#{hmac.new(self._key, raw, hashlib.sha256).hexdigest()[:8]}"

    def _read(self, message: Message, prefix: str, told: Told) -> None:
        for descriptor, value in message.ListFields():
            for path, each in _values(descriptor, value, prefix + descriptor.name):
                if isinstance(each, Message):
                    self._read_message(path, each, told)
                elif descriptor.type == FieldDescriptor.TYPE_ENUM:
                    told.add(path, _enum_name(descriptor, each))
                elif isinstance(each, str | bytes):
                    self._read_text(path, descriptor, each, told)
                else:
                    told.add(path, repr(each) if isinstance(each, float) else each)

    def _read_message(self, path: str, message: Message, told: Told) -> None:
        match message:
            case Timestamp():
                told.add(path, to_instant(message))
            case Duration():
                told.add(path, to_span_us(message))
            case SignedCard():
                told.add(path, self.digest("signed_card", message.payload + message.signature))
                told.add(f"{path}.key_id", message.key_id)
            case status_pb2.Status():
                told.add(f"{path}.reason", _reason(message))
            case _:
                self._read(message, f"{path}.", told)

    def _read_text(
        self, path: str, descriptor: FieldDescriptor, value: str | bytes, told: Told
    ) -> None:
        name = descriptor.name
        alias = self._people.alias(value) if isinstance(value, str) else ""
        if alias:
            told.name(alias)
        if name in SECRETS:
            told.add(path, self.digest(SECRETS[name], value))
            self._admits(SECRETS[name], value)
        elif name in PERSONAL and alias:
            told.add(path, alias)
        elif name in OPEN and isinstance(value, str):
            if alias or not is_id(value):
                told.add(path, self.digest(name, value))
                return
            told.add(path, value)
            if name in REMEMBERED:
                told.ids.append(value)

    def _admits(self, word: str, value: str | bytes) -> None:
        if (
            word in ADMITTING
            and isinstance(value, str)
            and len(value) >= ADMITTING_LENGTH_MIN
            and len(self.admitting) < ADMITTING_MAX
        ):
            self.admitting.add(value)


def is_id(value: str) -> bool:
    """Whether a text is what an id or a word of the contract looks like."""
    return (
        len(value) <= TEXT_MAX
        and _ID.fullmatch(value) is not None
        and _A_PERSONS.search(value) is None
    )


def _values(descriptor: FieldDescriptor, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values of a field, each with its path, as `links.0`; a map's by the order of its keys."""
    if not descriptor.is_repeated:
        yield path, value
    elif descriptor.message_type and descriptor.message_type.GetOptions().map_entry:
        for number, (_, each) in enumerate(sorted(value.items())):
            yield f"{path}.{number}", each
    else:
        for number, each in enumerate(value):
            yield f"{path}.{number}", each


def _enum_name(descriptor: FieldDescriptor, number: int) -> str:
    assert descriptor.enum_type is not None
    value = descriptor.enum_type.values_by_number.get(number)
    return value.name if value else str(number)


def _reason(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info) and _ID.fullmatch(info.reason):
            return info.reason
    return str(status.code)
