"""Words of the contract that a file uses: flows as verbs, kinds of events and records, methods."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field

from essc.channel.v1.channel_pb2 import FlowKind
from essc.event.v1.event_pb2 import Event
from essc.record.v1.record_service_pb2 import Record
from essc_wire.refusals import semantics
from essc_workbench.history.methods import methods
from essc_workbench.scenarios.fields import names_of
from essc_workbench.scenarios.mistakes import meant

UNAVAILABLE = "UNAVAILABLE"
"""What a fault refuses with that gives no reason of the contract."""
RULES = tuple(
    f"R{number}"
    for numbers in (
        range(1, 18),
        range(20, 27),
        range(30, 35),
        range(40, 46),
        range(50, 53),
        range(60, 64),
        (90, 91, 92, 93, 94, 95),
    )
    for number in numbers
)
"""The rules of docs/rules.md; a test compares."""


def _one_of(
    what: str, known: Callable[[], Collection[str]], like: Callable[[str], str] = str
) -> AfterValidator:
    """A check that a word, or each of several, is known; near misses are looked for `like` it."""

    def check(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for word in names_of(value):
            if word and word not in known():
                raise ValueError(f"no {what} {word!r}; {_near(like(word), known())}")
        return value

    return AfterValidator(check)


def _rule(name: str) -> str:
    if name not in RULES:
        raise ValueError(
            f"no rule {name!r}; docs/rules.md has {RULES[0]} to {RULES[-1]}, with gaps"
        )
    return name


def _near(word: str, known: Collection[str]) -> str:
    by_small = {each.lower(): each for each in known}
    told = meant(word, by_small)
    near = told.removeprefix("did you mean '").removesuffix("'?")
    return f"did you mean {by_small[near]!r}?" if near in by_small else meant(word, known)


@cache
def _flows() -> frozenset[str]:
    return frozenset(_words(FlowKind.keys(), "FLOW_KIND_", str.lower))


@cache
def _events() -> frozenset[str]:
    return frozenset(_words(Event.Kind.keys(), "KIND_"))


@cache
def _records() -> frozenset[str]:
    return frozenset(_words(Record.Kind.keys(), "KIND_"))


def _words(
    names: Collection[str], prefix: str, form: Callable[[str], str] = str
) -> Collection[str]:
    return [form(each.removeprefix(prefix)) for each in names if not each.endswith("_UNSPECIFIED")]


@cache
def _methods() -> frozenset[str]:
    return frozenset(name for each in methods().values() for name in each.names)


@cache
def _refusals() -> frozenset[str]:
    return frozenset({UNAVAILABLE, *semantics()})


FlowVerb = Annotated[str, _one_of("flow", _flows)]
"""A flow as the verb of its step; or empty."""
FlowVerbs = Annotated[
    str | Annotated[tuple[str, ...], Field(max_length=32)], _one_of("flow", _flows)
]
EventKind = Annotated[str, _one_of("kind of event", _events)]
RecordKind = Annotated[str, _one_of("kind of record", _records)]
RecordKinds = Annotated[
    str | Annotated[tuple[str, ...], Field(max_length=32)], _one_of("kind of record", _records)
]
MethodName = Annotated[str, _one_of("method", _methods)]
"""A method by its name, with its service, or in full."""
RefusalReason = Annotated[str, _one_of("reason", _refusals)]
RuleName = Annotated[str, AfterValidator(_rule), Field(json_schema_extra={"enum": list(RULES)})]
