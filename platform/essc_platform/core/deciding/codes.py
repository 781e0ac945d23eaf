"""Codes: issued, checked."""

from typing import TypeAlias

from essc_platform.core import checks, codes
from essc_platform.core.checks import MEDICAL_SETTLEMENT, CheckCode
from essc_platform.core.codes import CodeAnswer, CodeName, GetCode, IssueCode
from essc_platform.core.deciding.common import acting, acting_of, standing, standing_of
from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.records import Code, LinkCodes, Proof, Service, Usage
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = IssueCode | CheckCode


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case IssueCode():
            reads = acting_of(command) | {one(LinkCodes, (*command.citizen, command.channel))}
            return reads if command.proof is None else reads | {one(Proof, command.proof)}
        case CheckCode():
            if command.code is None:
                return frozenset()
            if command.usage is not Usage.CROSS_REGION_MEDICAL:
                return code_reads(command.code)
            return code_reads(command.code) | {one(Service, MEDICAL_SETTLEMENT)}


def code_reads(name: CodeName) -> frozenset[Read]:
    """All that says what a code is worth."""
    return standing_of(name.citizen, name.channel, name.binding) | {
        one(Code, (*name.citizen, name.number)),
        one(LinkCodes, (*name.citizen, name.channel)),
    }


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case IssueCode():
            return codes.issue_code(
                command,
                acting(view, command),
                view.one(LinkCodes, (*command.citizen, command.channel)),
                None if command.proof is None else view.one(Proof, command.proof),
                policy,
            )
        case CheckCode():
            return _check(command, view, policy)


def query_reads(query: GetCode) -> frozenset[Read]:
    """What a channel's look at a code takes."""
    if query.own_code is None:
        return standing_of(query.citizen, query.channel, None)
    return code_reads(query.own_code)


def get_code(query: GetCode, view: View, policy: Policy) -> CodeAnswer | Rejected:
    """What a channel sees of a code."""
    name = query.own_code
    if name is None:
        through = standing(view, query.citizen, query.channel, None)
        return codes.get_code(query, through, None, None, policy)
    return codes.get_code(
        query,
        standing(view, name.citizen, name.channel, name.binding),
        view.one(Code, (*name.citizen, name.number)),
        view.one(LinkCodes, (*name.citizen, name.channel)),
        policy,
    )


def _check(command: CheckCode, view: View, policy: Policy) -> Decision:
    name = command.code
    if name is None:
        return checks.check_code(command, None, None, None, None, policy)
    service = None
    if command.usage is Usage.CROSS_REGION_MEDICAL:
        service = view.one(Service, MEDICAL_SETTLEMENT)
    return checks.check_code(
        command,
        view.one(Code, (*name.citizen, name.number)),
        view.one(LinkCodes, (*name.citizen, name.channel)),
        standing(view, name.citizen, name.channel, name.binding),
        service,
        policy,
    )
