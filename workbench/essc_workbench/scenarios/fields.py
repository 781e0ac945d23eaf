"""The kinds of fields of steps, and what they refer to: so that a file can be checked as a whole.

    class ShowCode(Step):
        citizen: CitizenName = Field(description="Who shows it.")
        channel: ChannelName = Field(description="In which channel.")
        as_: NewName = Field("", alias="as", description="The name under which the code is kept.")

A field without one of these kinds is checked for its own form only.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from essc_workbench.clocks import span_us, span_words
from essc_workbench.failures import UsageError
from essc_workbench.history.facts import PERSONAL, SECRETS

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""The form of all names: of citizens, things, parties."""

_UNTOLD = PERSONAL | SECRETS.keys()


class Refers(StrEnum):
    """What a field's value is the name of."""

    CHANNEL = "channel"
    """A channel of the federation, or several."""
    PARTY = "party"
    """The platform or a channel."""
    CALLER = "caller"
    """Who calls: a phone, nobody, or a party that has a key."""
    SOURCE = "source"
    """Who calls, as faults know it: the platform too."""
    TARGET = "target"
    """Who is called: the platform, a channel, or the authorities."""
    BANK = "bank"
    """A bank, by its id."""
    NEW_FAULT = "new fault"
    """A fault that this step begins."""
    FAULT = "fault"
    """A fault that an earlier step began."""
    CITIZEN = "citizen"
    """A citizen of the scenario, or several."""
    NEW = "new"
    """A thing that this step names: a code, a ticket, an order, a flow, an answer."""
    THING = "thing"
    """A thing that an earlier step named."""
    REQUEST = "request"
    """A JSON value in which texts like `$code` stand for things, and `$ma.id_number` for what is
    known of a citizen."""
    SECRET = "secret"  # noqa: S105 - the name of a kind
    """Something that must be found nowhere: a password."""
    STEPS = "steps"
    """Steps inside a step."""


def _span(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return timedelta(microseconds=span_us(value))
    except UsageError as error:
        raise ValueError(str(error)) from None


def span_text(span: timedelta) -> str:
    """A span as files have it."""
    return span_words(span // timedelta(microseconds=1))


Name = Annotated[str, Field(pattern=NAME)]
Names = Name | Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]

ChannelName = Annotated[Name, Refers.CHANNEL]
ChannelNames = Annotated[Names, Refers.CHANNEL]
PartyName = Annotated[Name, Refers.PARTY]
PartyNames = Annotated[Names, Refers.PARTY]
CallerName = Annotated[Name, Refers.CALLER]
SourceNames = Annotated[tuple[Name, ...], Field(max_length=64), Refers.SOURCE]
TargetNames = Annotated[tuple[Name, ...], Field(max_length=64), Refers.TARGET]
BankName = Annotated[Name, Refers.BANK]
NewFaultName = Annotated[Name, Refers.NEW_FAULT]
FaultName = Annotated[Name, Refers.FAULT]
CitizenName = Annotated[Name, Refers.CITIZEN]
CitizenNames = Annotated[Names, Refers.CITIZEN]
NewName = Annotated[Name, Refers.NEW]
ThingName = Annotated[Name, Refers.THING]
Request = Annotated[Mapping[str, Any], Refers.REQUEST]
Secret = Annotated[str, Field(min_length=1, max_length=64), Refers.SECRET]
Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    PlainSerializer(span_text),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^([0-9]{1,9}[smhdw])+$",
            "description": "A span of time: 90s, 10m, 36h, 2d, 1w or 1d12h.",
        }
    ),
]


def names_of(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """A field that holds one name or several, as several."""
    return (value,) if isinstance(value, str) else value


def fields_of(model: BaseModel, kind: Refers) -> Iterator[tuple[str, Any]]:
    """The fields of a kind that are filled, by the name that files have for them."""
    for name, field in type(model).model_fields.items():
        if kind in field.metadata and getattr(model, name):
            yield field.alias or name, getattr(model, name)


def references(model: BaseModel, kind: Refers) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each name of a kind that a model holds, with its place."""
    for field, value in fields_of(model, kind):
        if isinstance(value, str):
            yield (field,), value
        elif isinstance(value, Mapping):
            for name in value:
                yield (field, name), name
        else:
            for place, name in enumerate(value):
                yield (field, place), name
    for field in type(model).model_fields:
        if isinstance(inner := getattr(model, field), BaseModel):
            for deeper, name in references(inner, kind):
                yield (field, *deeper), name


def secret_fields(model: BaseModel) -> list[str]:
    """The names of the fields that hold secrets."""
    return [field for field, _ in fields_of(model, Refers.SECRET)]


def tellable(value: Any, field: str = "") -> Any:
    """A request as it was written, but for what admits or names somebody; `$names` tell nothing."""
    if isinstance(value, Mapping):
        return {name: tellable(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [tellable(inner, field) for inner in value]
    is_name = isinstance(value, str) and value.startswith("$")
    return "…" if field in _UNTOLD and not is_name else value
