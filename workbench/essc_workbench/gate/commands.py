"""`essc fault`: adds faults to the running federation, lists them, removes them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table

from essc.lab.v1 import fault_service_pb2 as pb
from essc.lab.v1.fault_pb2 import Fault, FaultStatus
from essc.lab.v1.fault_service_pb2_grpc import FaultServiceStub
from essc_wire.client import CallOptions, Peer
from essc_wire.refusals import refusal_of
from essc_wire.times import SECOND_US, to_instant
from essc_workbench.clocks import span_words
from essc_workbench.failures import GOOD, UsageError, told
from essc_workbench.folders import DataFolder, up_again
from essc_workbench.gate.effect_options import option_of
from essc_workbench.gate.effects import FOR_GOOD, PARTIES
from essc_workbench.near_misses import meant

_TIMEOUT_S = 90.0
"""A party that is killed or filled may take as long as it takes to start one."""


async def add(console: Console, folder: DataFolder, fault: Fault) -> int:
    """Begins a fault."""
    async with _workbench(folder) as peer:
        request = pb.AddFaultRequest(fault=fault)
        answer = await FaultServiceStub(peer.channel).AddFault(request, **_options(peer))
    is_for_good = fault.WhichOneof("effect") in FOR_GOOD
    text = f"{fault.fault_id}: {'for good' if is_for_good else _until(answer.status)}"
    console.print(text, markup=False, highlight=False)
    return GOOD


async def show(console: Console, folder: DataFolder) -> int:
    """Prints all faults."""
    async with _workbench(folder) as peer:
        faults = await _listed(peer)
    table = Table("fault", "what it does", "to which calls", "hits", "ends")
    for status in faults:
        table.add_row(
            status.fault.fault_id,
            effect_words(status.fault),
            match_words(status.fault),
            str(status.hits),
            _end_words(status),
        )
    console.print(table)
    return GOOD


async def remove(console: Console, folder: DataFolder, names: list[str], *, every: bool) -> int:
    """Ends faults now; all that last if every is true."""
    async with _workbench(folder) as peer:
        listed = await _listed(peer)
        if every:
            names = [each.fault.fault_id for each in listed if not each.has_ended]
        there = {each.fault.fault_id for each in listed}
        for name in names:
            if name not in there:
                raise UsageError(f"no fault {name!r}; {meant(name, there)}")
        for name in names:
            request = pb.RemoveFaultRequest(fault_id=name)
            answer = await FaultServiceStub(peer.channel).RemoveFault(request, **_options(peer))
            text = f"{name}: {_ended_words(answer.status)}"
            console.print(text, markup=False, highlight=False)
    return GOOD


def effect_words(fault: Fault) -> str:
    """What a fault does, as the options of `essc fault add` say it."""
    effect = fault.WhichOneof("effect") or ""
    value = getattr(fault, effect)
    said = [_value_words(value, field) for field in value.DESCRIPTOR.fields]
    return " ".join((effect.replace("_", "-"), *(each for each in said if each)))


def _value_words(value: Message, field: FieldDescriptor) -> str:
    """What an effect says of itself; empty for what goes without saying."""
    held = getattr(value, field.name)
    if field.message_type is not None:
        return span_words(held.ToMicroseconds())
    if field.enum_type is not None:
        return _enum_words(field, held)
    return field.name if held is True else str(held or "")


def _enum_words(field: FieldDescriptor, number: int) -> str:
    """`answers` for DIRECTION_ANSWERS; empty for what is unspecified."""
    assert field.enum_type is not None
    return (
        field.enum_type.values_by_number[number].name.rpartition("_")[2].lower() if number else ""
    )


def match_words(fault: Fault) -> str:
    """Which calls a fault looks for; nothing, for a fault of a party."""
    if fault.WhichOneof("effect") in PARTIES:
        return ""
    match = fault.match
    parts = [
        f"{'|'.join(match.sources) or 'anybody'} to {'|'.join(match.targets) or 'anybody'}",
        match.method,
        f"about {match.citizen}" if match.citizen else "",
        f"from the {match.from_call}. on" if match.from_call > 1 else "",
        f"{match.count} of them" if match.count else "",
        f"a share of {match.share:g}" if match.share else "",
    ]
    return ", ".join(part for part in parts if part)


@asynccontextmanager
async def _workbench(folder: DataFolder) -> AsyncIterator[Peer]:
    """The workbench that runs the federation. Its refusal is a mistake of who asks."""
    address = folder.load().faults
    if not address or not folder.is_held():
        raise UsageError(f"no federation runs in {folder.root}: start it with `{up_again(folder)}`")
    peer = Peer(address)
    try:
        yield peer
    except grpc.RpcError as error:
        if refusal_of(error) is None:
            raise
        raise UsageError(_mistakes(error)) from None
    finally:
        await peer.close()


def _mistakes(error: grpc.RpcError) -> str:
    """What is wrong with which option, in one line."""
    refusal = refusal_of(error)
    if refusal is None or not refusal.violations:
        return told(error)
    return "; ".join(
        f"{option}: {each.text}" if (option := option_of(each.field)) else each.text
        for each in refusal.violations
    )


def _options(peer: Peer) -> CallOptions:
    return peer.options(timeout_s=_TIMEOUT_S)


async def _listed(peer: Peer) -> list[FaultStatus]:
    stub = FaultServiceStub(peer.channel)
    return [*(await stub.ListFaults(pb.ListFaultsRequest(), **_options(peer))).faults]


def _until(status: FaultStatus) -> str:
    end = datetime.fromtimestamp(to_instant(status.end_time) / SECOND_US, UTC).astimezone()
    return f"lasts until {end:%H:%M:%S}"


def _end_words(status: FaultStatus) -> str:
    if status.fault.WhichOneof("effect") in FOR_GOOD:
        return "for good"
    return "has ended" if status.has_ended else f"in {_left_s(status):.0f} s"


def _ended_words(status: FaultStatus) -> str:
    if status.fault.WhichOneof("effect") in FOR_GOOD:
        return "what it did is for good"
    return f"has ended after {status.hits} {'hit' if status.hits == 1 else 'hits'}"


def _left_s(status: FaultStatus) -> float:
    return max(to_instant(status.end_time) / SECOND_US - time.time(), 0.0)
