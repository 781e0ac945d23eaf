"""From the options of `essc fault add` to a fault with one effect."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from essc.lab.v1 import fault_pb2 as pb
from essc_workbench.clocks import span_us
from essc_workbench.failures import UsageError

_CUTS: Final = {
    "both": pb.CutFault.DIRECTION_UNSPECIFIED,
    "requests": pb.CutFault.DIRECTION_REQUESTS,
    "answers": pb.CutFault.DIRECTION_ANSWERS,
}

_FIELDS: Final = {
    "fault_id": "--name",
    "sources": "--source",
    "targets": "--target",
    "key": "--rotate-key, --compromise-key",
}
"""The options that are not called as their fields."""


def fault(**options: Any) -> pb.Fault:
    """The fault of the one option that is set. Raises UsageError for none and for several."""
    chosen = [name for name, value in options.items() if _is_set(name, value)]
    if len(chosen) != 1:
        said = ", ".join(_option(name) for name in chosen or options)
        text = "only one effect at a time" if chosen else "what shall it do? One of"
        raise UsageError(f"{text}: {said}")
    made = pb.Fault()
    _MAKERS[chosen[0]](made, options[chosen[0]])
    return made


def a_name(fault: pb.Fault) -> str:
    """A name for a fault whose maker gave it none."""
    effect = (fault.WhichOneof("effect") or "").replace("_", "-")
    return f"{effect}-{secrets.token_hex(2)}"


def option_of(field: str) -> str:
    """The option that fills a field like `fault.match.sources`; empty for a fault as a whole."""
    *outer, last = field.split(".")
    if outer[-1:] == ["skew"]:
        return "--by" if last == "by" else "--skew"
    name = outer[-1] if outer[-1:] and outer[-1] not in ("fault", "match") else last
    if name in ("", "fault"):
        return ""
    return _FIELDS.get(name, _option(name))


def _is_set(name: str, value: Any) -> bool:
    """Whether an option was given. A stream may break after no event at all."""
    return value >= 0 if name == "interrupt_events" else bool(value)


def _span(effect: str) -> Callable[[pb.Fault, Any], None]:
    def make(fault: pb.Fault, value: str) -> None:
        getattr(fault, effect).by.FromMicroseconds(span_us(value))

    return make


def _plain(effect: str) -> Callable[[pb.Fault, Any], None]:
    return lambda fault, _: getattr(fault, effect).SetInParent()


def _field(effect: str, field: str) -> Callable[[pb.Fault, Any], None]:
    def make(fault: pb.Fault, value: Any) -> None:
        getattr(fault, effect).SetInParent()
        setattr(getattr(fault, effect), field, value)

    return make


def _refuse(fault: pb.Fault, reason: str) -> None:
    fault.refuse.SetInParent()
    fault.refuse.reason = "" if reason == "UNAVAILABLE" else reason


def _cut(fault: pb.Fault, direction: str) -> None:
    if direction not in _CUTS:
        raise UsageError(f"--cut {direction}: say both, requests or answers")
    fault.cut.SetInParent()
    fault.cut.direction = _CUTS[direction]


def _skew(fault: pb.Fault, value: tuple[str, str]) -> None:
    fault.skew.party = value[0]
    fault.skew.by.FromMicroseconds(span_us(value[1]))


def _key(*, compromise: bool) -> Callable[[pb.Fault, Any], None]:
    def make(fault: pb.Fault, _: bool) -> None:
        fault.key.SetInParent()
        fault.key.compromise = compromise

    return make


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


_MAKERS: Final[Mapping[str, Callable[[pb.Fault, Any], None]]] = {
    "delay": _span("delay"),
    "refuse": _refuse,
    "lose_request": _plain("lose_request"),
    "lose_answer": _plain("lose_answer"),
    "deliver_twice": _plain("deliver_twice"),
    "cut": _cut,
    "delay_events": _span("delay_events"),
    "repeat_events": _field("repeat_events", "times"),
    "interrupt_events": _field("interrupt_events", "after"),
    "kill": _field("kill", "party"),
    "freeze": _field("freeze", "party"),
    "fill_disk": _field("fill_disk", "party"),
    "skew": _skew,
    "suspend": _field("suspend", "channel"),
    "rotate_key": _key(compromise=False),
    "compromise_key": _key(compromise=True),
}
